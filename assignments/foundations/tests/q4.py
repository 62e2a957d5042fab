import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q4"
points = None


@test_case(points=1, failure_message="The features must lift the linear model on rides it was not fitted on.")
def test_they_lift_a_linear_model(features, X_rides, energy):
    X, wh = np.asarray(X_rides), np.asarray(energy)
    better, plain = error(np.asarray(features(X)), wh), error(X, wh)
    assert better < 0.8 * plain, f"the plain columns err by {plain:.1f} Wh, yours by {better:.1f} Wh"


def error(columns, wh):
    assert columns.shape[0] == len(wh), f"expected {len(wh)} rows, got {columns.shape}"
    assert columns.shape[1] <= 12, f"expected at most 12 columns, got {columns.shape[1]}"
    assert np.isfinite(columns).all(), "expected finite numbers"
    seen = np.column_stack([np.ones(len(wh)), columns / (np.abs(columns).max(axis=0) + 1e-12)])
    weights = np.linalg.lstsq(seen[:450], wh[:450], rcond=None)[0]
    return float(np.sqrt(np.mean((seen[450:] @ weights - wh[450:]) ** 2)))
