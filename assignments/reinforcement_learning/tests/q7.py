import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q7"
points = None


@test_case(points=1, failure_message="The corridor of the text, with a second action that stays.")
def test_a_corridor(value_iteration, greedy_policy):
    P, R = np.zeros((3, 2, 3)), np.zeros((3, 2, 3))
    P[0, 0, 0] = P[1, 0, 1] = 1
    P[0, 1, 1] = P[1, 1, 2] = 1
    R[1, 1, 2] = 5
    V = np.asarray(value_iteration(P, R, 0.8))
    assert V.shape == (3,), f"expected shape (3,), got {V.shape}"
    assert np.allclose(V, [4, 5, 0], atol=1e-5), f"expected [4, 5, 0], got {V.tolist()}"
    policy = np.asarray(greedy_policy(np.array([4.0, 5.0, 0.0]), P, R, 0.8))
    assert policy.shape == (3,), f"expected an action for each of 3 states, got shape {policy.shape}"
    assert policy[:2].tolist() == [1, 1], f"expected action 1 in both cells, got {policy[:2].tolist()}"
