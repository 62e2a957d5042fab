import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q3"
points = None


@test_case(points=1, failure_message="Your model should be right about more of its own training labels.")
def test_your_model(model, probability, X_train, recorded_train):
    X, y = np.asarray(X_train), np.asarray(recorded_train)
    p = np.asarray(probability(model, X))
    assert p.shape == y.shape, f"expected a probability for each applicant, shape {y.shape}, got {p.shape}"
    assert np.all((p >= 0) & (p <= 1)), f"expected values from 0 to 1, got {p.min():.3g} to {p.max():.3g}"
    right = float(np.mean((p > 0.5) == (y == 1)))
    assert right > 0.76, f"expected 76 % of the training labels to be right, got {right:.1%}"
