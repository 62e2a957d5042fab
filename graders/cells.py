"""The text of a code cell, as IPython would take it: which question it checks, its syntax tree.

Any text at all is taken: a student's is read in the student's own box (graders.intake).
"""

from __future__ import annotations

import ast
import re
import warnings

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


def checks_in(source: str) -> tuple[str, ...]:
    """Every name that a code cell checks at top level, whatever the grader is called: as `checked_question`
    without its rules of what may be an id, for notebooks made elsewhere. Same promises."""
    if ".check(" not in source or len(source) > _PARSED_CHARACTERS or _other_language(source):
        found = checked_question(source)
        return (found,) if found else ()
    try:
        body = parse_cell(source).body
    except SyntaxError:
        return ()
    names = []
    for node in body:
        match node:
            case ast.Expr(value=value) | ast.Assign(value=value):
                match value:
                    case ast.Call(
                        func=ast.Attribute(value=ast.Name(), attr="check"),
                        args=[ast.Constant(value=str(name))],
                    ) if len(name) <= 200:
                        names.append(name)
    return tuple(dict.fromkeys(names))


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
