"""Builds a topic's notebooks from its master: the students' one, and the same with solutions.

What a released cell looks like is nbgrader's business, so its own preprocessors make it, in the
order of its generate_assignment; the result serves nbgrader, otter and sorcery alike. Equal
masters and tests give equal bytes.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graders.assignment import SCHEMA
from graders.cells import parse_cell
from graders.course import Course, Topic, unknown_in_concepts
from graders.errors import AuthorError, Problem, UsageError
from graders.imports import lightly, submodule
from graders.master import Cell, read_master
from graders.store import write_atomically

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# nbgrader's metadata, schema version 3, by the role of a cell.
_GRADED = {
    role: {"schema_version": 3, "task": False, "grade": grade, "solution": solution, "locked": locked}
    for role, grade, solution, locked in (
        ("solution", False, True, False),
        ("check", True, False, True),
        ("manual", True, True, False),
    )
}
# A solution line with as many characters, blanks not counted, is not there by chance.
TELLING = 20


@dataclass(frozen=True, slots=True)
class Built:
    """Two notebooks as bytes, alike in ids and metadata. `solution` is what a perfect student
    would hand in: `student` with every solution region and model answer in place."""

    student: bytes
    solution: bytes


def build_topic(course: Course, topic: Topic) -> Built:
    """Both notebooks of `topic`. Raises AuthorError with every fault of its master and points."""
    master = read_master(topic)
    cells, problems = master.cells, list(master.problems)
    points = _points(course, topic, cells, problems)
    released = _released(cells)
    problems += _stub_faults(topic.master, cells, released)
    problems += _survivors(topic.master, cells, released)
    if problems:
        raise AuthorError(sorted(problems, key=lambda problem: (str(problem.file), problem.line)))
    student = _generated(_notebook(topic, cells, points))
    solution = copy.deepcopy(student)
    for node, cell in zip(solution.cells, cells, strict=True):
        node.source = cell.source
    return Built(_bytes(student), _bytes(solution))


def write(path: Path, content: bytes) -> bool:
    """Puts `content` at `path`, whole or not at all; False when it was there already.

    Raises UsageError when the file system refuses.
    """
    try:
        if path.exists() and path.read_bytes() == content:
            return False
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    write_atomically(path, content)
    return True


def stale(course: Course, topic: Topic) -> list[str]:
    """What about the released notebook is not as the master builds it; empty when all is.

    Raises AuthorError when the master cannot be built.
    """
    built = build_topic(course, topic)
    notebook, master = (path.relative_to(course.root).as_posix() for path in (topic.notebook, topic.master))
    try:
        released = topic.notebook.read_bytes()
    except FileNotFoundError:
        return [f"{notebook} is not built; run: sorcery build {topic.id}"]
    if released != built.student:
        return [f"{notebook} is not what {master} builds; run: sorcery build {topic.id}"]
    return []


def _points(
    course: Course, topic: Topic, cells: tuple[Cell, ...], problems: list[Problem]
) -> dict[str, float]:
    """Points by question id, checked against the test files and course.yaml."""
    from graders.otter_tests import load_question, question_files

    found = question_files(topic.public_tests, topic.hidden_tests)
    points: dict[str, float] = {}
    for cell in cells:
        if cell.role == "manual" and cell.points is not None:
            points[cell.id] = cell.points
        if cell.role != "check":
            continue
        if cell.id not in found:
            folders = (topic.public_tests, topic.hidden_tests)
            names = " or ".join(f"{_short(folder, course)}/{cell.id}.py" for folder in folders)
            mend = f"write {names}, or remove the cell"
            problems.append(Problem(topic.master, cell.first, f"question {cell.id} has no test file", mend))
            continue
        try:
            points[cell.id] = load_question(topic.public_tests, topic.hidden_tests, cell.id).possible
        except AuthorError as error:
            problems += error.problems
            continue
        if points[cell.id] <= 0:
            mend = "give a case of it points"
            problems.append(Problem(found[cell.id][0], 0, f"question {cell.id} is worth nothing", mend))
    checked = {cell.id for cell in cells if cell.role == "check"}
    for question in found.keys() - checked:
        mend = f'add a cell grader.check("{question}") to {_short(topic.master, course)}, or remove the file'
        problems += [Problem(path, 0, f"no cell checks {question}", mend) for path in found[question]]
    asked = [cell.id for cell in cells if cell.role in ("check", "manual")]
    problems += unknown_in_concepts(topic, asked)
    if not problems:  # else the sums are wrong for a reason already told
        auto = sum(value for question, value in points.items() if question in checked)
        manual = sum(value for question, value in points.items() if question not in checked)
        for name, sum_, said in (("auto", auto, topic.auto_points), ("manual", manual, topic.manual_points)):
            if abs(sum_ - said) > 1e-9:
                message = f"topic {topic.id}: {name} is {said:g}, but its questions sum up to {sum_:g}"
                mend = f"write {name}: {sum_:g}, or change the points in {_short(topic.master, course)}"
                if name == "auto":
                    mend = f"write auto: {sum_:g}, or change the points of the test cases"
                problems.append(Problem(course.file, topic.points_line, message, mend))
    return points


def _notebook(topic: Topic, cells: tuple[Cell, ...], points: dict[str, float]) -> Any:
    v4 = _nbformat().v4
    make = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell, "raw": v4.new_raw_cell}
    nodes = []
    for cell in cells:
        metadata: dict[str, Any] = {"tags": list(cell.tags)} if cell.tags else {}
        if cell.role in _GRADED:
            metadata["nbgrader"] = {**_GRADED[cell.role], "grade_id": cell.id}
        if cell.id in points:
            worth = points[cell.id]
            metadata["nbgrader"]["points"] = int(worth) if worth.is_integer() else worth
        nodes.append(make[cell.kind](cell.source, id=cell.id, metadata=metadata))
    about = {"sorcery": {"schema": SCHEMA, "topic": topic.id}}
    return v4.new_notebook(cells=nodes, metadata=copy.deepcopy(_METADATA) | about)


def _generated(notebook: Any) -> Any:
    steps = submodule("nbgrader.preprocessors")
    resources: dict[str, Any] = {}
    for step in (
        steps.LockCells,
        steps.ClearSolutions,
        steps.ClearOutput,
        steps.CheckCellMetadata,
        steps.ComputeChecksums,
        steps.CheckCellMetadata,
    ):
        notebook, resources = step().preprocess(notebook, resources)
    return notebook


def _released(cells: tuple[Cell, ...]) -> list[str]:
    """The text of each cell as students get it, even of a master too faulty to build; "" where
    the cell itself is at fault."""
    clear = submodule("nbgrader.preprocessors").ClearSolutions
    nodes = [
        {
            "cell_type": cell.kind,
            "source": "" if cell.broken else cell.source,
            "metadata": {"nbgrader": {"solution": cell.role in ("solution", "manual") and not cell.broken}},
        }
        for cell in cells
    ]
    notebook = _nbformat().from_dict({"cells": nodes, "metadata": {}})
    cleared, _ = clear().preprocess(notebook, {})
    return [str(node.source) for node in cleared.cells]


def _stub_faults(master: Path, cells: tuple[Cell, ...], released: list[str]) -> Iterator[Problem]:
    for cell, source in zip(cells, released, strict=True):
        if cell.role != "solution":
            continue
        try:
            parse_cell(source)
        except SyntaxError as error:
            message = f"without its solution the cell is not valid Python: {error.msg}"
            mend = "let the region cover whole statements"
            yield Problem(master, cell.first + cell.regions[0][0], message, mend)


def _survivors(master: Path, cells: tuple[Cell, ...], released: list[str]) -> Iterator[Problem]:
    """Solution lines that students would find elsewhere in their notebook, whatever the blanks."""
    clear = submodule("nbgrader.preprocessors").ClearSolutions
    stub = {squeezed(line) for line in clear().code_stub["python"].split("\n")}
    shown = [
        (cell, dense)
        for cell, source in zip(cells, released, strict=True)
        for line in source.split("\n")
        if len(dense := squeezed(line)) >= TELLING
    ]
    public = [(number, squeezed(text)) for cell in cells for number, text in cell.public_lines()]
    for secret_line, text in (pair for cell in cells for pair in cell.solution_lines()):
        secret = squeezed(text)
        if len(secret) < TELLING or secret in stub:
            continue
        holder = next((cell for cell, dense in shown if secret in dense), None)
        if holder is not None:
            line = next((number for number, dense in public if secret in dense), holder.line)
            message = f"students would see the solution's {text.strip()!r} (line {secret_line})"
            yield Problem(master, line, message, "reword one of the two")


def squeezed(text: str) -> str:
    """`text` without its blanks."""
    return "".join(text.split())


def _bytes(notebook: Any) -> bytes:
    return (str(_nbformat().writes(notebook, version=4)) + "\n").encode()


def _nbformat() -> Any:
    # As Any: its functions are untyped, and its package says it is typed.
    with lightly():
        import nbformat
        import nbformat.v4

    return nbformat


def _short(path: Path, course: Course) -> str:
    return path.relative_to(course.root).as_posix()
