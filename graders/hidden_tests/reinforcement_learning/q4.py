import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q4"
points = None


def transitions():
    """A table, a step in it, and the numbers of the update; the next action is not the best one."""
    for done in (False, True, False):
        Q = np.random.uniform(-4, 4, size=(6, 4))
        s, t = (int(state) for state in np.random.permutation(6)[:2])
        Q[t] = np.random.permutation([-3.0, -1.5, 1.5, 3.0])
        if done:
            Q[t] += 5
        action, other = int(np.random.randint(4)), int(np.random.choice(np.flatnonzero(Q[t] < Q[t].max())))
        reward = float(np.random.choice([-1, 1]) * np.random.uniform(1, 2))
        alpha, gamma = float(np.random.uniform(0.1, 0.4)), float(np.random.uniform(0.6, 0.8))
        yield Q, s, action, reward, t, other, done, alpha, gamma


def moved(Q, s, action, target, alpha):
    new = Q.copy()
    new[s, action] = (1 - alpha) * Q[s, action] + alpha * target
    return new


@test_case(
    points=1,
    hidden=True,
    failure_message="SARSA looks at the action that comes next; a terminal state has none.",
)
def test_sarsa(sarsa_update):
    for Q, s, action, reward, t, other, done, alpha, gamma in transitions():
        expected = moved(Q, s, action, reward + (0 if done else gamma * Q[t, other]), alpha)
        came = sarsa_update(Q.copy(), s, action, reward, t, other, done, alpha, gamma)
        check.close(came, expected, because="a step to a terminal state" if done else "an ordinary step")


@test_case(
    points=1,
    hidden=True,
    failure_message="Q-learning looks at the best action there; a terminal state has none.",
)
def test_q_learning(q_learning_update):
    for Q, s, action, reward, t, _, done, alpha, gamma in transitions():
        expected = moved(Q, s, action, reward + (0 if done else gamma * np.max(Q[t])), alpha)
        came = q_learning_update(Q.copy(), s, action, reward, t, done, alpha, gamma)
        check.close(came, expected, because="a step to a terminal state" if done else "an ordinary step")
