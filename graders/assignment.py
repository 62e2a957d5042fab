"""What the released notebook of a topic asks for: its questions, its cells, its imports.

A released notebook is ours and trusted; a submitted one is never read here.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graders.cells import parse_cell
from graders.course import Topic
from graders.errors import AuthorError, Problem

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Question:
    """An autograded question. `last_cell` is the id of the last solution cell before its check cell,
    or of the check cell where there is none."""

    id: str
    points: float
    last_cell: str
    check_cell: str


@dataclass(frozen=True, slots=True)
class Manual:
    """A written question. `stub` is the text its cell is released with."""

    id: str
    points: float
    cell: str
    stub: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A released notebook. `topic` is the topic's id; `imports` holds the modules that its code
    cells import at top level, dotted, each once, in the order they come."""

    topic: str
    questions: tuple[Question, ...]
    manual: tuple[Manual, ...]
    cell_ids: frozenset[str]
    imports: tuple[str, ...]


def read_assignment(topic: Topic) -> Assignment:
    """The released notebook of `topic`. Raises AuthorError when it is missing or not as built."""
    build = f"run: sorcery build {topic.id}"
    try:
        notebook = json.loads(topic.notebook.read_bytes())
    except FileNotFoundError:
        raise AuthorError([Problem(topic.notebook, 0, "is not built yet", build)]) from None
    except (OSError, ValueError, RecursionError) as error:
        raise AuthorError([Problem(topic.notebook, 0, f"cannot be read: {error}", build)]) from None
    try:
        about = notebook["metadata"]["sorcery"]
        if about != {"schema": SCHEMA, "topic": topic.id}:
            raise AuthorError([Problem(topic.notebook, 0, f"was built as {about!r}", build)])
        return _assignment(topic.id, notebook["cells"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        message = f"is no notebook sorcery built: {type(error).__name__}: {error}"
        raise AuthorError([Problem(topic.notebook, 0, message, build)]) from None


def _assignment(topic: str, cells: list[dict[str, Any]]) -> Assignment:
    questions: list[Question] = []
    manual: list[Manual] = []
    imports: dict[str, None] = {}
    solution = ""
    for cell in cells:
        source, graded = "".join(cell["source"]), cell["metadata"].get("nbgrader", {})
        grade, is_solution = graded.get("grade", False), graded.get("solution", False)
        if grade and is_solution:
            manual.append(Manual(graded["grade_id"], float(graded["points"]), cell["id"], source))
        elif grade:
            points = float(graded["points"])
            questions.append(Question(graded["grade_id"], points, solution or cell["id"], cell["id"]))
        elif is_solution:
            solution = cell["id"]
        if cell["cell_type"] == "code":
            imports.update(dict.fromkeys(imported_modules(source)))
    ids = frozenset(cell["id"] for cell in cells)
    if len(ids) != len(cells):
        raise ValueError("two cells have one id")
    return Assignment(topic, tuple(questions), tuple(manual), ids, tuple(imports))


def imported_modules(source: str) -> Iterator[str]:
    """Modules that a code cell imports outside functions; none when it is not Python."""
    try:
        waiting: list[ast.AST] = [parse_cell(source)]
    except SyntaxError:
        return
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            blocks = (ast.stmt, ast.ExceptHandler, ast.match_case)
            inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, blocks)]
            waiting += reversed(inner)
