"""The reinforcement learning topic: what is given and what judges agree with what is known otherwise."""

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graders.build import build_topic
from graders.course import load_course

ROOT = Path(__file__).parents[2]
HIDDEN = ROOT / "graders/hidden_tests/reinforcement_learning"


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    """The names of the solution's functions and classes, of cells that only define some."""
    course = load_course(ROOT)
    cells = json.loads(build_topic(course, course.topic("reinforcement_learning")).solution)["cells"]
    names: dict[str, Any] = {"np": np}
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source.startswith(
            ("class ", "def walk", "MOVES", "def grid", "def value")
        ):
            exec(source, names)
    return names


@pytest.fixture(autouse=True)
def seeded() -> None:
    np.random.seed(3)


def hidden(question: str) -> dict[str, Any]:
    return runpy.run_path(str(HIDDEN / f"{question}.py"))


def test_the_start_of_the_small_grid_is_worth_four(notebook: dict[str, Any]) -> None:
    tables = notebook["grid_world"]((3, 3), [4], {2: 5})
    values = notebook["value_iteration"](*tables, 0.8)
    assert np.allclose(values, [4, 5, 0, 3.2, 0, 5, 2.56, 3.2, 4])
    slippery = notebook["value_iteration"](*notebook["grid_world"]((3, 3), [4], {2: 5}, slip=0.15), 0.8)
    assert (slippery <= values).all()
    # In the cell beside the goal both slips stay: v = 0.7 * 5 + 0.3 * 0.8 * v.
    assert np.isclose(slippery[1], 3.5 / 0.76)


def test_a_walk_without_discount_is_worth_a_straight_line() -> None:
    walk = hidden("q2")["walk_by_recursion"]
    assert np.allclose(walk(7, 1.0, 0.5), [0, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 0])
    assert np.allclose(walk(5, 0.5, 1.0), [0, 0.25, 0.5, 1, 0])


def test_policy_iteration_and_value_iteration_agree(notebook: dict[str, Any]) -> None:
    tests = hidden("q7")
    for make in (tests["world"], tests["chain"]):
        P, R = make()
        assert np.allclose(notebook["value_iteration"](P, R, 0.9), tests["best_values"](P, R, 0.9), atol=1e-6)


def test_the_given_world_steps_as_its_table_says(notebook: dict[str, Any]) -> None:
    P = np.zeros((4, 1, 4))
    P[0, 0] = [0, 0.2, 0.5, 0.3]
    P[1, 0, 3] = 1
    R = np.arange(16.0).reshape(4, 1, 4)
    world = notebook["TableWorld"](P, R)
    counts = np.zeros(4)
    for _ in range(4000):
        assert world.reset() == 0
        state, reward, done = world.step(0)
        assert (reward, done) == (R[0, 0, state], state in (2, 3))
        counts[state] += 1
    assert np.allclose(counts / 4000, P[0, 0], atol=0.05)


def test_an_episode_without_end_is_told(notebook: dict[str, Any]) -> None:
    world = notebook["TableWorld"](np.eye(2)[:, None], np.zeros((2, 1, 2)))
    world.reset()
    for _ in range(5000):
        world.step(0)
    with pytest.raises(RuntimeError, match="one episode"):
        world.step(0)


def test_in_the_layers_every_state_is_met_and_every_way_is_told_apart() -> None:
    tests = hidden("q5")
    for _ in range(20):
        P, R, start = tests["layers"]()
        reached, sums = {start}, [(start, 0.0)]
        for _ in range(4):
            sums = [
                (int(P[s, a].argmax()), total + R[s, a, P[s, a].argmax()])
                for s, total in sums
                for a in (0, 1)
            ]
            reached |= {s for s, _ in sums}
        assert len(reached) == 8
        assert len({round(total, 6) for _, total in sums}) == 16
        best, mean = (tests["values_by"](P, R, over)[start] for over in (np.max, np.mean))
        # The best first action differs by more than the tests allow for.
        assert (best - mean > 1).all()


def test_slippery_tables_are_chances() -> None:
    tests = hidden("q6")
    for _ in range(10):
        shape, obstacles, endings = tests["layout"]()
        P, paid = tests["tables"](shape, obstacles, endings, 0.15)
        away = [*obstacles, *endings]
        assert not P[away].any()
        assert np.allclose(np.delete(P, away, axis=0).sum(axis=2), 1)
        assert not P[:, :, obstacles].any()
        assert set(np.flatnonzero(paid.any(axis=(0, 1)))) <= set(endings)
