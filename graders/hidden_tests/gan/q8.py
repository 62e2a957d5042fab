import numpy as np
import torch
from otter.test_files import test_case
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from graders import check

OK_FORMAT = False
name = "q8"
points = None


SPLIT_SEED, HELD_OUT = 1998, 360  # as solutions/gan_data.py splits


def images_and_labels():
    """All digits, scaled to [-1, 1]: first those that were not released."""
    digits = load_digits()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(digits.images))
    return digits.images[order].reshape(-1, 64) / 8 - 1, digits.target[order]


def recall(X, y, X_test, y_test, digit):
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
    failure_message="A classifier should find more nines with yours than without: look at them.",
)
def test_made_nines(rare_generator):
    X, y = images_and_labels()
    few = HELD_OUT + chosen(y[HELD_OUT:], 9, 10, 100)
    unseen, truth = X[:HELD_OUT], y[:HELD_OUT]
    made = rare_generator(torch.randn(90, 16)).detach().numpy()
    check.shape(made, (90, 64), "what is made")
    distance = float(np.linalg.norm(made[:, None] - unseen[truth == 9], axis=2).min(axis=1).mean())
    assert distance < 4, f"your nines are {distance:.2g} from the nearest real one"
    before = recall(X[few], y[few], unseen, truth, 9)
    after = recall(np.concatenate([X[few], made]), np.concatenate([y[few], np.full(90, 9)]), unseen, truth, 9)
    assert after > before + 0.05, f"the recall of nines went from {before:.2f} to {after:.2f}"
