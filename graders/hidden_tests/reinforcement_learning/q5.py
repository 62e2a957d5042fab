import itertools

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


def layers():
    """A start, three layers of two states, an end: every episode has four steps, whatever is chosen.

    In each state one action pays well and one badly; which, and where each leads, is drawn.
    """
    P, R = np.zeros((8, 2, 8)), np.zeros((8, 2, 8))
    label = np.random.permutation(8)
    rows = [label[:1], label[1:3], label[3:5], label[5:7], label[7:]]
    for here, below in itertools.pairwise(rows):
        for s in here:
            for action, t, paid in zip(
                np.random.permutation(2), np.resize(below, 2), np.random.permutation([1, 4]), strict=True
            ):
                P[s, action, t], R[s, action, t] = 1, paid + np.random.uniform(0, 1)
    return P, R, int(label[0])


def values_by(P, R, over_actions):
    """The action values when the next action is the best (np.max) or any (np.mean)."""
    Q = np.zeros(P.shape[:2])
    for _ in range(5):
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


def learned(learn, world, over_actions):
    """Learns with an epsilon of 1; the table's largest distance from the true values is small."""
    P, R, start = layers()
    truth, other = (
        values_by(P, R, over) for over in (over_actions, {np.max: np.mean, np.mean: np.max}[over_actions])
    )
    Q, returns = learn(world(P, R, start), 3000, 0.02, GAMMA, 1.0)
    check.shape(Q, truth.shape, "the table")
    off, limit = np.abs(np.asarray(Q) - truth).max(), np.abs(other - truth).max() / 2
    assert off < limit, (
        f"epsilon 1: expected the true values to within {limit:.2f}; the table is {off:.2f} off"
    )
    ways = len({round(float(total), 6) for total in returns})
    assert ways > 8, (
        f"epsilon 1, four steps with a choice of two: expected some 16 sums of rewards, got {ways}"
    )


@test_case(
    points=1,
    hidden=True,
    failure_message="SARSA: the values of an agent that explores, learned step by step.",
)
def test_sarsa(sarsa, TableWorld):
    on_the_corridor(sarsa, TableWorld)
    learned(sarsa, TableWorld, np.mean)


@test_case(
    points=1,
    hidden=True,
    failure_message="Q-learning: the values of the best actions, whatever the agent tries.",
)
def test_q_learning(q_learning, TableWorld):
    on_the_corridor(q_learning, TableWorld)
    learned(q_learning, TableWorld, np.max)
