import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q2"
points = None


@test_case(
    points=1,
    hidden=True,
    failure_message="Fill with the training median, then scale; a column that never varies is only centred.",
)
def test_missing_values_and_columns_that_never_vary(prepare):
    for rows in (9, 40):
        train = np.random.exponential(3, size=(rows, 5)) + np.random.uniform(-5, 5, size=5)
        test = np.random.exponential(6, size=(7, 5)) + 20
        train[:, 3] = np.random.randint(1, 9)
        for part in (train, test):
            part[np.random.randint(len(part), size=2), [0, 1]] = np.nan
        test[:, 2] = np.nan
        came = prepare(train.copy(), test.copy())
        for name, got, expected in zip(("training", "test"), came, prepared(train, test), strict=True):
            check.close(got, expected, rtol=1e-5, atol=1e-6, because=f"{name} part")


def prepared(train, test):
    medians = [np.median(column[~np.isnan(column)]) for column in train.T]
    train, test = (np.where(np.isnan(part), medians, part) for part in (train, test))
    spread = np.sqrt(((train - train.mean(0)) ** 2).mean(0))
    spread[3] = 1
    return (train - train.mean(0)) / spread, (test - train.mean(0)) / spread
