import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q8"
points = None


@test_case(points=1, failure_message="Noise around the count of ones, of the size that epsilon asks for.")
def test_sizes(private_counts, epsilon_for):
    draws = np.asarray(private_counts(np.array([0, 1, 1, 0, 1, 1, 1] * 20), 0.5, times=4000), dtype=float)
    assert draws.shape == (4000,), f"expected 4000 answers, got shape {draws.shape}"
    centre, spread = float(draws.mean()), float(np.abs(draws - 100).mean())
    assert abs(centre - 100) < 0.4, f"expected a mean near the count, 100, got {centre:.2f}"
    assert abs(spread - 2) < 0.3, f"expected a mean distance near 2 from the count, got {spread:.2f}"
    came = float(epsilon_for(10, 0.05))
    assert abs(came - 0.29957) < 1e-4, f"epsilon_for(10, 0.05): expected 0.29957, got {came:.5g}"
