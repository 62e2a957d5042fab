import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q3"
points = None


@test_case(
    points=1, hidden=True,
    failure_message="Classes of other sizes and names, other seeds: count again, and compare two draws.",
)  # fmt: skip
def test_other_labels(split):
    for each in (3, 5):
        classes = np.random.choice(100, size=np.random.randint(4, 8), replace=False)
        labels = np.random.permutation(np.repeat(classes, np.random.randint(12, 40, size=len(classes))))
        seeds = np.random.choice(1000, size=2, replace=False)
        draws = [[np.asarray(part) for part in split(labels, each, int(seed))] for seed in (*seeds, seeds[0])]
        for train, valid, test in draws:
            together = np.sort(np.concatenate([train, valid, test]))
            assert np.array_equal(together, np.arange(len(labels))), (
                f"of {len(labels)} indices, some are missing or twice"
            )
            for part in (train, valid):
                counts = [int((labels[part] == one).sum()) for one in classes]
                assert counts == [each] * len(classes), f"expected {each} of each class, got {counts}"
        first, other, again = ([sorted(part.tolist()) for part in draw] for draw in draws)
        assert first == again, "the same seed gave another split"
        assert first[0] != other[0], "another seed gave the same training set"
        assert first[1] != other[1], "another seed gave the same validation set"
