import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q6"
points = None


@test_case(points=1, failure_message="The loss begins at ln 2 and falls; then look at the validation part.")
def test_it_learned(losses, classify, X_valid, y_valid, w, b):
    series = [float(loss) for loss in losses]
    assert len(series) > 1, "expected a loss for each step"
    assert abs(series[0] - np.log(2)) < 1e-3, (
        f"expected ln 2 = 0.693 before the first step, got {series[0]:.3f}"
    )
    assert series[-1] < 0.2, f"expected less than 0.2 in the end, got {series[-1]:.3f}"
    said = np.asarray(classify(X_valid, w, b))
    assert said.shape == (len(y_valid),), f"expected shape ({len(y_valid)},), got {said.shape}"
    right = float((said == np.asarray(y_valid)).mean())
    assert right > 0.9, f"expected more than 90 % of the validation part to be right, got {right:.0%}"
