import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q5"
points = None


@test_case(points=1, failure_message="In each group, count down from its most likely positive.")
def test_two_small_groups(group_thresholds, decide):
    group = np.array(["A"] * 6 + ["B"] * 6)
    p = np.array([0.9, 0.7, 0.4, 0.2, 0.8, 0.3, 0.5, 0.3, 0.2, 0.1, 0.6, 0.15])
    y = np.array([1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0])
    said = np.asarray(decide(p, group, group_thresholds(p, y, group, tpr=0.75)))
    assert said.shape == (12,), f"expected a decision for each, shape (12,), got {said.shape}"
    expected = [1, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0]
    assert said.astype(int).tolist() == expected, f"expected {expected}, got {said.astype(int).tolist()}"
