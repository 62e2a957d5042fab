import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q7"
points = None


@test_case(
    points=1,
    failure_message="Only the first column matters here, and shuffling it makes half the labels wrong.",
)
def test_one_column_matters(permutation_importance, rule):
    X = np.random.RandomState(3).normal(size=(400, 3))
    before, y = X.copy(), (X[:, 0] > 0).astype(int)
    came = np.asarray(permutation_importance(rule([1, 0, 0]), X, y), dtype=float)
    assert came.shape == (3,), f"expected an importance for each column, shape (3,), got {came.shape}"
    assert abs(came[0] - 0.5) < 0.06, f"expected about 0.5 for the first column, got {came[0]:.3f}"
    assert np.allclose(came[1:], 0, atol=1e-9), f"expected 0 for the others, got {came[1:].tolist()}"
    assert np.array_equal(X, before), "the data were changed: shuffle a copy"
