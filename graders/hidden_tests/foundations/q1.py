import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q1"
points = None


def sides(group_split, groups, share, seed):
    both = [np.asarray(part) for part in group_split(groups, share, seed=seed)]
    assert all(part.dtype.kind in "iu" for part in both), "expected row numbers, which are integers"
    together = np.sort(np.concatenate(both))
    check.close(together, np.arange(len(groups)), because="each row once")
    return both


@test_case(
    points=1, hidden=True, failure_message="Count rows, not groups, for the share, and let the seed choose."
)
def test_random_groups(group_split):
    names = np.random.choice(np.arange(-500, 5000), size=80, replace=False)
    groups = np.random.permutation(np.repeat(names, np.random.randint(2, 8, size=80)))
    seen = set()
    for seed, share in ((0, 0.2), (1, 0.2), (2, 0.2), (3, 0.5)):
        train, test = sides(group_split, groups, share, seed)
        assert not set(groups[train].tolist()) & set(groups[test].tolist()), "a group is on both sides"
        came = len(test) / len(groups)
        assert abs(came - share) < 0.1, f"expected a share of about {share:.0%}, got {came:.0%}"
        seen.add(frozenset(test.tolist()))
        again = sides(group_split, groups, share, seed)[1]
        assert set(again.tolist()) == set(test.tolist()), "the same seed gave two different splits"
    assert len(seen) == 4, "different seeds gave the same split"


@test_case(
    points=1,
    hidden=True,
    failure_message="Rows are equal if all columns are; the sum or one column is not enough.",
)
def test_random_copies(duplicate_groups):
    # Few different values, so that rows with the same sum, or with one column in common, abound.
    X = np.random.randint(0, 3, size=(60, 3)) / 4
    X = np.concatenate([X, X[:20], X[:, ::-1]])[np.random.permutation(140)]
    numbers = np.asarray(duplicate_groups(X))
    assert numbers.shape == (140,), f"expected shape (140,), got {numbers.shape}"
    together = (X[:, None] == X).all(axis=2)
    check.close(numbers[:, None] == numbers, together)
