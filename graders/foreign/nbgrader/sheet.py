"""A notebook of an nbgrader assignment as its gradebook keeps it, and the tests in it, made ready to run."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from graders.assignment import imported_modules
from graders.engine.assertions import Assertions, bound_names, parse


@dataclass(frozen=True, slots=True)
class SourceCell:
    """One cell that nbgrader keeps: its text with hidden tests and without solutions. `checksum` is that of
    the cell as it was kept; `points` are 0 where none are given."""

    name: str
    kind: str
    source: str
    checksum: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float

    @property
    def tests(self) -> bool:
        return self.grade and not self.solution and self.kind == "code"

    @property
    def manual(self) -> bool:
        return (self.grade and not self.tests) or self.task

    def metadata(self) -> dict[str, Any]:
        """As nbgrader 0.9 writes it into a released notebook (schema 3)."""
        about: dict[str, Any] = {
            "schema_version": 3, "grade_id": self.name, "grade": self.grade, "solution": self.solution,
            "locked": self.locked, "task": self.task, "cell_type": self.kind,
        }  # fmt: skip
        if self.checksum:
            about["checksum"] = self.checksum
        if self.grade or self.task:
            about["points"] = self.points
        return about


@dataclass(frozen=True, slots=True)
class Written:
    """A code cell of the source as its author wrote it. `name` is empty where nbgrader keeps none."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Test:
    """`visible` is the part of the cell that students have; `run` the whole, ready to be run."""

    visible: str
    run: Assertions


@dataclass(frozen=True, slots=True)
class Sheet:
    """One notebook of the assignment. `kernelspec` is JSON, or empty."""

    name: str
    cells: dict[str, SourceCell]
    tests: dict[str, Test]
    kernelspec: str
    imports: tuple[str, ...]

    @property
    def possible(self) -> float:
        return sum(cell.points for cell in self.cells.values() if cell.tests)


@dataclass(frozen=True, slots=True)
class _Statement:
    """One of the author's statements that a later test may need: what it binds, and what it asks for."""

    text: str
    binds: frozenset[str]
    asks: frozenset[str]


def sheet(
    name: str,
    cells: Sequence[SourceCell],
    written: Sequence[Written],
    marks: tuple[str, str],
    kernelspec: str,
) -> Sheet:
    """`written` are the code cells of the source in order; `marks` begin and end hidden tests.

    Raises SyntaxError, with the name of the cell in its `filename`, for tests that are no Python.
    """
    kept = {cell.name: cell for cell in cells}
    # What nbgrader keeps of a cell is what counts: its autotests are instantiated, for one.
    current = [
        Written(one.name, kept[one.name].source) if one.name in kept and not kept[one.name].solution else one
        for one in written
    ]
    seen = {one.name for one in current}
    current += [Written(cell.name, cell.source) for cell in cells if cell.tests and cell.name not in seen]
    students = [
        one for one in current if not (one.name in kept and (kept[one.name].tests or kept[one.name].locked))
    ]
    theirs = frozenset(name for one in students for name in top_level_names(one.source))
    solved = frozenset(
        name
        for one in current
        if one.name in kept and kept[one.name].solution
        for name in top_level_names(one.source)
    )
    classes = frozenset(
        node.name for one in current for node in ast.walk(_tree(one.source)) if isinstance(node, ast.ClassDef)
    )
    opened = [one.source for one in students if one.name not in kept]
    modules = tuple(
        dict.fromkeys(pair for source in opened for pair in _modules(source) if pair[0] not in solved)
    )
    before: list[_Statement] = []
    tests: dict[str, Test] = {}
    for one in current:
        cell = kept.get(one.name)
        if cell is None or not (cell.tests or cell.locked):
            continue
        hidden = hidden_lines(one.source, marks)
        if cell.tests:
            try:
                tree = parse(one.source)
            except SyntaxError as error:
                error.filename = one.name
                raise
            helpers = tuple(_needed(tree, before, solved))
            run = Assertions(one.source, helpers, modules, theirs, classes)
            tests[one.name] = Test(visible(one.source, marks), run)
        before += _statements(one.source, hidden)
    imports = tuple(dict.fromkeys(module for one in current for module in imported_modules(one.source)))
    return Sheet(name, kept, tests, kernelspec, imports)


def digest(sheets: Sequence[Sheet], files: dict[str, bytes], more: object) -> str:
    """SHA-256, hexadecimal, of all that decides what a submission earns."""
    found = hashlib.sha256(msgspec.json.encode([list(sheets), more], order="deterministic"))
    for path, data in sorted(files.items()):
        found.update(f"{path} {len(data)}\n".encode() + data)
    return found.hexdigest()


def _tree(source: str) -> ast.Module:
    try:
        return parse(source)
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def top_level_names(source: str) -> Iterator[str]:
    """Names a cell binds outside functions and classes."""
    for node in _tree(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        else:
            yield from bound_names(node)


def _modules(source: str) -> Iterator[tuple[str, str]]:
    """(name, module) for what a cell imports as a whole at its top level."""
    for node in _tree(source).body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)


def hidden_lines(source: str, marks: tuple[str, str]) -> frozenset[int]:
    """Numbers of lines in hidden regions, as nbgrader's ClearHiddenTests takes them."""
    begin, end = marks
    inside, found = False, set()
    for number, line in enumerate(source.split("\n"), 1):
        if begin in line:
            inside = True
        elif end in line:
            inside = False
        elif inside:
            found.add(number)
    return frozenset(found)


def visible(source: str, marks: tuple[str, str]) -> str:
    """What students have of a test cell, as nbgrader's ClearHiddenTests makes it."""
    hidden = hidden_lines(source, marks)
    lines = source.split("\n")
    return "\n".join(
        line
        for number, line in enumerate(lines, 1)
        if number not in hidden and not any(mark in line for mark in marks)
    )


def _statements(source: str, hidden: frozenset[int]) -> Iterator[_Statement]:
    """What of a cell can be said once more before a later test: imports and plain functions, and of hidden
    regions, which the student's process never ran, whatever else binds a name."""
    for node in _tree(source).body:
        plain = isinstance(node, ast.FunctionDef) and not node.decorator_list
        binding = isinstance(node, ast.Assign | ast.AnnAssign | ast.ClassDef | ast.FunctionDef)
        if isinstance(node, ast.Import | ast.ImportFrom) or plain or (binding and node.lineno in hidden):
            binds = {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else bound_names(node)
            yield _Statement(ast.unparse(node), frozenset(binds), loaded_names(node))


def needed(
    sources: Sequence[str], cells: Sequence[str], marks: tuple[str, str], *, hidden: bool
) -> list[str]:
    """The imports and plain functions of `cells` that `sources` rest on, in their order; of hidden regions
    only with `hidden`."""
    kept = cells if hidden else [visible(source, marks) for source in cells]
    before = [one for source in kept for one in _statements(source, frozenset())]
    return _needed(ast.parse("\n".join(sources)), before, frozenset())


def _needed(tree: ast.Module, before: Sequence[_Statement], solved: frozenset[str]) -> list[str]:
    """The statements among `before` that a test rests on, in their order; none of what students define."""
    wanted = set(loaded_names(tree))
    found: list[str] = []
    for statement in reversed(before):
        if statement.binds & wanted and not statement.binds & solved:
            found.append(statement.text)
            wanted = (wanted - statement.binds) | statement.asks
    return found[::-1]


def loaded_names(node: ast.AST) -> frozenset[str]:
    """Every name that is read anywhere in `node`."""
    return frozenset(
        one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
    )
