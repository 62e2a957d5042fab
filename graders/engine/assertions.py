"""A cell of assertions, made ready to be run beside the student's code, and what came of it.

The cell is parsed and compiled here, in the trusted process, so that nothing the student registers or
patches ever sees its text. On the way

- each assertion and each call at the top level becomes a step that must have been done at the end: skipping
  a line, or ending early, passes nothing;
- comparisons, arithmetic, and the arguments of functions that are called assert..., allclose and the like,
  go through graders.engine.sealed, which does not ask an object of the student's own making what it equals;
- builtins, and names that the author's own cells import or define, are the author's, even where the student
  has a variable of that name. What the assignment asks students to define stays theirs.
"""

from __future__ import annotations

import ast
import builtins
import marshal
import re
import secrets
import struct
import time
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from graders.channel import receive_frame
from graders.engine.worker import Snapshot
from graders.errors import ChannelError, PeerTimeout, Tampered

_PYTHON_MAGIC = re.compile(r"\A\s*%%(?:capture|prun|time|timeit)\b[^\n]*\n")
_ASSERTING = re.compile(r"(?:assert|all_?close|is_?close|array_equal|equals?\b|eq_|ok_)", re.IGNORECASE)
_NUMERIC = ("abs", "round", "float", "int", "sum")
# Names that mean something where they stand, or decide nothing.
_KEPT = frozenset(
    {"input", "print", "open", "super", "locals", "globals", "vars", "dir", "eval", "exec", "__import__"}
    | {"__build_class__", "__name__", "__doc__", "__debug__", "display", "get_ipython", "exit", "quit"}
)
_BUILTINS = frozenset(name for name, value in vars(builtins).items() if callable(value)) - _KEPT
_HELPERS = 1_000_000  # steps of helpers are counted from here, and none is required
_OPERATIONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
    ast.In: "in", ast.NotIn: "not_in", ast.Is: "is", ast.IsNot: "is_not",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assertions:
    """A test cell. `helpers` are the author's statements that it rests on; `modules` pairs of a name and the
    module that open cells import as that, in whose place students may put another module and nothing else;
    `bound` are names that are the students' to define; `classes` those they are asked for."""

    source: str
    helpers: tuple[str, ...]
    modules: tuple[tuple[str, str], ...]
    bound: frozenset[str]
    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Told:
    """What the student's process says of one test. `value` is the number its last expression came to, "odd"
    where that is an object of the student's making, None for anything else. `missed` steps were not done.
    `lost` says why there is no answer at all."""

    kind: str = ""
    text: str = ""
    trace: str = ""
    value: float | str | None = None
    printed: str = ""
    missed: int = 0
    lost: ChannelError | None = None

    @property
    def passed(self) -> bool:
        return self.lost is None and not self.kind and not self.missed


def run_assertions(snapshot: Snapshot, test: Assertions, seconds: float) -> Told:
    """Runs one test on a fresh copy of `snapshot`. Never raises for what the student's process does."""
    order, required, token = _order(test)
    with snapshot.asserting() as sock:
        if sock is None:
            return Told(lost=ChannelError("the process that kept this place is gone"))
        deadline = time.monotonic() + seconds
        try:
            sock.settimeout(seconds)
            sock.sendall(struct.pack("<I", len(order)) + order)
            header, _ = receive_frame(sock, deadline, max_body=0)
            said = msgspec.convert(header, _Said)
        except TimeoutError:
            return Told(lost=PeerTimeout("it did not take its test before the deadline"))
        except OSError as error:
            return Told(lost=ChannelError(str(error)))
        except msgspec.ValidationError as error:
            return Told(lost=Tampered(f"an answer of no known form: {error}"))
        except ChannelError as error:
            return Told(lost=error)
    if said.token != token:
        return Told(lost=Tampered("an answer to no question"))
    return Told(said.kind, said.text, said.trace, said.value, said.printed, len(required - {*said.done}))


