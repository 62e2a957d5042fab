import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q6"
points = None

STEPS = np.array([[-1, 0], [0, 1], [1, 0], [0, -1]])


def layout():
    """A grid that is not square, two obstacles, two terminal cells."""
    rows, columns = (int(side) for side in np.random.permutation([3, 4, 5, 6])[:2])
    chosen = [int(cell) for cell in np.random.permutation(rows * columns)[:4]]
    return (rows, columns), chosen[:2], {chosen[2]: 7.0, chosen[3]: -4.0}


def tables(shape, obstacles, endings, slip):
    """P, and the mean reward of each step (S, 4, S) as P * R, by places on a board with a rim."""
    rows, columns = shape
    board = np.full((rows + 2, columns + 2), -1)
    board[1:-1, 1:-1] = np.arange(rows * columns).reshape(shape)
    blocked = np.isin(board, [-1, *obstacles])
    sure = np.zeros((rows * columns, 4, rows * columns))
    for place in np.argwhere(~blocked):
        cell = board[tuple(place)]
        for direction, step in enumerate(STEPS):
            goal = tuple(place + step)
            sure[cell, direction, cell if blocked[goal] else board[goal]] = 1
    sure[list(endings)] = 0
    P = (1 - 2 * slip) * sure + slip * (np.roll(sure, 1, axis=1) + np.roll(sure, -1, axis=1))
    paid = np.zeros(rows * columns)
    paid[list(endings)] = list(endings.values())
    return P, P * paid


def compare(grid_world, slip):
    shape, obstacles, endings = layout()
    expected, paid = tables(shape, obstacles, endings, slip)
    answer = grid_world(shape, obstacles, endings, slip)
    check.close(answer[0], expected, because="P")
    check.shape(answer[1], expected.shape, "R")
    check.close(np.asarray(answer[0]) * np.asarray(answer[1]), paid, because="R, where P is not zero")


@test_case(
    points=1,
    hidden=True,
    failure_message="Other grids: rows and columns, walls, obstacles, and where one is paid.",
)
def test_firm_ground(grid_world):
    for _ in range(4):
        compare(grid_world, 0.0)


@test_case(
    points=1,
    hidden=True,
    failure_message="Slippery ground: which sides, and do equal endings of a step add up?",
)
def test_slippery_ground(grid_world):
    for _ in range(4):
        compare(grid_world, float(np.random.uniform(0.05, 0.2)))
