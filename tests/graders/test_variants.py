"""Variants are the solution with a part of it changed, and say by line what cannot be changed."""

import json
from pathlib import Path

import nbformat
import pytest

from graders.course import load_course
from graders.errors import AuthorError
from graders.new import new_topic
from graders.variants import Variant, read_variants, variants_file

POSSIBLE = {"q1": 2.0, "q2": 1.0}
CODE = """def double(x):
    for _ in range(1):
        y = 2 * x
        y = y + 0
    return y"""


def solution(*sources: str) -> bytes:
    cells = [nbformat.v4.new_code_cell(source, id=f"q1-{n}") for n, source in enumerate(sources, 1)]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()


def made(tmp_path: Path, text: str, *sources: str) -> tuple[Variant, ...]:
    root = tmp_path / "c"
    (root / "assignments").mkdir(parents=True, exist_ok=True)
    (root / "assignments/course.yaml").write_text(
        "schema: 1\ncourse: {id: c, title: C}\ntopics:\n- {id: toy, title: T, points: {auto: 3}}\n"
    )
    topic = load_course(root).topic("toy")
    variants_file(topic).parent.mkdir(exist_ok=True)
    variants_file(topic).write_text("schema: 1\n" + text)
    return read_variants(topic, solution(*(sources or (CODE,))), POSSIBLE)


def code(variant: Variant) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(variant.notebook)["cells"]]


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    root = tmp_path / "c"
    (root / "assignments").mkdir(parents=True)
    (root / "assignments/course.yaml").write_text(
        "schema: 1\ncourse: {id: c, title: C}\ntopics:\n- {id: toy, title: T, points: {auto: 3}}\n"
    )
    assert read_variants(load_course(root).topic("toy"), solution(CODE), POSSIBLE) == ()


def test_a_part_of_a_line_is_changed(tmp_path: Path) -> None:
    (one,) = made(
        tmp_path,
        "mistakes:\n- {name: a, loses: {q1: 1}, change: [{old: 2 * x, new: x ** 2}]}\n",
        CODE,
        "z = 1",
    )
    assert (one.kind, one.name, one.loses, one.line) == ("mistake", "a", {"q1": 1.0}, 3)
    assert code(one) == [CODE.replace("2 * x", "x ** 2"), "z = 1"]


def test_what_takes_its_place_is_indented_like_it(tmp_path: Path) -> None:
    text = "alternatives:\n- name: a\n  change:\n  - old: y = 2 * x\n    new: |\n      y = x\n      if y:\n          y += x\n"
    (one,) = made(tmp_path, text)
    assert code(one) == [
        CODE.replace("        y = 2 * x", "        y = x\n        if y:\n            y += x")
    ]


def test_lines_stand_for_lines_however_deep(tmp_path: Path) -> None:
    text = "alternatives:\n- name: a\n  change:\n  - old: |\n      y = 2 * x\n      y = y + 0\n    new: y = x + x\n"
    (one,) = made(tmp_path, text)
    assert code(one) == ["def double(x):\n    for _ in range(1):\n        y = x + x\n    return y"]


def test_cells_come_first_then_changes(tmp_path: Path) -> None:
    text = "alternatives:\n- name: a\n  cells: {q1-1: 'a = 1'}\n  change: [{old: a = 1, new: a = 2}]\n"
    (one,) = made(tmp_path, text)
    assert code(one) == ["a = 2"]


@pytest.mark.parametrize(
    ("entry", "line", "says"),
    [
        ("- {name: a, change: [{old: nowhere, new: x}]}", 3, "does not stand in the code"),
        ("- {name: a, change: [{old: y =, new: x}]}", 3, "stands 2 times"),
        ("- {name: a, cells: {q1-7: x}}", 3, "no code cell 'q1-7'; did you mean 'q1-1'?"),
        ("- {name: a}", 3, "changes nothing"),
        ("- {name: a, change: [{old: 2 * x, new: 2 * x}]}", 3, "changes nothing"),
        ("- {name: a, cells: {q1-1: x}}\n- {name: a, cells: {q1-1: z}}", 4, r"a second variant 'a' \(first in line 3\)"),
        ("- {name: a, cell: {q1-1: x}}", 3, "unknown key 'cell'; did you mean 'cells'?"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_told_by_its_line(tmp_path: Path, entry: str, line: int, says: str) -> None:
    with pytest.raises(AuthorError, match=says) as caught:
        made(tmp_path, f"alternatives:\n{entry}\n")
    assert caught.value.problems[0].line == line


@pytest.mark.parametrize(
    ("loses", "says"),
    [
        ("{q3: 1}", "no question 'q3'"),
        ("{q1: 3}", "q1 is worth 2, of which nobody loses 3"),
        ("{q1: 0}", "greater than 0"),
        ("{}", "at least 1 item"),
    ],
)
def test_a_mistake_loses_points_there_are(tmp_path: Path, loses: str, says: str) -> None:
    with pytest.raises(AuthorError, match=says):
        made(tmp_path, f"mistakes:\n- {{name: a, loses: {loses}, cells: {{q1-1: x}}}}\n")


def test_those_of_a_new_topic_can_be_made(tmp_path: Path) -> None:
    from graders.build import build_topic

    (tmp_path / "assignments").mkdir()
    (tmp_path / "assignments/course.yaml").write_text(
        "schema: 1\ncourse: {id: c, title: C}\ntopics:\n- {id: toy, title: T, points: {auto: 3}}\n"
    )
    new_topic(load_course(tmp_path), "attention")
    course = load_course(tmp_path)
    topic = course.topic("attention")
    variants = read_variants(topic, build_topic(course, topic).solution, POSSIBLE)
    assert [variant.kind for variant in variants] == ["alternative"] * 2 + ["mistake"] * 2
