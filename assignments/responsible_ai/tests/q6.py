import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q6"
points = None


@test_case(
    points=1, failure_message="Draw the five bins, and put each of the six probabilities into its own."
)
def test_six_probabilities(reliability, ece):
    p, y = np.array([0.05, 0.1, 0.5, 0.55, 0.85, 1.0]), np.array([0, 1, 1, 0, 1, 1])
    conf, freq, n = (np.asarray(part, dtype=float) for part in reliability(p, y, 5))
    for which, came, expected in (
        ("conf", conf, [0.075, 0.525, 0.925]), ("freq", freq, [0.5, 0.5, 1.0]), ("n", n, [2, 2, 2]),
    ):  # fmt: skip
        assert came.shape == (3,), f"{which}: expected the 3 bins that are not empty, got shape {came.shape}"
        assert np.allclose(came, expected, atol=1e-5), f"{which}: expected {expected}, got {came.tolist()}"
    came = float(ece(p, y, 5))
    assert abs(came - 0.175) < 1e-5, f"ece: expected 0.175, got {came:.4g}"
