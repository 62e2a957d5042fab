import itertools

import numpy as np
from otter.test_files import test_case
from sklearn.datasets import make_blobs

from graders import check

OK_FORMAT = False
name = "q7"
points = None


def best(clusters, labels):
    """The share of rows that are right, over all one-to-one matchings."""
    sides = [np.unique(side) for side in (clusters, labels)]
    met = np.array([[np.sum((clusters == c) & (labels == y)) for y in sides[1]] for c in sides[0]])
    met = met if met.shape[0] <= met.shape[1] else met.T
    ways = itertools.permutations(range(met.shape[1]), met.shape[0])
    return max(sum(met[i, j] for i, j in enumerate(way)) for way in ways) / len(labels)


@test_case(
    points=1,
    hidden=True,
    failure_message="Each cluster for at most one class, each class by at most one cluster.",
)
def test_matching(matched_accuracy):
    for clusters, classes in ((4, 4), (6, 3), (3, 5), (2, 2)):
        labels = np.random.randint(classes, size=90)
        found = np.where(
            np.random.uniform(size=90) < 0.5, labels % clusters, np.random.randint(clusters, size=90)
        )
        found = np.random.choice(50, size=clusters, replace=False)[found]
        check.close(float(matched_accuracy(found, labels + 3)), best(found, labels + 3))
    # Taking the largest entry of the table first is not the best that can be had.
    found, labels = np.repeat([0, 0, 1, 1], [10, 9, 9, 1]), np.repeat([0, 1, 0, 1], [10, 9, 9, 1])
    check.close(float(matched_accuracy(found, labels)), 18 / 29, because="greedy matching")


@test_case(
    points=1,
    hidden=True,
    failure_message="Known labels are to be used; without them the groups must be found.",
)
def test_with_and_without_labels(sort_out):
    angle = np.random.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    side = np.random.permutation(400) % 2
    strips = np.column_stack([np.random.uniform(-8, 8, 400), 4 * side + np.random.normal(0, 0.3, 400)]) @ turn
    names = np.random.choice(np.arange(2, 30), size=2, replace=False)
    said = sort_out(strips[200:], 2, strips[:200], names[side[:200]])
    check.accuracy(lambda _: said, strips[200:], names[side[200:]], at_least=0.9)
    centers = np.random.permutation([[0.0, 0], [12, 0], [0, 12], [12, 12]]) + np.random.normal(size=2)
    heaps, which = make_blobs(200, centers=centers, cluster_std=0.8, random_state=np.random.randint(2**31))
    found = np.asarray(sort_out(heaps, 4))
    assert found.shape == (200,), f"expected shape (200,), got {found.shape}"
    score = best(found, which)
    assert score > 0.95, f"four heaps without labels: {score:.0%} match"
