"""A topic's master, `solutions/TOPIC.py`, read cell by cell with the line each begins at.

Jupytext's percent format. What a cell is follows from what it holds:

    # %%                                       code
    ... ### BEGIN SOLUTION / ### END SOLUTION  a solution cell, of the question whose check comes next
    grader.check("q1")                         alone in its cell: the check cell of q1
    # %% [markdown]                            prose
    # %% [markdown] manual="q8" points=4       the model answer to written question q8

The id of a check or written cell is its question's, of a solution cell the question's with a
number (`q1-1`), of any other a digest of its text; so an edit elsewhere changes no id.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from graders.cells import QUESTION_ID, checked_question, parse_cell
from graders.course import Topic
from graders.errors import AuthorError, Problem
from graders.imports import lightly
from graders.strict_yaml import suggest

# As nbgrader's ClearSolutions finds them: anywhere in a line.
BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
# Other marks of nbgrader's, for what has another place here.
_MISPLACED = {
    "BEGIN HIDDEN TESTS": "hidden tests go to graders/hidden_tests",
    "BEGIN MARK SCHEME": "a mark scheme would reach the students; keep it elsewhere",
    "### AUTOTEST": "write the test as a test file",
    "### HASHED AUTOTEST": "write the test as a test file",
}
_OPTIONS = ("manual", "points", "tags")
# What jupytext notes for itself, or takes from the marker's free text.
_BOOKKEEPING = {"sorcery_line", "title", "region_name", "cell_depth", "cell_marker", "lines_to_next_cell"}
_MARKER = re.compile(r"^(\s*#\s*%%(?:%*\s.*)?)$", re.MULTILINE)
_NOTE = re.compile(r" sorcery_line=(\d+)$", re.MULTILINE)

Role = Literal["prose", "code", "solution", "check", "manual"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `first` is the line of `source`'s first line in the master; `points` is None but in a
    written cell; `regions` are the (begin, end) line indices of solution regions, marks included;
    `broken` says that the regions are at fault, so that nothing can be cleared by them."""

    kind: Literal["code", "markdown", "raw"]
    source: str
    first: int
    role: Role = "prose"
    id: str = ""
    points: float | None = None
    tags: tuple[str, ...] = ()
    regions: tuple[tuple[int, int], ...] = ()
    broken: bool = False

    @property
    def line(self) -> int:
        """Of the cell's marker."""
        return self.first - 1

    def solution_lines(self) -> Iterator[tuple[int, str]]:
        """(line in the master, text) of every line that students must not see."""
        lines = self.source.split("\n")
        regions = [(-1, len(lines))] if self.role == "manual" else self.regions
        for begin, end in regions:
            yield from ((self.first + at, lines[at]) for at in range(begin + 1, end))

    def public_lines(self) -> Iterator[tuple[int, str]]:
        """(line in the master, text) of every line that students see as it stands."""
        if self.role == "manual":
            return
        for at, text in enumerate(self.source.split("\n")):
            if not any(begin <= at <= end for begin, end in self.regions):
                yield self.first + at, text


@dataclass(frozen=True, slots=True)
class Master:
    """The cells of a master and every fault found in it alone, in the order of their lines."""

    cells: tuple[Cell, ...]
    problems: tuple[Problem, ...]


def read_master(topic: Topic) -> Master:
    """The topic's master. Raises AuthorError only when there are no cells to speak of."""
    reader = _Reader(topic.master)
    cells = reader.roles(reader.cells())
    reader.grader(cells, f"{topic.id}.ipynb")
    reader.ids(cells)
    return Master(cells, tuple(sorted(dict.fromkeys(reader.problems), key=lambda problem: problem.line)))


