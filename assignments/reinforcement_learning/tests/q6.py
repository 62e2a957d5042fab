import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q6"
points = None


@test_case(points=1, failure_message="Check where each step of the grid of 3 by 3 ends, and what it pays.")
def test_steps_on_a_small_grid(grid_world):
    answer = grid_world((3, 3), obstacles=[4], endings={2: 5})
    assert answer is not None, "grid_world returned nothing: is a `return` missing?"
    P, R = (np.asarray(table) for table in answer)
    for table, what in ((P, "P"), (R, "R")):
        assert table.shape == (9, 4, 9), f"{what}: expected shape (9, 4, 9), got {table.shape}"
    steps = {
        (0, 0): 0,
        (0, 1): 1,
        (0, 2): 3,
        (1, 1): 2,
        (1, 2): 1,
        (3, 1): 3,
        (5, 0): 2,
        (5, 1): 5,
        (6, 3): 6,
    }
    for (cell, action), there in steps.items():
        came = P[cell, action]
        assert np.allclose(came, np.arange(9) == there), (
            f"cell {cell}, action {action}: expected to get to {there}, got {came.tolist()}"
        )
        paid, expected = R[cell, action, there], 5 if there == 2 else 0
        assert np.isclose(paid, expected), (
            f"from {cell} to {there}: expected to be paid {expected}, got {paid:g}"
        )
    for cell in (2, 4):
        assert not P[cell].any(), f"cell {cell}: nobody goes on from there, so its row is all zeros"
