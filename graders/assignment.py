"""What the released notebook of a topic asks for: its questions, its cells, its imports.

A released notebook is ours and trusted; a submitted one is never read here.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
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
    """A written question. `stub` is the text its cell is released with, empty where that is not known."""

    id: str
    points: float
    cell: str
    stub: str


@dataclass(frozen=True, slots=True)
class Stub:
    """A solution cell of `question` as it is released; `source` is empty where that is not known."""

    cell: str
    question: str
    source: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A released notebook. `topic` is the topic's id; `imports` holds the modules that its code
    cells import at top level, dotted, each once, in the order they come; `stubs` come in order too."""

    topic: str
    questions: tuple[Question, ...]
    manual: tuple[Manual, ...]
    cell_ids: frozenset[str]
    imports: tuple[str, ...]
    stubs: tuple[Stub, ...] = ()


def read_assignment(topic: Topic, notebook: Path | None = None) -> Assignment:
    """The released notebook of `topic`, or another copy of it. Raises AuthorError when it is missing or
    not as built.

    In a copy that was worked in, what a cell was released with is not known once it was edited.
    """
    path, build = notebook or topic.notebook, f"run: sorcery build {topic.id}"
    try:
        released = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise AuthorError([Problem(path, 0, "is not built yet", build)]) from None
    except (OSError, ValueError, RecursionError) as error:
        raise AuthorError([Problem(path, 0, f"cannot be read: {error}", build)]) from None
    try:
        about = released["metadata"]["sorcery"]
        if about != {"schema": SCHEMA, "topic": topic.id}:
            raise AuthorError([Problem(path, 0, f"was built as {about!r}", build)])
        return _assignment(topic.id, released["cells"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        message = f"is no notebook sorcery built: {type(error).__name__}: {error}"
        raise AuthorError([Problem(path, 0, message, build)]) from None


def _assignment(topic: str, cells: list[dict[str, Any]]) -> Assignment:
    questions: list[Question] = []
    manual: list[Manual] = []
    imports: dict[str, None] = {}
    stubs: list[Stub] = []
    solution, waiting = "", dict[str, str]()
    for cell in cells:
        source, graded = "".join(cell["source"]), cell["metadata"].get("nbgrader", {})
        grade, is_solution = graded.get("grade", False), graded.get("solution", False)
        if grade and is_solution:
            stub = source if _as_released(cell, source) else ""
            manual.append(Manual(graded["grade_id"], float(graded["points"]), cell["id"], stub))
        elif grade:
            name, points = graded["grade_id"], float(graded["points"])
            questions.append(Question(name, points, solution or cell["id"], cell["id"]))
            stubs += [Stub(before, name, stub) for before, stub in waiting.items()]
            waiting = {}
        elif is_solution:
            solution = cell["id"]
            waiting[solution] = source if _as_released(cell, source) else ""
        if cell["cell_type"] == "code":
            imports.update(dict.fromkeys(imported_modules(source)))
    ids = frozenset(cell["id"] for cell in cells)
    if len(ids) != len(cells):
        raise ValueError("two cells have one id")
    return Assignment(topic, tuple(questions), tuple(manual), ids, tuple(imports), tuple(stubs))


def _as_released(cell: dict[str, Any], source: str) -> bool:
    """Whether nbgrader's checksum, which a cell is released with, is still that of its text; formula as in
    nbgrader.utils.compute_checksum (0.9.6)."""
    graded = cell["metadata"]["nbgrader"]
    if "checksum" not in graded:
        return True
    flags = [str(bool(graded.get(flag, False))) for flag in ("grade", "solution", "locked")]
    parts = [source, cell["cell_type"], *flags, graded["grade_id"]]
    if graded.get("grade", False):
        parts.append(str(float(graded["points"])))
    digest = hashlib.md5("".join(parts).encode("utf-8", "replace"), usedforsecurity=False)
    return bool(digest.hexdigest() == graded["checksum"])


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


def installed(module: str) -> bool:
    """Whether a module can be imported anywhere; one that lies beside a notebook cannot."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False
