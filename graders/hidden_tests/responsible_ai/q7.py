import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q7"
points = None


def setting(size):
    """Four columns of different scale, of which the last two mean nothing; a tenth of the labels is wrong."""
    scale = 10.0 ** np.random.randint(-1, 3, size=4)
    weights = np.array([2.0, -1.0, 0.0, 0.0]) / scale
    order = np.random.permutation(4)
    X = scale * np.random.standard_exponential(size=(size, 4)) + np.random.normal(size=4)
    bias = -float(np.median(X @ weights))
    y = (X @ weights + bias > 0).astype(int)
    y = np.where(np.random.uniform(size=size) < 0.1, 1 - y, y)
    return weights[order], bias, X[:, order], y


def fall(weights, bias, X, y, draws):
    base, found = np.mean((X @ weights + bias > 0) == y), []
    for j in range(X.shape[1]):
        mixed = np.array([X[np.random.permutation(len(X)), j] for _ in range(draws)])
        others = X @ weights - X[:, j] * weights[j] + bias
        found.append(base - np.mean((others + mixed * weights[j] > 0) == y))
    return np.array(found)


@test_case(
    points=1,
    hidden=True,
    failure_message="One column at a time, from undamaged data, and the mean over repeats that differ.",
)
def test_importance(permutation_importance, rule):
    weights, bias, X, y = setting(600)
    came = permutation_importance(rule(weights, bias), X, y, 20, 5)
    # Twenty shuffles of 600: a standard deviation of 0.004.
    check.close(came, fall(weights, bias, X, y, 200), rtol=0, atol=0.025)
    check.close(np.array(came, dtype=float)[weights == 0], np.zeros(2), atol=1e-9)
    check.close(permutation_importance(rule(weights, bias), X, y, 20, 5), came, because="the same seed")
    # Of forty rows a single shuffle tells little, and many of them enough.
    weights, bias, X, y = setting(40)
    often = [permutation_importance(rule(weights, bias), X, y, 120, seed) for seed in range(6)]
    expected = fall(weights, bias, X, y, 2000)
    for one in often:
        check.close(one, expected, rtol=0, atol=0.035)
