import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q2"
points = None


def walk_by_recursion(n_states, gamma, right):
    """Each value as a multiple of the one to its left, from the right end backwards (no matrix)."""
    offset, factor = np.zeros(n_states), np.zeros(n_states)
    for s in range(n_states - 2, 0, -1):
        # v[s] = offset[s] + factor[s] * v[s - 1], by putting v[s + 1] into the equation of v[s].
        paid = right * (s == n_states - 2) - (1 - right) * (s == 1)
        share = 1 - gamma * right * factor[s + 1]
        offset[s] = (paid + gamma * right * offset[s + 1]) / share
        factor[s] = gamma * (1 - right) / share
    values = np.zeros(n_states)
    for s in range(1, n_states - 1):
        values[s] = offset[s] + factor[s] * values[s - 1]
    return values


def corridor(length):
    """One action, one way to go, a reward of its own at each step: nothing is random in it."""
    P, R = np.zeros((length, 1, length)), np.zeros((length, 1, length))
    for s in range(length - 1):
        P[s, 0, s + 1], R[s, 0, s + 1] = 1, np.random.uniform(1, 5)
    return P, R


def two_minds():
    """Action 0 is paid well and action 1 badly; both may end the episode. States 0 to 3, and the end."""
    P = np.zeros((5, 2, 5))
    P[:4] = np.random.dirichlet([2, 2, 2, 2, 1], size=(4, 2))
    R = np.random.uniform(0, 1, size=(5, 2, 5)) + np.array([6.0, -2.0])[None, :, None]
    return P, R


def values_of_random_actions(P, R, gamma):
    return np.linalg.solve(np.eye(len(P)) - gamma * P.mean(axis=1), (P * R).sum(axis=2).mean(axis=1))


@test_case(
    points=1, hidden=True, failure_message="Other lengths, discounts and probabilities of going to the right."
)
def test_true_values(walk_values):
    for half in (1, 3, int(np.random.randint(4, 8))):
        gamma, right = (
            np.random.uniform(0.6, 0.95),
            0.5 + np.random.choice([-1, 1]) * np.random.uniform(0.1, 0.35),
        )
        length = 2 * half + 1
        expected = walk_by_recursion(length, gamma, right)
        check.close(walk_values(length, float(gamma), float(right)), expected, rtol=1e-3, atol=1e-4)


@test_case(
    points=1, hidden=True, failure_message="Follow a few steps on paper: is each step's update that of TD(0)?"
)
def test_each_step(td0, TableWorld):
    for episodes in (1, 3):
        P, R = corridor(6)
        alpha, gamma = np.random.uniform(0.2, 0.4), np.random.uniform(0.5, 0.8)
        V = np.zeros(6)
        for _ in range(episodes):
            for s in range(5):
                V[s] += alpha * (R[s, 0, s + 1] + gamma * V[s + 1] - V[s])
        check.close(td0(TableWorld(P, R), episodes, float(alpha), float(gamma)), V, rtol=1e-4, atol=1e-6)


@test_case(
    points=1, hidden=True, failure_message="In a world of chance the values do not come near the true ones."
)
def test_a_world_of_chance(td0, TableWorld):
    P, R = two_minds()
    gamma = 0.7
    truth = values_of_random_actions(P, R, gamma)
    came = td0(TableWorld(P, R), 3000, 0.01, gamma)
    # By chance 0.5 off, rarely 1; more than 3 if one action only is taken or the future does not count.
    check.close(came, truth, rtol=0, atol=2.5)
