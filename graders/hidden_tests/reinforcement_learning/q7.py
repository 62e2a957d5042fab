import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q7"
points = None


def world(states=8, actions=3):
    """Any state may follow any other, all rewards are below zero, and the last state is terminal."""
    P = np.random.dirichlet(np.full(states, 0.3), size=(states, actions))
    P[-1] = 0
    R = np.random.uniform(-5, -1, size=(states, actions, states))
    return P, R


def chain(length=14):
    """A goal that pays, far from the other end, which is numbered last: a value takes a sweep for each step."""
    P, R = np.zeros((length, 2, length)), np.zeros((length, 2, length))
    for s in range(1, length):
        P[s, 0, s - 1] = P[s, 1, min(s + 1, length - 1)] = 1
    R[1, 0, 0] = np.random.uniform(50, 100)
    return P, R


def best_values(P, R, gamma):
    """By policy iteration: the values of a policy from a linear system, then the policy that is better."""
    mean = (P * R).sum(axis=2)
    rows = np.arange(len(P))
    policy = np.zeros(len(P), dtype=int)
    for _ in range(100):
        values = np.linalg.solve(np.eye(len(P)) - gamma * P[rows, policy], mean[rows, policy])
        looked_ahead = mean + gamma * P @ values
        better = looked_ahead.argmax(axis=1)
        if np.allclose(looked_ahead[rows, better], looked_ahead[rows, policy], rtol=0, atol=1e-11):
            break
        policy = better
    return values


@test_case(
    points=1, hidden=True, failure_message="Other worlds: rewards may all be below zero, and a goal far away."
)
def test_values(value_iteration):
    for make in (world, chain):
        P, R = make()
        gamma = float(np.random.uniform(0.85, 0.95))
        check.close(value_iteration(P, R, gamma), best_values(P, R, gamma), rtol=1e-3, atol=1e-3)


@test_case(
    points=1,
    hidden=True,
    failure_message="The best action, given these values: reward and what follows, both count.",
)
def test_the_greedy_policy(greedy_policy):
    for _ in range(3):
        P, R = world()
        V, gamma = (
            np.append(np.random.uniform(-9, 9, size=len(P) - 1), 0.0),
            float(np.random.uniform(0.5, 0.95)),
        )
        ahead = np.einsum("sat,sat->sa", P, R) + gamma * np.einsum("sat,t->sa", P, V)
        came = greedy_policy(V, P, R, gamma)
        check.shape(came, (len(P),), "the policy")
        # What the last state's action would be does not matter, nor does a choice among equals.
        chosen = np.asarray(came).astype(int)[:-1]
        assert ((chosen >= 0) & (chosen < 3)).all(), "expected actions between 0 and 2"
        taken = ahead[np.arange(len(chosen)), chosen]
        check.close(taken, ahead[:-1].max(axis=1), rtol=1e-6, because="what the chosen actions are worth")
