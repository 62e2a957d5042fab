"""What a notebook's code says, without how it is written: tokens that survive renaming and reformatting.

Every code cell is parsed and its syntax tree written out from the outside in. Into a token goes
what a copier would have to understand to change:

    kept       operators, statements, calls, displays, comprehensions; names that come from elsewhere:
               builtins, imported names by their full name (`np.maximum` and `numpy.maximum` are one),
               attributes, and keywords of calls of such things
    a kind     names of the notebook's own variables, functions and arguments; attributes of `self`;
               numbers, strings, truth values
    nothing    comments, docstrings, formatting, parentheses, type annotations, imports, `pass`,
               parameter lists (the exercise gives them), the sign of a number; `x += 1` is `x = x + 1`

A cell that does not parse is taken word by word instead, as far as Python's tokenizer comes. Such
tokens compare with those of other cells that do not parse, hardly with those of a tree.

The text is a student's: nothing is run, nothing is raised, and what is read is bounded (CELL_CHARACTERS,
CHARACTERS, CELL_TOKENS, TOKENS). A hand-written notebook stays far below; where one does not,
`CodeTokens.cut` says so.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import keyword
import re
import token as lexical
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import NamedTuple

from graders.cells import parse_cell

CELL_CHARACTERS = 64 << 10  # of one cell, up to the last line end
CHARACTERS = 256 << 10  # of all cells of a notebook; the cells past it are not read
CELL_TOKENS = 4_000  # of one cell, so that one that is stuffed does not take the place of the others
TOKENS = 20_000  # of a notebook; the example assignment, solved, has about 850
KIND_CHARACTERS = 200  # of a name; an imported one is written out at each use, however long

_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_LINE_END = re.compile(r"\r\n?|\n")
# Longer chains of attributes than this hang on no imported name that anybody writes.
_CHAIN = 8
_END = "end of block"


class Token(NamedTuple):
    """`first` and `last` are lines of the cell `cell`, from 1."""

    kind: str
    cell: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class CodeTokens:
    """`units` are what is compared in one piece: a function or class at top level, or the statements
    between two of them, all of one cell. So neither the order of functions nor how they are spread over cells
    counts. `cut` says that the notebook went over a bound and has more code than this."""

    units: tuple[tuple[Token, ...], ...]
    cut: bool = False


def code_tokens(cells: Iterable[tuple[int, str]]) -> CodeTokens:
    """The tokens of code cells, given as pairs of index and source. Takes any text, never raises."""
    read, cut = _within_bounds(cells)
    trees = [(cell, text, _parsed(text)) for cell, text in read]
    names = _Names([tree for _, _, tree in trees if tree is not None])
    units: list[tuple[Token, ...]] = []
    left = TOKENS
    for cell, text, tree in trees:
        here = min(left, CELL_TOKENS)
        left -= here
        for stream in [_words(text, cell)] if tree is None else _written_out(tree, names, cell, text):
            unit = tuple(islice(stream, here + 1))
            cut = cut or len(unit) > here
            unit = unit[:here]
            here -= len(unit)
            if unit:
                units.append(unit)
        left += here
    return CodeTokens(tuple(units), cut)


def code_words(cells: Iterable[tuple[int, str]]) -> CodeTokens:
    """As `code_tokens`, every cell word by word: what cells that do not parse are to be compared with."""
    read, cut = _within_bounds(cells)
    units = [tuple(islice(_words(text, cell), CELL_TOKENS)) for cell, text in read]
    return CodeTokens(tuple(unit for unit in units if unit), cut)


def lines(source: str) -> list[str]:
    """The lines of a cell as Python counts them, those past CELL_CHARACTERS left out."""
    text = source[:CELL_CHARACTERS]
    if len(text) < len(source):
        end = max(text.rfind("\n"), text.rfind("\r"))
        text = text[: max(end, 0)]
    return _LINE_END.split(text)


def _within_bounds(cells: Iterable[tuple[int, str]]) -> tuple[list[tuple[int, str]], bool]:
    read: list[tuple[int, str]] = []
    left, cut = CHARACTERS, False
    for cell, source in cells:
        text = "\n".join(lines(source))
        cut = cut or len(source) > CELL_CHARACTERS or len(text) > left
        if len(text) > left:
            break
        left -= len(text)
        read.append((cell, text))
    return read, cut


def _parsed(text: str) -> ast.Module | None:
    try:
        return parse_cell(text)
    except (SyntaxError, SystemError):
        return None


class _Names:
    """Which names of a notebook mean something outside it."""

    def __init__(self, trees: Sequence[ast.Module]) -> None:
        self.imported: dict[str, str] = {}
        self.own: set[str] = set()
        self.selves = {"self"}
        for tree in trees:
            for node in ast.walk(tree):
                self._learn(node)
        self.builtin = _BUILTINS - self.own

    def _learn(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    name = alias.name if alias.asname else alias.name.partition(".")[0]
                    self.imported[alias.asname or name] = name
            case ast.ImportFrom(module=module, names=aliases, level=level):
                for alias in aliases:
                    self.imported[alias.asname or alias.name] = f"{'.' * level}{module or ''}.{alias.name}"
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                self.own.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self.own.add(name)
            case ast.ClassDef(name=name, body=body):
                self.own.add(name)
                self.selves |= {
                    part.args.args[0].arg
                    for part in body
                    if isinstance(part, ast.FunctionDef) and part.args.args and not part.decorator_list
                }

    def outside(self, node: ast.expr) -> str | None:
        """The full name of `node` when it is a name, or attributes of a name, that comes from elsewhere."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute) and len(attributes) < _CHAIN:
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        if node.id in self.imported:
            return ".".join([self.imported[node.id], *reversed(attributes)])
        return node.id if not attributes and node.id in self.builtin else None

    def is_self(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self.selves

    def calls_own(self, function: ast.expr) -> bool:
        """Whether a call is of something the notebook itself defines, whose keywords are then its own."""
        if isinstance(function, ast.Attribute):
            return self.is_self(function.value)
        return isinstance(function, ast.Name) and self.outside(function) is None


def _written_out(tree: ast.Module, names: _Names, cell: int, text: str) -> Iterator[Iterator[Token]]:
    last = text.count("\n") + 1
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    # A definition is a group of its own, the statements between two of them are one together.
    group = 0
    groups: list[int] = []
    for index, node in enumerate(tree.body):
        if index and (isinstance(node, definitions) or isinstance(tree.body[index - 1], definitions)):
            group += 1
        groups.append(group)
    for _, members in groupby(zip(groups, tree.body, strict=True), key=lambda pair: pair[0]):
        yield _pre_order([node for _, node in members], names, cell, last)


def _pre_order(nodes: Sequence[ast.AST], names: _Names, cell: int, bottom: int) -> Iterator[Token]:
    """With a stack of its own: a tree may be nested deeper than Python calls."""
    stack: list[tuple[ast.AST | str, int, int]] = [(node, 1, 1) for node in reversed(nodes)]
    while stack:
        part, first, last = stack.pop()
        if isinstance(part, str):
            first = max(1, min(first, bottom))  # Python 3.11 may miscount within f-strings
            yield Token(part[:KIND_CHARACTERS], cell, first, max(first, min(last, bottom)))
            continue
        first, end = getattr(part, "lineno", first), getattr(part, "end_lineno", last) or last
        if isinstance(part, ast.Attribute):
            first = end  # where the attribute's own name stands
        # A statement's own token stands on its first line, not on all lines of what it holds.
        last = end if isinstance(part, ast.Constant | ast.JoinedStr) else first
        for inner in reversed(_parts(part, names)):
            stack.append((inner, end, end) if inner == _END else (inner, first, last))


def _parts(node: ast.AST, names: _Names) -> Sequence[ast.AST | str]:
    """What is written for `node`, from left to right: its own token, and the nodes within it."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Global() | ast.Nonlocal():
            return ()
        case ast.Expr(value=ast.Constant()) | ast.AnnAssign(value=None):
            return ()
        case ast.Expr(value=value) | ast.FormattedValue(value=value):
            return (value,)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return (*node.decorator_list, "def", *node.body, _END)
        case ast.ClassDef():
            return (*node.decorator_list, "class", *node.bases, *_keywords(node.keywords), *node.body, _END)
        case ast.Lambda(body=body):
            return ("lambda", body)
        case ast.Assign():
            return ("=", *node.targets, node.value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return ("=", target, value)
        case ast.AugAssign():
            return ("=", node.target, node.op, node.target, node.value)
        case ast.BinOp():
            return (node.op, node.left, node.right)
        case ast.BoolOp():
            return (node.op, *node.values)
        case ast.Compare():
            return (*node.ops, node.left, *node.comparators)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant() as operand):
            return (operand,)
        case ast.UnaryOp():
            return (node.op, node.operand)
        case ast.Call():
            own = names.calls_own(node.func)
            return ("call", node.func, *node.args, *_keywords(node.keywords, own=own))
        case ast.Name() | ast.Attribute() if name := names.outside(node):
            return (name,)
        case ast.Name():
            return ("name",)
        case ast.Attribute(value=value, attr=attribute):
            return ("self.",) if names.is_self(value) else (f".{attribute}", value)
        case ast.Constant(value=value):
            return (_constant(value),)
        case ast.JoinedStr(values=values):
            return ("str", *(value for value in values if not isinstance(value, ast.Constant)))
        case _:
            inner = [
                child
                for child in ast.iter_child_nodes(node)
                if not isinstance(child, ast.expr_context | ast.arguments)
            ]
            end = (_END,) if isinstance(node, ast.stmt) and hasattr(node, "body") else ()
            return (type(node).__name__, *inner, *end)


def _keywords(keywords: Sequence[ast.keyword], *, own: bool = False) -> Iterator[ast.AST | str]:
    for one in keywords:
        yield "name=" if own else f"{one.arg}="
        yield one.value


def _constant(value: object) -> str:
    if isinstance(value, int | float | complex) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


_NOT_CODE = {lexical.COMMENT, lexical.NL, lexical.NEWLINE, lexical.INDENT, lexical.DEDENT, lexical.ENDMARKER}


def _words(text: str, cell: int) -> Iterator[Token]:
    """What Python's tokenizer finds up to the first place it cannot get past."""
    before = ""
    unread = (SyntaxError, tokenize.TokenError, ValueError, RecursionError, MemoryError, SystemError)
    with contextlib.suppress(*unread):
        for found in tokenize.generate_tokens(io.StringIO(text).readline):
            if found.type in _NOT_CODE:
                continue
            if kind := _word(found, before):
                yield Token(kind[:KIND_CHARACTERS], cell, found.start[0], found.end[0])
            before = found.string


def _word(found: tokenize.TokenInfo, before: str) -> str:
    match lexical.tok_name[found.type]:
        case "NAME" if not keyword.iskeyword(found.string):
            return f".{found.string}" if before == "." else "name"
        case "NUMBER":
            return "number"
        case "STRING" | "FSTRING_START" | "TSTRING_START":
            return "" if not found.line[: found.start[1]].strip() else "str"
        case "FSTRING_MIDDLE" | "FSTRING_END" | "TSTRING_MIDDLE" | "TSTRING_END":
            return ""
    return found.string.strip()
