"""Mathematics in a terminal: `$\\sigma^2$` in a Markdown text as σ², and what is wrong with it where it is
broken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

_FENCE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,}).*?(?:^[ ]{0,3}\1[`~]*[ ]*$|\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
# A dollar that opens mathematics has no blank after it, one that closes it none before and no digit after:
# "$5 and $6" are prices.
MATHS = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$(?![\s$])((?:\\.|[^$\\])+?)(?<![\s\\])\$(?![\d$])", re.DOTALL)
_SUPERSCRIPT = str.maketrans(
    "0123456789+-=()nijkTtabcdefghlmoprsuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱʲᵏᵀᵗᵃᵇᶜᵈᵉᶠᵍʰˡᵐᵒᵖʳˢᵘᵛʷˣʸᶻ"
)
_SUBSCRIPT = str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
# What an author escapes so that it is no mathematics.
_ESCAPED_DOLLAR = "\\$"

# The blank after a command that takes no argument is lost before another command, where it is wanted.
_SPACED = re.compile(
    r"(\\(?:log|ln|exp|max|min|sin|cos|tanh|cdot|odot|times|in|le|ge|leq|geq|sim|approx|to|pm|neq|ll|gg))\s+(?=\\)"
)

Kind = Literal["text", "code", "maths"]


def segments(text: str) -> Iterator[tuple[Kind, str]]:
    """`text` in its parts: Markdown, code with its marks, and mathematics without its dollars."""
    at = 0
    while at < len(text):
        found = [
            (match.start(), order, kind, match)
            for order, (kind, pattern) in enumerate((("code", _FENCE), ("code", _CODE), ("maths", MATHS)))
            if (match := pattern.search(text, at))
        ]
        if not found:
            break
        start, _, kind, match = min(found, key=lambda one: one[:2])
        if start > at:
            yield "text", text[at:start]
        if kind == "maths":
            yield "maths", match[1] or match[2]
        else:
            yield "code", match[0]
        at = match.end()
    if at < len(text):
        yield "text", text[at:]


def broken(text: str) -> list[str]:
    """What is wrong with the mathematics in a text, each in a sentence; empty when nothing is."""
    found = []
    for kind, part in segments(text):
        if kind == "text":
            bare = part.replace(_ESCAPED_DOLLAR, "")
            if re.search(r"(?<!\d)\$(?!\d)", bare) or bare.count("$") % 2:
                found.append("a $ that opens or closes nothing; write \\$ for the sign itself")
            if command := re.search(
                r"\\(?:frac|sum|sigma|mu|alpha|beta|theta|mathbb|cdot|times|log|nabla)\b", bare
            ):
                found.append(f"{command[0]} outside of $…$")
        elif kind == "maths":
            found += _faults(part)
    return found


def _faults(latex: str) -> Iterator[str]:
    from pylatexenc.latexwalker import LatexWalkerParseError

    try:
        nodes = _nodes(latex)
    except LatexWalkerParseError as error:
        yield f"${latex}$ is broken: {str(error).splitlines()[0]}"
        return
    for name in dict.fromkeys(_macros(nodes)):
        if name not in _known():
            yield f"\\{name} in ${latex}$ is not known here; write it in another way"


def _nodes(latex: str) -> Any:
    from pylatexenc.latexwalker import LatexWalker

    walker = LatexWalker(latex, latex_context=_languages()[0], tolerant_parsing=False)
    return walker.get_latex_nodes()[0]


def _macros(nodes: Any) -> Iterator[str]:
    for node in nodes:
        if node is None:
            continue
        name = getattr(node, "macroname", None)
        if name is not None:
            yield name
        arguments = getattr(node, "nodeargd", None)
        yield from _macros(getattr(arguments, "argnlist", None) or ())
        yield from _macros(getattr(node, "nodelist", None) or ())


# Beyond what pylatexenc knows: name -> (its arguments, what it becomes).
_MORE: dict[str, tuple[str, Any]] = {
    "frac": ("{{", lambda above, below: f"{_grouped(above)}/{_grouped(below)}"),
    "binom": ("{{", lambda above, below: f"C({above}, {below})"),
    "operatorname": ("{", lambda name: name),
    "sqrt": ("[{", lambda root, inside: f"{'' if root is None else root}√{_grouped(inside)}"),
    "left": ("", ""),
    "right": ("", ""),
    "big": ("", ""),
    "Big": ("", ""),
    "|": ("", "‖"),
    "lVert": ("", "‖"),
    "rVert": ("", "‖"),
    "mid": ("", " | "),
    "textasciicircum": ("", "^"),
    "odot": ("", "⊙"),
    "colon": ("", ":"),
    "bigl": ("", ""),
    "bigr": ("", ""),
    **{name: ("", name) for name in ("max", "min", "argmax", "argmin", "log", "ln", "exp", "softmax", "det")},
    **{name: ("", name) for name in ("sin", "cos", "tanh", "sup", "inf", "lim", "Pr", "dim", "diag", "tr")},
}
_MORE |= {"dfrac": _MORE["frac"], "tfrac": _MORE["frac"]}


def _grouped(text: str) -> str:
    return text if len(text) == 1 or text.replace(".", "").isalnum() else f"({text})"


@cache
def _languages() -> tuple[Any, Any]:
    """How mathematics is read, and how it becomes text."""
    from pylatexenc import latex2text, latexwalker, macrospec

    reading = latexwalker.get_default_latex_context_db()
    reading.add_context_category(
        "more",
        macros=[macrospec.std_macro(name, arguments) for name, (arguments, _) in _MORE.items()],
        prepend=True,
    )
    telling = latex2text.get_default_latex_context_db()
    telling.add_context_category(
        "more",
        macros=[latex2text.MacroTextSpec(name, _teller(becomes)) for name, (_, becomes) in _MORE.items()],
        prepend=True,
    )
    return reading, telling


def _teller(becomes: Any) -> Any:
    if isinstance(becomes, str):
        return becomes

    def tell(node: Any, l2tobj: Any) -> str:
        given = (None if part is None else l2tobj.nodelist_to_text([part]) for part in node.nodeargd.argnlist)
        return str(becomes(*given))

    return tell


@cache
def _known() -> frozenset[str]:
    return frozenset(spec.macroname for spec in _languages()[1].iter_macro_specs())


@cache
def unicode(latex: str) -> str:
    """Mathematics as a line of Unicode: `\\frac{a}{b}` as a/b, `x_i^2` as xᵢ², `\\mu` as μ."""
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexwalker import LatexWalkerParseError

    try:
        nodes = _nodes(_scripts(_SPACED.sub(r"\1~", latex)))
    except LatexWalkerParseError:
        return latex
    shown = LatexNodes2Text(
        _languages()[1], math_mode="text", strict_latex_spaces="based-on-source"
    ).nodelist_to_text(nodes)
    return unicodedata.normalize("NFC", " ".join(shown.split()))


def _scripts(latex: str) -> str:
    """Superscripts and subscripts as letters of their own, where every one has such a letter."""

    def script(found: re.Match[str]) -> str:
        inner = found[2] if found[2] is not None else found[3]
        table = _SUPERSCRIPT if found[1] == "^" else _SUBSCRIPT
        if all(ord(letter) in table for letter in inner):
            return "{}" + inner.translate(table)  # the braces end the name of a command before it
        mark = "\\textasciicircum{}" if found[1] == "^" else "{}\\_"
        return f"{mark}{inner}" if len(inner) == 1 or found[3] else f"{mark}({inner})"

    return re.sub(r"([_^])(?:\{([^{}]*)\}|(\\[A-Za-z]+|[^\s{}\\]))", script, latex)


def readable(text: str) -> str:
    """A Markdown text with its mathematics in Unicode, made safe for Markdown."""
    return "".join(
        re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", unicode(part)) if kind == "maths" else part
        for kind, part in segments(text)
    ).replace(_ESCAPED_DOLLAR, "$")
