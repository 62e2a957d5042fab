import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q3"
points = None


@test_case(
    points=1, failure_message="With an epsilon of 0 nothing but the best; with 1 sooner or later everything."
)
def test_never_and_always(epsilon_greedy):
    for best in (2, 0, 3, 1):
        values = np.full(4, -3.0)
        values[best] = -1.0
        greedy = {int(epsilon_greedy(values, 0)) for _ in range(20)}
        assert greedy == {best}, f"values {values.tolist()}, epsilon 0: it took {sorted(greedy)}"
        random = {int(epsilon_greedy(values, 1)) for _ in range(200)}
        assert random == {0, 1, 2, 3}, f"values {values.tolist()}, epsilon 1: it took only {sorted(random)}"
