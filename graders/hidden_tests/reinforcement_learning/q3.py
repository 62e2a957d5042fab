import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q3"
points = None

DRAWS = 800


def shares(choose, values, epsilon):
    taken = [choose(values, epsilon) for _ in range(DRAWS)]
    for action in taken[:20]:
        check.close(action, int(np.asarray(action)), because="an action is a whole number")
    return np.bincount([int(action) for action in taken], minlength=len(values)) / DRAWS


@test_case(
    points=1, hidden=True, failure_message="How often is each action taken, and which of several best ones?"
)
def test_how_often(epsilon_greedy):
    order = np.random.permutation(3)
    # Shares by chance are off by less than 0.09 (five standard deviations of 800 draws).
    best = np.array([-1.0, -2.0, -3.0])[order]
    expected = np.where(best == -1, 0.3 + 0.7 / 3, 0.7 / 3)
    check.close(shares(epsilon_greedy, best, 0.7), expected, rtol=0, atol=0.1, because="one best action")
    for top in (0.0, 2.5):
        ties = np.append(np.full(3, top), top - 1)[np.random.permutation(4)]
        expected = np.where(ties == top, 1 / 3, 0)
        came = shares(epsilon_greedy, ties, 0.0)
        check.close(came, expected, rtol=0, atol=0.1, because="three best actions, epsilon 0")
