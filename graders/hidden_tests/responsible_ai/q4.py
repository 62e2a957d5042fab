import numpy as np
import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q4"
points = None

FRESH, FLIP, MOVED = 30_000, 0.6, 3.0  # as solutions/responsible_ai_data.py generates


@test_case(
    points=1,
    hidden=True,
    failure_message="Three groups, unequal: is the label independent of the group when weighted?",
)
def test_weights(reweigh):
    for names in (["A", "B"], [3, 10, 4]):
        which = np.concatenate(
            [np.repeat(np.arange(len(names)), 4), np.random.binomial(len(names) - 1, 0.3, 80)]
        )
        ones = np.random.uniform(size=len(which)) < np.random.uniform(0.15, 0.85, size=len(names))[which]
        ones[: 4 * len(names)] = np.tile([True, False], 2 * len(names))
        order = np.random.permutation(len(which))
        y, group = ones[order].astype(int), np.array(names)[which[order]]
        pairs = np.array([np.sum((group == g) & (y == label)) for g, label in zip(group, y, strict=True)])
        expected = [
            np.sum(group == g) * np.sum(y == label) / len(y) for g, label in zip(group, y, strict=True)
        ]
        check.close(reweigh(y, group), expected / pairs, rtol=1e-4)


def bank(size):
    """Fresh applicants: features, group, what was recorded, and who repays."""
    in_b = np.random.uniform(size=size) < 0.5
    X = np.random.normal(size=(size, 4))
    X[in_b, 2] += MOVED
    repays = np.random.logistic(size=size) < 3 * X[:, 0] + 2 * X[:, 1]
    lost = in_b & (np.random.uniform(size=size) < FLIP)
    return X, in_b, repays & ~lost, repays


def selected(network, X):
    scores = network(torch.tensor(X, dtype=torch.float32)).reshape(-1)
    check.shape(scores, (len(X),), "the logits")
    return scores.detach().numpy() > 0


@test_case(
    points=1,
    hidden=True,
    failure_message="On fresh applicants: is the gap smaller, is it as accurate, and is the price what you say?",
)
def test_fair_model(model, fair_model, price):
    X, in_b, recorded, repays = bank(FRESH)
    plain, fair = selected(model, X), selected(fair_model, X)
    gap = abs(fair[in_b].mean() - fair[~in_b].mean())
    assert gap < 0.21, f"expected a gap of selection rates below 0.21, got {gap:.2f}"
    right = np.mean(fair == repays)
    assert right > 0.75, f"expected an accuracy of 75 %, got {right:.1%}"
    for against, truth in (("recorded", recorded), ("repays", repays)):
        paid = np.mean(plain == truth) - np.mean(fair == truth)
        check.close(price[against], paid, rtol=0, atol=0.025, because=f"the price, {against}")
