import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q7"
points = None


@test_case(points=0, failure_message="The numbers of the clusters mean nothing; find the best matching.")
def test_the_example(matched_accuracy):
    came = float(matched_accuracy(np.array([5, 5, 5, 8, 8]), np.array([1, 1, 0, 0, 0])))
    assert abs(came - 0.8) < 1e-6, f"expected four of five, got {came:.3f}"
    alone = float(matched_accuracy(np.arange(6), np.array([0, 0, 0, 1, 1, 1])))
    assert abs(alone - 2 / 6) < 1e-6, f"six clusters, two classes: expected 2 of 6 rows, got {alone:.3f}"


@test_case(points=0, failure_message="One number for each new row.")
def test_a_number_for_each(sort_out):
    X = np.array([[0.0, 0], [0, 1], [9, 9], [9, 8], [1, 0], [8, 9]])
    came = np.asarray(sort_out(X, 2))
    assert came.shape == (6,), f"expected shape (6,), got {came.shape}"
    assert came[0] == came[1] == came[4] != came[2], f"expected two groups, got {came.tolist()}"
