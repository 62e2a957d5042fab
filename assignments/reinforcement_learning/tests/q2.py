import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q2"
points = None


@test_case(points=1, failure_message="The example in the text, and the same walk to the left.")
def test_a_walk_that_knows_its_way(walk_values):
    for right, expected in ((1.0, [0, 0.25, 0.5, 1, 0]), (0.0, [0, -1, -0.5, -0.25, 0])):
        came = np.asarray(walk_values(5, 0.5, right))
        assert came.shape == (5,), f"expected shape (5,), got {came.shape}"
        assert np.allclose(came, expected), f"right={right:g}: expected {expected}, got {came.tolist()}"


@test_case(points=0, failure_message="With one action nothing is random: work both episodes out on paper.")
def test_two_episodes_on_paper(td0, TableWorld):
    P, R = np.zeros((3, 1, 3)), np.zeros((3, 1, 3))
    P[0, 0, 1] = P[1, 0, 2] = 1
    R[1, 0, 2] = 8
    for episodes, expected in ((1, [0, 4, 0]), (2, [1, 6, 0])):
        came = np.asarray(td0(TableWorld(P, R), episodes, alpha=0.5, gamma=0.5))
        assert came.shape == (3,), f"expected shape (3,), got {came.shape}"
        assert np.allclose(came, expected), f"{episodes} episodes: expected {expected}, got {came.tolist()}"
