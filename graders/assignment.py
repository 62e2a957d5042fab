"""What the released notebook of a topic asks for: its questions, its cells, its imports.

A released notebook is ours and trusted. Of a submitted one only the text of a cell is ever read
here, by `checked_question` and `parse_cell`, which take any text at all.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graders.course import Topic
from graders.errors import AuthorError, Problem

SCHEMA = 1
QUESTION_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")  # what nbgrader and nbformat both take as an id

# Past this the parser is not asked: it costs more than its length on some texts, and no check cell
# is as long.
_PARSED_CHARACTERS = 10_000
_CHECK_LINE = re.compile(
    r"""^grader\.check\([ \t]{0,9}(["'])([A-Za-z0-9_-]{1,60})\1[ \t]{0,9}\)[ \t;]{0,9}(?:\#.*|\r)?$""",
    re.MULTILINE,
)
_MAGIC_LINE = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.*]+\?{1,2}[ \t]*)$", re.MULTILINE)
_MAGIC_VALUE = re.compile(r"^([ \t]*[A-Za-z_][\w, ]*=[ \t]*)[!%].*$", re.MULTILINE)
# Cell magics whose cell is Python all the same.
_PYTHON_CELLS = ("%%capture", "%%prun", "%%time", "%%timeit")


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


def checked_question(source: str) -> str | None:
    """The question whose check a code cell runs: the first `grader.check("q1")` that stands as a
    statement of its own at top level; None when there is none.

    Takes any text, never raises, and takes time linear in its length.
    """
    if "grader" not in source or "check" not in source or _other_language(source):
        return None
    if len(source) <= _PARSED_CHARACTERS:
        try:
            body = parse_cell(source).body
        except SyntaxError:
            pass
        else:
            return next((question for node in body if (question := _check(node))), None)
    found = _CHECK_LINE.search(source)
    return found[2] if found else None


def _check(node: ast.stmt) -> str | None:
    match node:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id="grader"), attr="check"),
                args=[ast.Constant(value=str(question))],
                keywords=[],
            )
        ) if QUESTION_ID.fullmatch(question):
            return question
    return None


def parse_cell(source: str) -> ast.Module:
    """The syntax tree of a code cell, without IPython's magic, shell and help lines.

    A cell whose magic hands it to something else than Python (`%%bash`) has an empty tree. Line
    numbers are those of `source`. Raises SyntaxError, whatever it was that the parser met.
    """
    if _other_language(source):
        return ast.Module(body=[], type_ignores=[])
    try:
        return _parse(source)
    except SyntaxError:
        plain = _MAGIC_VALUE.sub(r"\1None", _MAGIC_LINE.sub(r"\1pass", source))
        if plain == source:
            raise
        return _parse(plain)


def _other_language(source: str) -> bool:
    first = source.lstrip()[:40].split(maxsplit=1)
    return bool(first) and first[0].startswith("%%") and first[0] not in _PYTHON_CELLS


def _parse(source: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the notebook's author, seen when the cell runs
            return ast.parse(source)
    except (RecursionError, MemoryError, ValueError) as error:
        raise SyntaxError(f"cannot be parsed: {type(error).__name__}") from None
