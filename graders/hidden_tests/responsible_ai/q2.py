import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q2"
points = None

SIZE = 8000


def people():
    group = np.where(np.random.uniform(size=SIZE) < 0.6, "A", "B")
    return (np.random.uniform(size=SIZE) < 0.7).astype(int), group


def drawn(biased_labels, labels, group, flip, seed):
    came = np.array(biased_labels(labels, group, flip, seed), dtype=float)
    check.shape(came, (SIZE,), "the labels")
    return came


@test_case(
    points=1,
    hidden=True,
    failure_message="Only a 1 of group B may change, by a coin with the probability flip, from the seed.",
)
def test_the_bias(biased_labels):
    labels, group = people()
    able = np.flatnonzero((group == "B") & (labels == 1))
    for flip in (np.random.uniform(0.15, 0.3), np.random.uniform(0.7, 0.85)):
        seed = int(np.random.randint(1000))
        came = drawn(biased_labels, labels, group, flip, seed)
        other = np.ones(SIZE, dtype=bool)
        other[able] = False
        check.close(came[other], labels[other], because="labels that should stay")
        turned = came[able] == 0
        check.close(came[able][~turned], np.ones((~turned).sum()), because="labels are 0 or 1")
        # Of about 2200 coins: five standard deviations are 0.05. So are they in each half of them.
        for part in (turned, turned[: len(able) // 2], turned[::2]):
            check.close(part.mean(), flip, rtol=0, atol=0.075)
        again = drawn(biased_labels, labels, group, flip, seed)
        check.close(again, came, because="the same seed")
        assert np.any(drawn(biased_labels, labels, group, flip, seed + 1) != came), (
            "another seed, the same labels"
        )


@test_case(
    points=1,
    hidden=True,
    failure_message="Put the two observed rates in, and solve for the flip probability.",
)
def test_the_estimate(estimate_flip):
    for _ in range(4):
        labels, group = people()
        hit = (group == "B") & (np.random.uniform(size=SIZE) < np.random.uniform(0.1, 0.9))
        shown = np.where(hit, 0, labels)
        ones = {one: np.mean(shown[group == one]) for one in ("A", "B")}
        check.close(estimate_flip(shown, group), (ones["A"] - ones["B"]) / ones["A"], rtol=0, atol=1e-4)
