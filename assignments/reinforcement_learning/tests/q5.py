import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q5"
points = None


@test_case(points=1, failure_message="With one action both do the same: work two episodes out on paper.")
def test_two_episodes_on_paper(sarsa, q_learning, TableWorld):
    P, R = np.zeros((3, 1, 3)), np.zeros((3, 1, 3))
    P[0, 0, 1] = P[1, 0, 2] = 1
    R[0, 0, 1], R[1, 0, 2] = 2, 8
    for who, learn in (("sarsa", sarsa), ("q_learning", q_learning)):
        answer = learn(TableWorld(P, R), 2, alpha=0.5, gamma=0.5, epsilon=0.1)
        assert answer is not None, f"{who} returned nothing: is a `return` missing?"
        Q, returns = answer
        Q = np.asarray(Q)
        assert Q.shape == (3, 1), f"{who}: expected a table of shape (3, 1), got {Q.shape}"
        assert np.allclose(Q.ravel(), [2.5, 6, 0]), f"{who}: expected 2.5, 6, 0, got {Q.ravel().tolist()}"
        sums = [float(total) for total in returns]
        assert sums == [10, 10], f"{who}: expected the sums [10, 10], got {sums}"
