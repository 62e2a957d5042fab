import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q3"
points = None


@test_case(points=1, failure_message="Count the examples of each class in each of the three parts.")
def test_each_class_is_there(split, labels):
    parts = [np.asarray(part) for part in split(labels, 4, 0)]
    assert len(parts) == 3, f"expected training, validation and test indices, got {len(parts)} things"
    for part, expected in zip(parts, (4, 4, 32), strict=True):
        counts = np.bincount(labels[part], minlength=10)
        assert (counts == expected).all(), f"expected {expected} of each letter, got {counts.tolist()}"
    together = np.sort(np.concatenate(parts))
    assert (together == np.arange(len(labels))).all(), "each index should be in exactly one part"
