import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q2"
points = None


@test_case(
    points=1,
    failure_message="With flip 0 nothing changes, with flip 1 each 1 of B does; what is given stays.",
)
def test_never_and_always(biased_labels, truth, repays_valid):
    labels, group = np.array([1, 0, 1, 0, 1, 1]), np.array(["A", "A", "B", "B", "B", "A"])
    for flip, expected in ((0.0, [1, 0, 1, 0, 1, 1]), (1.0, [1, 0, 0, 0, 0, 1])):
        came = np.asarray(biased_labels(labels.copy(), group, flip, 0)).tolist()
        assert came == expected, f"flip {flip:g}: expected {expected}, got {came}"
    changed = int(np.sum(np.asarray(truth) != np.asarray(repays_valid)))
    assert changed == 0, f"{changed} labels of `truth` have changed: make a new array"
