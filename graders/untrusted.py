"""Text that a student chose, made harmless for the place where a person reads it.

Names, paths, error texts and outputs come from the students' side and may hold anything a terminal,
a browser or a spreadsheet would obey. Each place has one function here; nothing else may print them.
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

# Cc, Cf: terminal commands and changes of writing direction; Cs, Co, Cn: what no font shows;
# Zl, Zp: line ends beside \n.
_PLAIN = re.compile(r"[ -~\n\t]*")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# A cell that begins so is run by spreadsheets as a formula (OWASP, CSV Injection).
_FORMULA = re.compile(r"[=+\-@\t\r\n|%＝＋－＠]")
# Where the comma is the decimal sign, a spreadsheet opens a CSV file with a cell at every semicolon.
_LATER_FORMULA = re.compile(r';(?="*[=+\-@|%＝＋－＠])')
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_SCRIPT_LINK = re.compile(r"\b(javascript|vbscript)\s*(?::|&colon;|&#0*58;?|&#x0*3a;?)", re.IGNORECASE)
_TAGS = frozenset(
    {"a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "hr", "i", "img", "li"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "tt"}
    | {"table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"}
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align"},
}
# For a page that shows such HTML: no script, no form, nothing from another host.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


def for_terminal(text: str) -> str:
    """`text` without what a terminal would obey; line ends and tabs stay."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        char if char in "\n\t" or unicodedata.category(char) not in _UNSEEN else "\N{REPLACEMENT CHARACTER}"
        for char in _without_sequences(text)
    )


_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC, DCS, SOS, PM, APC: titles, links, clipboard
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"
)


def _without_sequences(text: str) -> str:
    return _SEQUENCE.sub("", text)


def on_one_line(text: str) -> str:
    """As `for_terminal`, its line ends and tabs as blanks."""
    return for_terminal(" ".join(_without_sequences(text).split()))


def printable(path: Path | str) -> str:
    """A path or name as text that can be encoded, on one line and without what a terminal would obey."""
    return on_one_line(os.fsencode(path).decode("utf-8", "replace"))


def for_markdown(text: str) -> str:
    """Markdown for a renderer that passes on whatever HTML is in it, as nbgrader's formgrader does: tags
    become text, and no link or formula runs a script."""
    return _SCRIPT_LINK.sub("\\1\N{FULLWIDTH COLON}", _TAG.sub("&lt;", for_terminal(text)))


def for_html(markup: str) -> str:
    """HTML from a notebook, of which only plain formatting and embedded images stay."""
    import nh3

    return nh3.clean(
        markup,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "data"},
        attribute_filter=_attribute,
        link_rel="noopener noreferrer nofollow",
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if re.match(r"data:image/(?:png|jpeg|gif);base64,", value) else None
    if name == "href":
        return None if value.lower().lstrip().startswith("data:") else value
    return value


def for_csv(text: str) -> str:
    """A CSV field that no spreadsheet runs as a formula; numbers stay numbers."""
    plain = _LATER_FORMULA.sub(";'", on_one_line(text))
    return f"'{plain}" if _FORMULA.match(plain) and not _NUMBER.fullmatch(plain) else plain
