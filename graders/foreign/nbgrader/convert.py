"""Test cells of nbgrader as otter test files, whose cases run outside the student's process.

Each statement at the top level of a cell that can fail by itself, an `assert` above all, becomes a case:

    assert double(2) == 4, "twice"         def test_twice(double):
                                               assert double(2) == 4, "twice"

with whatever the cell did before it, as its own. What the statement asks of the student's notebook becomes a
parameter. Hidden statements go to hidden files. A cell that adds up points, `if ...: points += 1`, becomes
a case for each. What a statement says cannot tell whether it works from another process, so it is tried on
the solution (graders.foreign.nbgrader.topic); what does not is left out, and told with its line.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from graders.assignment import installed
from graders.engine.assertions import bound_names, parse
from graders.foreign.nbgrader.sheet import hidden_lines, loaded_names, needed

_BUILTINS = frozenset(vars(builtins))
_ASSERTING = re.compile(r"(?:assert\w*|(?:eq|ok|raises)_?)\Z", re.IGNORECASE)
_RESERVED = frozenset({"test_case", "OK_FORMAT", "name", "points", "env"})  # names of the file itself


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What could not be converted: a statement of a cell, its line there, and why."""

    cell: str
    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Converted:
    """One case to be. `alone` is its body with what sets the stage for it, `after` with all that comes before
    it in its cell, tests too; `worth` is None where it shares the points of its cell with the others."""

    cell: str
    line: int
    name: str
    hidden: bool
    alone: tuple[str, ...]
    after: tuple[str, ...]
    message: str = ""
    worth: float | None = None
    needs_all: bool = False

    @property
    def body(self) -> tuple[str, ...]:
        return self.after if self.needs_all else self.alone

    @property
    def text(self) -> str:
        return self.alone[-1].splitlines()[0]


@dataclass(slots=True)
class TestCell:
    """A test cell on its way. `above` are the author's cells before it, on which its cases may rest; `theirs`
    names that students are to define, builtins' names among them."""

    name: str
    points: float
    above: tuple[str, ...]
    marks: tuple[str, str]
    theirs: frozenset[str]
    cases: list[Converted]
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def question(self) -> str:
        return re.sub(r"[^A-Za-z0-9_]", "_", self.name)[:60]

    def shared(self) -> dict[str, float]:
        """Points by name of case; those of the cell, divided equally and to the hundredth, the last with the
        rest."""
        if not self.cases:
            return {}
        fixed = {case.name: case.worth for case in self.cases if case.worth is not None}
        if fixed:
            return fixed
        share = int(self.points / len(self.cases) * 100) / 100
        shares = {case.name: share for case in self.cases}
        shares[self.cases[-1].name] = round(self.points - share * (len(self.cases) - 1), 9)
        return shares


def convert_cell(
    name: str,
    points: float,
    source: str,
    before: Sequence[str],
    marks: tuple[str, str],
    theirs: frozenset[str] = frozenset(),
) -> TestCell:
    """`before` are the author's cells above it that students cannot change. Raises nothing for what it holds:
    what is no Python is left out."""
    try:
        tree = parse(source)
    except SyntaxError as error:
        fault = LeftOut(name, error.lineno or 0, "", f"not valid Python: {error.msg}")
        return TestCell(name, points, (), marks, theirs, [], [fault])
    hidden = hidden_lines(source, marks)
    found = TestCell(name, points, tuple(before), marks, theirs, [])
    counter = _counter(tree)
    taken: set[str] = set()
    stage: list[tuple[ast.stmt, bool]] = []
    so_far: list[tuple[ast.stmt, bool]] = []
    for node in tree.body:
        is_hidden = node.lineno in hidden
        if _magic(node):
            continue
        if counter is not None and counter in loaded_names(node) | bound_names(node):
            found.cases += _counted(name, node, counter, is_hidden, stage, taken, found.left_out)
            continue
        if not _tests(node):
            stage.append((node, is_hidden))
        else:
            title = _title(node, len(found.cases) + 1, taken)
            alone = _set_up(stage, is_hidden, node)
            after = [*_visible(so_far, is_hidden), node]
            found.cases.append(
                Converted(name, node.lineno, title, is_hidden, _texts(alone), _texts(after), _message(node))
            )
        so_far.append((node, is_hidden))
    if not found.cases and not found.left_out:
        found.left_out.append(LeftOut(name, 1, source.split("\n")[0][:80], "nothing in it asserts anything"))
    return found


def _offered_here(node: ast.stmt) -> bool:
    """Whether the trusted process can have it: a function, or an import of what is installed. Of a module
    that lies beside the notebook its names are asked of the notebook."""
    if isinstance(node, ast.Import):
        return all(installed(alias.name) for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.level == 0 and installed(node.module or "")
    return isinstance(node, ast.FunctionDef)


def _set_up(stage: Sequence[tuple[ast.stmt, bool]], hidden: bool, node: ast.stmt) -> list[ast.stmt]:
    """What comes before `node` and may matter to it: not what only binds names that nobody reads."""
    wanted = set(loaded_names(node))
    found: list[ast.stmt] = []
    for one in reversed(_visible(stage, hidden)):
        idle = isinstance(one, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef) or (
            isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant)
        )
        binds = {one.name} if isinstance(one, ast.FunctionDef | ast.ClassDef) else bound_names(one)
        if not idle or binds & wanted:
            found.append(one)
            wanted |= loaded_names(one)
    return [*found[::-1], node]


def _visible(nodes: Sequence[tuple[ast.stmt, bool]], hidden: bool) -> list[ast.stmt]:
    return [node for node, is_hidden in nodes if hidden or not is_hidden]


def _texts(nodes: Sequence[ast.stmt]) -> tuple[str, ...]:
    return tuple(ast.unparse(node) for node in nodes)


