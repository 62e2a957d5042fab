import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q5"
points = None

GAMMA = 0.8


def corridor():
    """One action, so that nothing is random."""
    P, R = np.zeros((5, 1, 5)), np.zeros((5, 1, 5))
    for s in range(4):
        P[s, 0, s + 1], R[s, 0, s + 1] = 1, float(np.random.randint(1, 9))
    return P, R


def row_of_seven():
    """A row between two ends; every step is paid, on some more than on others: going on is better than an end."""
    P, R = np.zeros((7, 2, 7)), np.zeros((7, 2, 7))
    for s in range(1, 6):
        for action, t in enumerate((s - 1, s + 1)):
            P[s, action, t], R[s, action, t] = 1, np.random.uniform(1, 2)
    return P, R


def values_by(P, R, over_actions):
    """The action values when the next action is the best (np.max) or any (np.mean)."""
    Q = np.zeros(P.shape[:2])
    for _ in range(300):
        Q = (P * (R + GAMMA * over_actions(Q, axis=1))).sum(axis=2)
    return Q


def on_the_corridor(learn, world):
    P, R = corridor()
    alpha, gamma = float(np.random.uniform(0.2, 0.4)), float(np.random.uniform(0.5, 0.9))
    expected = np.zeros(5)
    for _ in range(3):
        for s in range(4):
            expected[s] += alpha * (R[s, 0, s + 1] + gamma * expected[s + 1] - expected[s])
    answer = learn(world(P, R), 3, alpha, gamma, 0.9)
    check.close(answer[0], expected[:, None], rtol=1e-4, atol=1e-6, because="a table without chance")
    sums = [float(total) for total in answer[1]]
    check.close(sums, [R.sum()] * 3, because="the sums of rewards")


def error(came, expected):
    """The largest distance from the true values, as a share of the distance between both kinds of value."""
    check.shape(came, expected.shape, "the table")
    return float(np.abs(np.asarray(came) - expected).max())


@test_case(
    points=1,
    hidden=True,
    failure_message="SARSA: the values of an agent that explores, learned step by step.",
)
def test_sarsa(sarsa, TableWorld):
    on_the_corridor(sarsa, TableWorld)
    P, R = row_of_seven()
    truth, best = values_by(P, R, np.mean), values_by(P, R, np.max)
    Q = sarsa(TableWorld(P, R, 3), 1500, 0.05, GAMMA, 1.0)[0]
    limit = np.abs(best - truth).max() / 2
    off = error(Q, truth)
    assert off < limit, f"epsilon 1: expected values of random actions, to within {limit:.2g}; {off:.2g} off"


@test_case(
    points=1,
    hidden=True,
    failure_message="Q-learning: the values of the best actions, whatever the agent tries.",
)
def test_q_learning(q_learning, TableWorld):
    on_the_corridor(q_learning, TableWorld)
    P, R = row_of_seven()
    best = values_by(P, R, np.max)
    Q = q_learning(TableWorld(P, R, 3), 800, 0.5, GAMMA, 1.0)[0]
    off = error(Q, best)
    assert off < 0.2, f"epsilon 1: expected the best values, to within 0.2; {off:.2g} off"
