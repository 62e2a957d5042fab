import numpy as np
import torch
from otter.test_files import test_case
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from graders import check

OK_FORMAT = False
name = "q8"
points = None


SPLIT_SEED, HELD_OUT = 1998, 360  # as solutions/cnn_data.py splits
SAMPLES = 300


def images_and_labels():
    """All digits, scaled to [-1, 1]: first those that were not released."""
    digits = load_digits()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(digits.images))
    return digits.images[order].reshape(-1, 64) / 8 - 1, digits.target[order]


def recall(X, y, X_test, y_test, digit):
    with threadpool_limits(1):  # on so few rows two threads wait for each other longer than they work
        said = LogisticRegression(max_iter=1000).fit(X, y).predict(X_test)
    return float((said[y_test == digit] == digit).mean())


def chosen(labels, rare, few, others):
    """Where the first `few` of the rare digit and the first `others` of each other one are."""
    return np.concatenate(
        [np.flatnonzero(labels == digit)[: few if digit == rare else others] for digit in range(10)]
    )


@test_case(
    points=1,
    hidden=True,
    failure_message="Are the extra rows learned as the digit, and is only the test data counted?",
)
def test_another_rare_digit(recall_with):
    X, y = images_and_labels()
    X = X + np.random.normal(0, 0.1, size=X.shape)
    order = HELD_OUT + np.random.permutation(len(y) - HELD_OUT)
    unseen = slice(0, HELD_OUT)
    for rare in (8, 9):
        few = order[chosen(y[order], rare, 6, 60)]
        extra = X[order[y[order] == rare][6:66]]
        without = recall(X[few], y[few], X[unseen], y[unseen], rare)
        came = recall_with(X[few], y[few], X[unseen], y[unseen], rare)
        check.close(came, without, atol=0.04, because="without extra")
        more = np.concatenate([X[few], extra]), np.concatenate([y[few], np.full(len(extra), rare)])
        came = recall_with(X[few], y[few], X[unseen], y[unseen], rare, extra)
        check.close(came, recall(*more, X[unseen], y[unseen], rare), atol=0.04, because="with extra")


@test_case(
    points=1,
    hidden=True,
    failure_message="Draw some: are they nines, and different ones? On what was the generator trained?",
)
def test_made_nines(rare_generator):
    real, labels = images_and_labels()
    real, labels = real[:HELD_OUT], labels[:HELD_OUT]
    noise = torch.randn(SAMPLES, 16)
    made, beside, others = (
        rare_generator(numbers).detach().numpy()
        for numbers in (noise, noise + 0.001, torch.randn(SAMPLES, 16))
    )
    check.shape(made, (SAMPLES, 64), "what is made")
    step, leap = (float(np.linalg.norm(made - one, axis=1).mean()) for one in (beside, others))
    assert step < 0.2, "almost the same random numbers should give almost the same images"
    assert leap > 1, f"with other random numbers your nines change by {leap:.2g} only"
    apart = np.linalg.norm(made[:, None] - real, axis=2)
    distance, share = float(apart.min(axis=1).mean()), float((labels[apart.argmin(axis=1)] == 9).mean())
    assert distance < 4.5, f"your nines are {distance:.2g} from the nearest real image, real ones 2.5"
    assert share > 0.6, f"of your nines {share:.0%} have a nine as the real image nearest to them"
