r"""Markdown with $…$ to the HTML that other programs show, and back.

Mathematics becomes \( … \), or $$ … $$ where it stands alone, which MathJax renders as it comes; what is
mathematics is what `quizzes.maths` says. HTML in Markdown is text, not markup. A text of one
paragraph comes without <p>. `to_markdown` is in quizzes.formats.markdown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from quizzes.formats.markdown import to_markdown
from quizzes.maths import MATHS, unicode

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

__all__ = ["to_html", "to_markdown", "to_plain"]


def to_html(text: str) -> str:
    """The same text always gives the same HTML."""
    parser = _parser()
    tokens = parser.parse(text)
    if [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]:
        tokens = tokens[1:2]
    return str(parser.renderer.render(tokens, parser.options, {})).strip("\n")


def to_plain(text: str) -> str:
    """On one line, without marks; mathematics in Unicode, images as what is said of them."""
    return " ".join(" ".join(_plain(_parser().parse(text))).split())


def _plain(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        match token.type:
            case "inline":
                yield "".join(_plain(token.children or ()))
            case "maths":
                yield unicode(token.content)
            case "image":
                yield token.content
            case "softbreak" | "hardbreak":
                yield " "
            case _:
                yield token.content


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.inline.ruler.before("escape", "maths", _maths)
    parser.add_render_rule("maths", _shown)
    return parser


def _maths(state: StateInline, silent: bool) -> bool:
    found = MATHS.match(state.src, state.pos) if state.src[state.pos] == "$" else None
    if found is None or found.end() > state.posMax:
        return False
    if not silent:
        token = state.push("maths", "", 0)
        token.content, token.markup = (found[1], "$$") if found[1] else (found[2], "$")
    state.pos = found.end()
    return True


def _shown(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    latex = escape(token.content, quote=False)
    return f"$${latex}$$" if token.markup == "$$" else rf"\({latex}\)"
