import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q8"
points = None

# What 20,000 honest draws exceed once in a billion times; normal noise of the same spread is 0.06 off.
ROOM, DRAWS = 0.025, 20_000


@test_case(
    points=1,
    hidden=True,
    failure_message="Is it Laplace noise of the scale for this epsilon, fresh for each answer, neither rounded nor clipped?",
)
def test_the_noise(private_counts, epsilon_for):
    for epsilon, as_bool in ((np.random.uniform(0.1, 0.3), True), (np.random.uniform(1.5, 3), False)):
        flags = np.random.permutation(np.arange(50) < np.random.randint(2, 6))
        seed = int(np.random.randint(1000))
        came = private_counts(flags if as_bool else flags.astype(int), epsilon, DRAWS, seed)
        check.shape(came, (DRAWS,), "the answers")
        noise = np.sort(np.array(came, dtype=float) - flags.sum())
        tail = np.exp(-epsilon * np.abs(noise)) / 2
        wanted = np.where(noise < 0, tail, 1 - tail)
        steps = np.arange(DRAWS + 1) / DRAWS
        off = max(np.max(steps[1:] - wanted), np.max(wanted - steps[:-1]))
        assert off < ROOM, f"the distribution is off by {off:.3f}"
        again = private_counts(flags, epsilon, DRAWS, seed + 1)
        alike = np.corrcoef(np.array(again, dtype=float), np.array(came, dtype=float))[0, 1]
        assert abs(alike) < 0.1, "another seed, the same noise"
    for _ in range(4):
        error, chance = np.random.uniform(1, 50), np.random.uniform(0.01, 0.5)
        check.close(epsilon_for(error, chance), -np.log(chance) / error, rtol=1e-3)
