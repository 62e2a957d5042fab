import numpy as np
from otter.test_files import test_case
from sklearn.datasets import make_moons

from graders import check

OK_FORMAT = False
name = "q7"
points = None


@test_case(points=1, hidden=True, failure_message="New points: has the network only learned a straight line?")
def test_new_points(predict_plane):
    points, sides = make_moons(1000, noise=0.15, random_state=np.random.randint(2**31))
    check.accuracy(predict_plane, points, sides, at_least=0.93)