class _Said(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    token: str
    kind: str
    text: str
    trace: str
    done: list[int]
    value: float | str | None
    printed: str


def parse(source: str) -> ast.Module:
    """The cell as IPython would run it. Raises SyntaxError."""
    from IPython.core import inputtransformer2

    manager: Any = inputtransformer2
    text: str = manager.TransformerManager().transform_cell(_PYTHON_MAGIC.sub("", source))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (RecursionError, MemoryError, ValueError) as error:
            raise SyntaxError(f"cannot be parsed: {type(error).__name__}") from None


def _order(test: Assertions) -> tuple[bytes, frozenset[int], str]:
    mark, token = f"_{secrets.token_hex(8)}_", secrets.token_hex(16)
    tree = parse(test.source)
    own = bound_names(tree)
    helpers, offered = _helpers(test.helpers, mark, own)
    for name, module in test.modules:
        if name not in own | offered:
            offered.add(name)
            text = f"{mark}{name} = {mark}imported({name!r}, {module!r})"
            helpers.body[:0] = ast.parse(text).body
    used = {node.id for part in (tree, helpers) for node in ast.walk(part) if isinstance(node, ast.Name)}
    names = sorted(used & (_BUILTINS - own - test.bound - offered))
    rename = {name: mark + name for name in [*names, *(offered - own)]}
    steps = _Steps(mark, rename)
    body = steps.module(tree, silent=_silent(test.source))
    inner = _Steps(mark, rename, first=_HELPERS)
    prepared = ast.fix_missing_locations(inner.plain(helpers))
    code = [_compiled(part, name) for part, name in ((prepared, "<helpers of the test>"), (body, "<test>"))]
    order = (*code, mark, token, tuple(names), tuple(test.classes))
    return marshal.dumps(order), frozenset(steps.required), token


def _compiled(tree: ast.Module, name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(tree, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


def _silent(source: str) -> bool:
    """Whether a semicolon at the end keeps IPython from showing the last value."""
    import io
    import tokenize

    ignored = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.DEDENT)
    try:
        kept = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in ignored]
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return False
    return bool(kept) and kept[-1].string == ";"


def bound_names(tree: ast.AST) -> frozenset[str]:
    """Every name that is bound anywhere in `tree`, in functions too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.arg(arg=name):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name.partition(".")[0])
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                found.add(name)
    return frozenset(found)


def _helpers(sources: Sequence[str], mark: str, own: Collection[str]) -> tuple[ast.Module, set[str]]:
    """The author's statements under names of their own, as far as they can be; which names those are."""
    body: list[ast.stmt] = []
    offered: set[str] = set()
    for source in sources:
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and _absolute(node)):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    if name not in own:
                        offered.add(name)
                        body.append(ast.parse(f"{mark}{name} = {_found(node, alias, mark)}").body[0])
            elif isinstance(node, ast.FunctionDef) and node.name not in own:
                offered.add(node.name)
                node.name = mark + node.name
                body.append(node)
            else:
                body.append(node)
    return ast.Module(body=body, type_ignores=[]), offered


def _absolute(node: ast.ImportFrom) -> bool:
    return not node.level and node.names[0].name != "*"


def _found(node: ast.Import | ast.ImportFrom, alias: ast.alias, mark: str) -> str:
    if isinstance(node, ast.ImportFrom):
        return f"{mark}module({node.module!r}, {alias.name!r})"
    name = alias.name if alias.asname else alias.name.partition(".")[0]
    return f"({mark}module({alias.name!r}), {mark}module({name!r}))[1]"


class _Steps(ast.NodeTransformer):
    """Rewrites a cell as the head of this module says. `required` are its steps that must be done."""

    def __init__(self, mark: str, rename: dict[str, str], first: int = 0) -> None:
        self._mark, self._rename = mark, rename
        self.required: set[int] = set()
        self._count = first

    def plain(self, tree: ast.Module) -> ast.Module:
        return ast.Module(body=[self.visit(node) for node in tree.body], type_ignores=[])

    def module(self, tree: ast.Module, *, silent: bool) -> ast.Module:
        body: list[ast.stmt] = []
        for index, node in enumerate(tree.body):
            final = index == len(tree.body) - 1
            if isinstance(node, ast.Expr):
                value: ast.expr = self.visit(node.value)
                if final and not silent:
                    value = self._tool("last", node, value)
                body.append(ast.copy_location(ast.Expr(self._done(node, value)), node))
            elif isinstance(node, ast.Assert):
                self.required.add(self._count)
                body.append(self.visit(node))
            else:
                body.append(self.visit(node))
        end = ast.Expr(self._done(tree.body[-1], ast.Constant(None))) if tree.body else None
        if end is not None:
            body.append(ast.copy_location(end, tree.body[-1]))
        return ast.fix_missing_locations(ast.Module(body=body, type_ignores=[]))

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        step = self._count
        self._count += 1
        held = self._tool("check", node, ast.Constant(step), self.visit(node.test))
        message = [self.visit(node.msg)] if node.msg is not None else []
        failure = ast.Call(ast.Name(f"{self._mark}failure", ast.Load()), message, [])
        return ast.copy_location(ast.If(ast.UnaryOp(ast.Not(), held), [ast.Raise(failure)], []), node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        node = ast.Compare(self.visit(node.left), node.ops, [self.visit(one) for one in node.comparators])
        operations = [_OPERATIONS[type(one)] for one in node.ops]
        if len(operations) == 1:
            return self._tool(operations[0], node, node.left, node.comparators[0])
        names = ast.Tuple([ast.Constant(name) for name in operations], ast.Load())
        return self._tool("chain", node, names, node.left, *node.comparators)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        node.left = self._tool("counted", node.left, node.left)
        node.right = self._tool("counted", node.right, node.right)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        self.generic_visit(node)
        tool = "seen" if _ASSERTING.match(name) else "counted" if name.endswith(_NUMERIC) else ""
        if tool and not any(isinstance(one, ast.Starred) for one in node.args):
            node.args = [self._tool(tool, one, one) for one in node.args]
            for keyword in node.keywords:
                keyword.value = self._tool(tool, keyword.value, keyword.value)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self._rename:
            return ast.copy_location(ast.Name(self._rename[node.id], ast.Load()), node)
        return node

    def _done(self, node: ast.AST, value: ast.expr) -> ast.expr:
        step = self._count
        self._count += 1
        self.required.add(step)
        return self._tool("passed", node, ast.Constant(step), value)

    def _tool(self, name: str, node: ast.AST, *arguments: ast.expr) -> ast.expr:
        call = ast.Call(ast.Name(self._mark + name, ast.Load()), list(arguments), [])
        return ast.copy_location(call, node) if hasattr(node, "lineno") else call