def _tests(node: ast.stmt) -> bool:
    """Whether a statement at the top level can fail by what it finds, and is there for that."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        return False
    for part in ast.walk(node):
        if isinstance(part, ast.Assert | ast.Raise):
            return True
        if isinstance(part, ast.Call):
            called = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
            if _ASSERTING.match(called):
                return True
    return False


def _magic(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython"))))):
            return True
    return False


def _counter(tree: ast.Module) -> str | None:
    """The variable that a cell adds its points up in, where its last line is that alone."""
    match tree.body:
        case [*_, ast.Expr(value=ast.Name(id=name))]:
            return name
    return None


def _counted(
    cell: str,
    node: ast.stmt,
    counter: str,
    hidden: bool,
    stage: Sequence[tuple[ast.stmt, bool]],
    taken: set[str],
    left_out: list[LeftOut],
) -> Iterator[Converted]:
    match node:
        case ast.Expr(value=ast.Name()) | ast.Assign(value=ast.Constant(value=0 | 0.0)):
            return
        case ast.If(
            test=test,
            body=[
                ast.AugAssign(
                    target=ast.Name(id=name), op=ast.Add(), value=ast.Constant(value=int() | float() as worth)
                )
            ],
            orelse=[],
        ) if name == counter and not isinstance(worth, bool) and worth > 0:
            asked = ast.Assert(test=test, msg=None)
            body = _texts(_set_up(stage, hidden, asked))
            title = _title(asked, len(taken) + 1, taken)
            yield Converted(cell, node.lineno, title, hidden, body, body, worth=float(worth))
        case _:
            text = ast.unparse(node).splitlines()[0][:80]
            left_out.append(LeftOut(cell, node.lineno, text, f"it counts {counter} in a way of its own"))


def _message(node: ast.stmt) -> str:
    match node:
        case ast.Assert(msg=ast.Constant(value=str(text))):
            return text
    return ""


def _title(node: ast.stmt, number: int, taken: set[str]) -> str:
    """A name for the case: its message, or else what it asserts."""
    text = _message(node) or ast.unparse(node.test if isinstance(node, ast.Assert) else node).splitlines()[0]
    slug = "_".join(re.findall(r"[A-Za-z0-9]+", text))[:48].strip("_").lower() or f"case_{number}"
    name = f"test_{slug}"
    if name in taken:
        name = f"{name}_{number}"
    taken.add(name)
    return name


def as_otter_file(cell: TestCell, *, hidden: bool) -> str:
    """The otter test file of a cell's public or hidden cases; empty where there are none."""
    cases = [case for case in cell.cases if case.hidden is hidden]
    if not cases:
        return ""
    shares = cell.shared()
    bodies = [text for case in cases for text in case.body]
    helpers = [
        text
        for text in needed(bodies, cell.above, cell.marks, hidden=hidden)
        if _offered_here(ast.parse(text).body[0])
    ]
    offered = {name for text in helpers for name in _binds(text)}
    imports = [text for text in helpers if not text.startswith("def ")]
    functions = [text for text in helpers if text.startswith("def ")]
    head = [
        f"# From the test cell {cell.name} of nbgrader.",
        *imports,
        "from otter.test_files import test_case",
        "",
    ]
    head += ["OK_FORMAT = False", f"name = {cell.question!r}", "points = None"]
    parts = [
        "\n".join(head),
        *functions,
        *(_case(case, shares[case.name], offered, cell.theirs) for case in cases),
    ]
    return "\n\n\n".join(parts) + "\n"


def _binds(text: str) -> frozenset[str]:
    node = ast.parse(text).body[0]
    return frozenset({node.name}) if isinstance(node, ast.FunctionDef) else bound_names(node)


def _case(case: Converted, points: float, offered: set[str], theirs: frozenset[str]) -> str:
    options = [
        f"name={case.name!r}",
        f"points={points:g}" if float(f"{points:g}") == points else f"points={points!r}",
    ]
    if case.hidden:
        options.append("hidden=True")
    if case.message:
        options.append(f"failure_message={case.message!r}")
    parameters = ", ".join(_parameters(case.body, offered | (_BUILTINS - theirs)))
    body = "\n".join(f"    {line}" if line else "" for text in case.body for line in text.split("\n"))
    return f"@test_case({', '.join(options)})\ndef {case.name}({parameters}):\n{body}"


def _parameters(body: Sequence[str], offered: set[str]) -> list[str]:
    """Names that a case takes from the notebook: read before the case binds them, and nobody else's."""
    bound: set[str] = set()
    found: dict[str, None] = {}
    for text in body:
        node = ast.parse(text).body[0]
        inner = (
            bound_names(node)
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For | ast.With)
            else set()
        )
        asked = loaded_names(node) | ({node.target.id} if _adds_to(node) else set())  # type: ignore[attr-defined]
        for name in sorted(asked - bound - inner - offered - _comprehended(node)):
            found[name] = None
        bound |= {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else bound_names(node)
    return list(found)


def _adds_to(node: ast.stmt) -> bool:
    return isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)


def _comprehended(node: ast.AST) -> frozenset[str]:
    """Names that only comprehensions and lambdas inside bind."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.comprehension):
            found |= bound_names(part.target)
        elif isinstance(part, ast.Lambda):
            found |= {arg.arg for arg in part.args.args}
    return frozenset(found)


def without(cell: TestCell, case: Converted, why: str) -> None:
    """Takes a case out of a cell, and notes why."""
    cell.cases.remove(case)
    cell.left_out.append(LeftOut(cell.name, case.line, case.text, why))


def with_all(cell: TestCell, case: Converted) -> None:
    """Has a case begin with everything that comes before it in its cell."""
    cell.cases[cell.cases.index(case)] = replace(case, needs_all=True)
