import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q3"
points = None


@test_case(points=1, failure_message="The largest value of each 2 by 2 window.")
def test_a_small_image(max_pool2d):
    x = np.array([[1.0, 2, 3, 4], [5, 6, 7, 8], [9, 1, 2, 3], [4, 5, 6, 7]])
    out = np.asarray(max_pool2d(x))
    assert out.tolist() == [[6, 8], [9, 7]], f"expected [[6, 8], [9, 7]], got {out.tolist()}"
