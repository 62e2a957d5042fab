import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q1"
points = None


@test_case(
    points=1, hidden=True, failure_message="Walks of any length, several at once, each begun anew by reset()."
)
def test_walks_at_once(RandomWalk1D):
    lengths = [2 * int(half) + 1 for half in np.random.permutation(np.arange(1, 7))[:3]]
    walks = [RandomWalk1D(length) for length in lengths]
    for walk, length in zip(walks, lengths, strict=True):
        check.close(walk.n_states, length)
        check.close(walk.n_actions, 2)
    where = [length // 2 for length in lengths]
    for walk, place in zip(walks, where, strict=True):
        check.close(walk.reset(), place, because="the state that reset() returns")
    for _ in range(80):
        one = int(np.random.randint(len(walks)))
        action = int(np.random.randint(2))
        where[one] += 2 * action - 1
        last = lengths[one] - 1
        answer = walks[one].step(action)
        check.close(answer[0], where[one], because="the state after a step")
        check.close(answer[1], {0: -1, last: 1}.get(where[one], 0), because="the reward of a step")
        check.close(answer[2], where[one] in (0, last), because="done")
        if where[one] in (0, last) or np.random.random() < 0.05:
            where[one] = lengths[one] // 2
            check.close(walks[one].reset(), where[one], because="the state that reset() returns")
