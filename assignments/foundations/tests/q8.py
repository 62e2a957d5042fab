import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q8"
points = None


@test_case(points=1, failure_message="Fit all four, then time them: which does the least work for an answer?")
def test_four_models(models, prediction_time, X_use, d_use):
    X, digit = np.asarray(X_use), np.asarray(d_use)
    for name in ("logistic", "knn", "forest", "network"):
        right = float((np.asarray(models[name].predict(X)) == digit).mean())
        assert right > 0.8, f"{name}: expected more than 80 % of X_use to be right, got {right:.0%}"
    seconds = {name: float(prediction_time(models[name], X, 7)) for name in ("logistic", "knn", "forest")}
    assert min(seconds.values()) > 0, f"expected seconds, got {seconds}"
    for slower in ("knn", "forest"):
        assert seconds["logistic"] < seconds[slower], (
            f"logistic is not measured faster than {slower}: {seconds}"
        )
