import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q1"
points = None


@test_case(points=1, failure_message="Each row once, and all rows of a group on the same side.")
def test_no_group_is_torn(group_split):
    groups = np.repeat([40, 7, 19, 2, 88, 31, 5, 64], 3)[np.arange(24) * 5 % 24]
    train, test = (np.asarray(part) for part in group_split(groups, 0.25, seed=1))
    numbers = sorted([*train.tolist(), *test.tolist()])
    assert numbers == list(range(24)), f"expected the rows 0 to 23, each once, got {numbers}"
    torn = set(groups[train].tolist()) & set(groups[test].tolist())
    assert not torn, f"expected whole groups, but these are on both sides: {sorted(torn)}"
    assert 3 <= len(test) <= 9, f"expected about 6 of 24 rows for testing, got {len(test)}"


@test_case(points=0, failure_message="Equal rows have the same number, and only they.")
def test_copies(duplicate_groups):
    came = np.asarray(duplicate_groups(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]]))).tolist()
    assert len(came) == 3, f"expected a number for each of 3 rows, got {len(came)}"
    assert came[0] == came[2] != came[1], f"rows 0 and 2 are equal, row 1 is not; got {came}"
