import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q4"
points = None


@test_case(points=1, failure_message="Count the pairs: how often is each expected, and how often is it seen?")
def test_six_examples(reweigh):
    group, y = np.array(["A", "A", "A", "B", "B", "B"]), np.array([1, 1, 0, 1, 0, 0])
    came = np.asarray(reweigh(y, group), dtype=float)
    assert came.shape == (6,), f"expected a weight for each example, got shape {came.shape}"
    expected = [0.75, 0.75, 1.5, 1.5, 0.75, 0.75]
    assert np.allclose(came, expected, atol=1e-5), f"expected {expected}, got {came.round(4).tolist()}"
