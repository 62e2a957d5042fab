import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q3"
points = None


@test_case(
    points=1,
    hidden=True,
    failure_message="Rows may come sorted and folds be few: shuffle them, and select anew in each fold.",
)
def test_sorted_rows_and_few_folds(honest_accuracy):
    noise, useful = [], []
    for _ in range(8):
        rows = 2 * int(np.random.randint(30, 36))
        labels = np.repeat([0, 1], rows // 2)
        X = np.random.normal(size=(rows, 900))
        noise.append(share(honest_accuracy(X, labels, 12, folds=4)))
        X[:, [3, 50, 120]] += 2.5 * labels[:, None]
        useful.append(share(honest_accuracy(X, labels, 3, folds=2)))
    assert 0.3 < np.mean(noise) < 0.68, f"on noise it says {np.mean(noise):.0%}"
    assert np.mean(useful) > 0.9, f"where three columns are of use, it says {np.mean(useful):.0%}"


def share(value):
    check.shape(value, ())
    return float(value)