@dataclass(slots=True)
class _Reader:
    path: Path
    problems: list[Problem] = field(default_factory=list)

    def report(self, line: int, message: str, mend: str = "") -> None:
        self.problems.append(Problem(self.path, line, message, mend))

    def cells(self) -> list[Cell]:
        return [self._regions(cell) for node in self._nodes() if (cell := self._cell(node))]

    def _nodes(self) -> list[Any]:
        with lightly():
            import jupytext

        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            mend = "write it, or take its topic out of course.yaml"
            raise AuthorError([Problem(self.path, 0, "no such master", mend)]) from None
        except (OSError, UnicodeDecodeError) as error:
            raise AuthorError([Problem(self.path, 0, f"cannot be read: {error}")]) from None
        # Jupytext tells no lines, but carries a marker's options through: each gets its line as one.
        noted = "\n".join(
            _MARKER.sub(rf"\1 sorcery_line={number}", line)
            for number, line in enumerate(text.split("\n"), start=1)
        )
        try:
            return list(jupytext.reads(noted, fmt="py:percent").cells)
        except Exception as error:
            reason = str(error).strip().split("\n")[0]
            raise AuthorError([Problem(self.path, 1, f"jupytext cannot read it: {reason}")]) from None

    def _cell(self, node: Any) -> Cell | None:
        options = dict(node.metadata)
        source = _NOTE.sub("", node.source)
        if "sorcery_line" not in options:
            bad = options.get("incorrectly_encoded_metadata", "")
            if note := _NOTE.search(bad):
                message = f"cell options {bad[: note.start()]!r} cannot be read"
                self.report(int(note[1]), message, 'write manual="q8" points=4')
            else:
                text = source.strip().split("\n")[0]
                self.report(1, f"{text!r} stands outside of any cell", "begin it with a line `# %%`")
            return None
        line = int(options["sorcery_line"])
        title = str(options.get("title", ""))
        if title.startswith("["):
            self.report(line, f"no such kind of cell: {title}", "write [markdown], or [raw]")
        if "incorrectly_encoded_metadata" in options:
            bad = options.pop("incorrectly_encoded_metadata")
            self.report(line, f"cell options {bad!r} cannot be read", 'write manual="q8" points=4')
        for name in sorted(set(options) - _BOOKKEEPING - set(_OPTIONS)):
            self.report(line, f"unknown cell option {name!r}", suggest(name, _OPTIONS) or "remove it")
        # A markdown cell may be written as a string, whose opening quotes take a line.
        first = line + (2 if str(options.get("cell_marker", "")).endswith(('"""', "'''")) else 1)
        cell = Cell(node.cell_type, source, first, tags=tuple(options.get("tags", ())))
        return self._written(cell, options)

    def _written(self, cell: Cell, options: dict[str, Any]) -> Cell:
        if "manual" not in options:
            if "points" in options:
                self.report(cell.line, "points without a written question", 'add manual="q8", or remove them')
            return cell
        question, points = options["manual"], options.get("points")
        if cell.kind != "markdown":
            self.report(cell.line, f"a written answer in a {cell.kind} cell", "make it # %% [markdown]")
        if not isinstance(question, str) or not QUESTION_ID.fullmatch(question):
            self.report(cell.line, f"{question!r} is no question id", "use letters, digits, - and _")
            question = ""
        if points is None:
            self.report(cell.line, f"written question {question} has no points", "add points=4")
        elif isinstance(points, bool) or not isinstance(points, int | float) or not 0 < points < 1e6:
            self.report(cell.line, f"{points!r} are no points", "write a number above zero")
            points = None
        worth = None if points is None else float(points)
        return replace(cell, role="manual", id=question, points=worth)

    def _regions(self, cell: Cell) -> Cell:
        begun: int | None = None
        regions: list[tuple[int, int]] = []
        before = len(self.problems)
        for at, text in enumerate(cell.source.split("\n")):
            line = cell.first + at
            for mark, mend in _MISPLACED.items():
                if mark in text:
                    self.report(line, f"nbgrader's {mark} is not used here", mend)
            if (BEGIN in text or END in text) and cell.kind != "code":
                what = "a written answer" if cell.role == "manual" else f"a {cell.kind} cell"
                mend = "remove the mark" if cell.role == "manual" else 'make the cell a manual="…" one'
                self.report(line, f"a solution region in {what}", mend)
            elif BEGIN in text and begun is not None:
                self.report(
                    line, f"a solution region inside that of line {cell.first + begun}", "end it first"
                )
            elif BEGIN in text:
                begun = at
            elif END in text and begun is None:
                self.report(line, f"{END} where no region is open", f"add ### {BEGIN} above it")
            elif END in text and begun is not None:
                regions.append((begun, at))
                begun = None
        if begun is not None:
            self.report(cell.first + begun, "a solution region without end", f"add ### {END}")
        return replace(cell, regions=tuple(regions), broken=len(self.problems) > before)

    def roles(self, cells: list[Cell]) -> tuple[Cell, ...]:
        """The cells with role and id, solution cells named after the check that follows them."""
        named: list[Cell] = []
        seen: dict[str, int] = {}
        pending: list[int] = []  # solution cells that wait for their question
        repeats: dict[str, int] = {}
        for cell in cells:
            question = self._check(cell) if cell.kind == "code" else None
            if question:
                for count, index in enumerate(pending, start=1):
                    named[index] = replace(named[index], id=f"{question}-{count}")
                pending.clear()
                cell = replace(cell, role="check", id=question)
            elif cell.regions:
                pending.append(len(named))
                cell = replace(cell, role="solution")
            elif cell.role != "manual":
                digest = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:12]
                repeats[digest] = repeats.get(digest, 0) + 1
                again = f"-{repeats[digest]}" if repeats[digest] > 1 else ""
                role: Role = "code" if cell.kind == "code" else "prose"
                cell = replace(cell, role=role, id=f"{cell.kind}-{digest}{again}")
            if cell.role in ("check", "manual") and cell.id:
                if cell.id in seen:
                    message = f"a second question {cell.id} (first in line {seen[cell.id]})"
                    self.report(cell.line, message, "rename one")
                seen.setdefault(cell.id, cell.line)
            named.append(cell)
        for index in pending:
            cell = named[index]
            message = "a solution region after the last check cell belongs to no question"
            self.report(cell.first + cell.regions[0][0], message, 'add a cell grader.check("…") after it')
        return tuple(named)

    def _check(self, cell: Cell) -> str | None:
        try:
            tree = parse_cell(cell.source)
        except SyntaxError as error:
            self.report(cell.first + (error.lineno or 1) - 1, f"not valid Python: {error.msg}")
            return None
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_check(node)]
        question = checked_question(cell.source)
        if calls and (question is None or len(tree.body) > 1 or cell.regions):
            line = cell.first + calls[0].lineno - 1
            mend = 'write grader.check("q1"), alone in its cell'
            if question is None:
                self.report(line, "a check that is not of one question, by its id, at top level", mend)
            else:
                self.report(line, f"the check of {question} shares its cell", mend)
        return question

    def grader(self, cells: tuple[Cell, ...], notebook: str) -> None:
        """Reports when no cell before the first check makes the `grader` of this very notebook."""
        mend = f'write grader = otter.Notebook("{notebook}")'
        for cell in cells:
            if cell.role == "check":
                self.report(cell.line, "a check before there is a grader", mend + " in a cell above")
                return
            for node, named in _grader_made(cell):
                if named != notebook:
                    self.report(cell.first + node.lineno - 1, f"the grader is of {named!r}", mend)
                return
        self.report(1, "no cell makes the grader", mend + " in the first code cell")

    def ids(self, cells: tuple[Cell, ...]) -> None:
        """Reports cells that would share an id; two questions of one name are told already."""
        seen: dict[str, Cell] = {}
        for cell in cells:
            other = seen.setdefault(cell.id, cell)
            if cell.id and other is not cell and "solution" in (cell.role, other.role):
                message = f"this cell and that of line {other.line} would both have the id {cell.id}"
                self.report(cell.line, message, "rename the question")


def _is_check(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id="grader"), attr="check"):
            return True
    return False


def _grader_made(cell: Cell) -> Iterator[tuple[ast.stmt, Any]]:
    if cell.kind != "code" or "Notebook" not in cell.source:
        return
    try:
        body = parse_cell(cell.source).body
    except SyntaxError:
        return  # told already
    for node in body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id="grader")],
                value=ast.Call(func=ast.Attribute(value=ast.Name(id="otter"), attr="Notebook"), args=args),
            ):
                match args:
                    case [ast.Constant(value=named)]:
                        yield node, named
                    case _:
                        yield node, None
