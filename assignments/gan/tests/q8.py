import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q8"
points = None


@test_case(
    points=1, failure_message="Recall: of the test images that are the digit, the share that is called so."
)
def test_one_pixel(recall_with):
    X, y = np.array([[-3.0], [-2], [2], [3]]), np.array([1, 1, 9, 9])
    X_test, y_test = np.array([[-2.5], [-1.5], [1.5], [2.5], [-2.5]]), np.array([1, 1, 9, 9, 9])
    came = recall_with(X, y, X_test, y_test, 9)
    assert came is not None, "expected a number, got None (is a `return` missing?)"
    assert abs(float(came) - 2 / 3) < 1e-6, f"expected 2 of 3 nines to be found, got {float(came):.3g}"
