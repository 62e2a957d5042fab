r"""HTML that nobody vouches for to Markdown with $…$.

Nothing of it is run or fetched: what is not plain formatting is left out and its text kept; scripts,
styles and frames go with what is in them. \( … \), \[ … \], $$ … $$, MathML with its TeX and equations of
Canvas become mathematics; a $ that is none is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quizzes.formats.base import FormatError

MAX_DEPTH = 60
# Longer texts are escaped wherever they might need it, and not asked whether they do.
MAX_CHECKED = 20_000

_GONE = {"script", "style", "iframe", "object", "embed", "applet", "head", "title", "template", "noscript"}
_GONE |= {"svg", "form", "select", "option", "textarea", "audio", "video", "canvas"}
_BLOCKS = {"p", "div", "ul", "ol", "pre", "blockquote", "table", "hr", "section", "article", "dl", "figure"}
_BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "address", "header", "footer", "main", "center", "li"}
_BLOCKS |= {"dt", "dd", "figcaption", "fieldset", "details", "summary", "body", "html"}
_AROUND = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "strike": "~~"}
_CODE = {"code", "tt", "kbd", "samp"}
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_TEX = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]|\$\$(.+?)\$\$", re.DOTALL)
_HREF = re.compile(r"(?:https?:|mailto:|#|[\w./@%-]*(?:[?#/]|$))", re.IGNORECASE)
_SRC = re.compile(r"(?:https?:|data:image/|@@PLUGINFILE@@|[\w./@%-])", re.IGNORECASE)
_SCHEME = re.compile(r"^(?!https?:|data:image/)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# A character that Markdown may obey is marked so until it is known whether it would.
_MARK = "\ue000"
_BREAK = "\ue001"
_KEEP = "\ue002"  # a blank of code
_CLOSED = "\ue004"  # emphasis: between a full stop and a letter it would not close
_END = "\ue003"  # of mathematics: a digit after its dollar would undo it
_MARKED = re.compile(r"([\\`*_\[\]<>&#~|!])")
_AT_START = re.compile(r"^([ ]*)([-+=]|\d{1,9}(?=[.)](?:\s|$)))", re.MULTILINE)


def to_markdown(html: str) -> str:
    """The same HTML always gives the same Markdown, in which HTML means nothing. Raises FormatError
    for HTML nested so deep that it cannot be read whole."""
    clean = re.sub(f"[\0{_MARK}{_BREAK}{_KEEP}{_END}{_CLOSED}]", "\N{REPLACEMENT CHARACTER}", html)
    if "<" not in clean and "&" not in clean:
        return _unmarked("\n\n".join(_blocks_of_text(clean)))
    return _unmarked("\n\n".join(_blocks(_tree(clean), 0)))


def _tree(html: str) -> Any:
    from lxml import etree
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        found = lxml_html.document_fromstring(f"<body>{html}</body>".encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return lxml_html.fromstring("<body></body>")
    if any("depth" in error.message for error in parser.error_log):
        raise FormatError("HTML is nested too deep")  # what is below would be missing
    body = found.find("body")
    return found if body is None else body


def _blocks(node: Any, depth: int) -> list[str]:
    """The blocks of a node, without an end of line at either end."""
    if depth > MAX_DEPTH:
        return _blocks_of_text(_all_text(node))
    found: list[str] = []
    run: list[str] = [_text(node.text)]

    def close() -> None:
        inline = _tidy("".join(run))
        if inline:
            found.append(_at_start(inline))
        run.clear()

    for child in node:
        if isinstance(child.tag, str) and child.tag in _GONE:
            pass
        elif isinstance(child.tag, str) and (child.tag in _BLOCKS or _holds_blocks(child)):
            close()
            found += _block(child, depth + 1)
        else:
            run.append(_inline(child, depth + 1))
        run.append(_text(child.tail))
    close()
    return [block for block in found if block.strip()]


def _holds_blocks(node: Any) -> bool:
    return node.tag in ("span", "font", "a", "b", "i", "strong", "em", "u") and any(
        child.tag in _BLOCKS for child in node
    )


def _block(node: Any, depth: int) -> list[str]:
    match node.tag:
        case "pre":
            return [_fence(node)]
        case "hr":
            return ["---"]
        case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
            inline = " ".join(_tidy(_inside(node, depth)).replace(_BREAK, " ").split())
            return [f"{'#' * int(node.tag[1])} {inline}"] if inline else []
        case "blockquote":
            inner = "\n\n".join(_blocks(node, depth))
            return [re.sub(r"^", "> ", inner, flags=re.MULTILINE).replace("> \n", ">\n")] if inner else []
        case "ul" | "ol":
            return _list(node, depth)
        case "table":
            return _table(node, depth)
    return _blocks(node, depth)


def _list(node: Any, depth: int) -> list[str]:
    items: list[str] = []
    start = node.get("start", "1")
    number = int(start) if re.fullmatch(r"\d{1,9}", start) else 1
    loose = False
    for child in node:
        if not isinstance(child.tag, str) or child.tag in _GONE:
            continue
        blocks = _blocks(child, depth + 1) if child.tag == "li" else _block(child, depth + 1)
        loose = loose or any(below.tag == "p" for below in child)
        mark = "- " if node.tag == "ul" else f"{number}. "
        number += 1
        body = ("\n\n" if loose or not _tight(blocks) else "\n").join(blocks)
        items.append((mark + body.replace("\n", "\n" + " " * len(mark))).rstrip())
    text = ("\n\n" if loose else "\n").join(items)
    return [re.sub(r"^ +$", "", text, flags=re.MULTILINE)] if items else []


def _tight(blocks: list[str]) -> bool:
    """Whether the blocks can follow each other without an empty line: a text, then lists."""
    return all(re.match(r"(?:- |\d+\. )", block) for block in blocks[1:])


def _fence(node: Any) -> str:
    code = _all_text(node)
    code = code.removeprefix("\n").removesuffix("\n")
    inner = node.find("code")
    language = re.search(
        r"(?:^|\s)(?:language|lang)-([\w+#.-]+)", (inner if inner is not None else node).get("class", "")
    )
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
    return f"{ticks}{language[1] if language else ''}\n{code}\n{ticks}"


def _table(node: Any, depth: int) -> list[str]:
    parts = [child for child in node if isinstance(child.tag, str)]
    own = [row for part in parts for row in ([part] if part.tag == "tr" else part) if row.tag == "tr"]
    rows = [
        [
            _tidy(_inside(cell, depth + 1)).replace(_BREAK, " ").replace("\n", " ")
            for cell in row
            if cell.tag in ("td", "th")
        ]
        for row in own
    ]
    rows = [row for row in rows if row]
    if not rows:
        return _blocks_of_text(_all_text(node))
    width = max(map(len, rows))
    lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
    return ["\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])]


def _inside(node: Any, depth: int) -> str:
    if depth > MAX_DEPTH:
        return _text(_all_text(node))
    parts = [_text(node.text)]
    for child in node:
        parts += [_inline(child, depth + 1), _text(child.tail)]
    return "".join(parts)


def _inline(node: Any, depth: int) -> str:
    tag = node.tag
    if not isinstance(tag, str) or tag in _GONE:
        return ""
    match tag:
        case "br":
            return _BREAK
        case "img":
            return _image(node)
        case "math":
            return _mathml(node)
        case "sub" | "sup":
            return _script(node, depth)
        case "a":
            return _link(node, depth)
    if tag in _CODE:
        return _code(re.sub(r"[ \t\n\r\f]", _KEEP, _all_text(node)))
    inside = _inside(node, depth)
    mark = _AROUND.get(tag)
    bare = inside.strip(" \n")
    if mark is None or not bare:
        return f" {inside} " if tag in _BLOCKS else inside
    before, after = inside[: len(inside) - len(inside.lstrip(" \n"))], inside[len(inside.rstrip(" \n")) :]
    return f"{before}{mark}{bare}{mark}{_CLOSED}{after}"


def _code(code: str) -> str:
    if not code.strip(_KEEP):
        return " "
    ticks = "`" * next(n for n in range(1, len(code) + 2) if not re.search(rf"(?<!`)`{{{n}}}(?!`)", code))
    blank = " " if "`" in (code[0], code[-1]) or code[0] == code[-1] == _KEEP else ""
    return f"{ticks}{blank}{code}{blank}{ticks}"


def _image(node: Any) -> str:
    latex = node.get("data-equation-content")
    if latex:
        return _maths(latex, display=False)
    source = node.get("src", "").strip()
    alt = _text(node.get("alt", ""))
    if not source or _SCHEME.match(source) or not _SRC.match(source):
        return alt
    return f"![{alt}]({_target(source)}{_title(node)})"


def _link(node: Any, depth: int) -> str:
    inside = _inside(node, depth)
    target = node.get("href", "").strip()
    if not target or not _HREF.match(target) or not inside.strip():
        return inside
    return f"[{inside.strip()}]({_target(target)}{_title(node)})"


def _target(url: str) -> str:
    return re.sub(r"[\x00-\x20()<>\\]", lambda found: f"%{ord(found[0]):02X}", url)


def _title(node: Any) -> str:
    title = " ".join(node.get("title", "").split())
    return ' "' + title.replace("\\", "\\\\").replace('"', '\\"') + '"' if title else ""


def _mathml(node: Any) -> str:
    for note in node.iter("annotation"):
        if note.get("encoding", "").lower() in ("application/x-tex", "tex", "latex"):
            return _maths(_all_text(note), display=node.get("display") == "block")
    return _text(_all_text(node))


def _script(node: Any, depth: int) -> str:
    text = _all_text(node).strip()
    if re.fullmatch(r"[A-Za-z0-9+\-−]{1,20}", text):
        return f"${'_' if node.tag == 'sub' else '^'}{{{text}}}${_END}"
    inside = _inside(node, depth)
    return f"{'_' if node.tag == 'sub' else '^'}({inside})" if text else ""


def _maths(latex: str, *, display: bool) -> str:
    latex = latex.strip()
    if not latex:
        return ""
    if display:
        return f"$${latex.replace('$$', '$ $')}$$"
    latex = re.sub(r"(?<!\\)((?:\\\\)*)\$", r"\1\\$", latex)
    if re.search(r"(?<!\\)(?:\\\\)*\\$", latex):  # a blank that was escaped, and stripped
        latex += " {}"
    return f"${latex}${_END}"


def _text(text: str | None) -> str:
    """Running text: blanks joined, mathematics between dollars, and marks before what Markdown may obey."""
    if not text:
        return ""
    parts: list[str] = []
    at = 0
    for found in _TEX.finditer(text):
        parts.append(_plain(text[at : found.start()]))
        display = found[2] or found[3]
        parts.append(_maths(display or found[1], display=bool(display)) or _plain(found[0]))
        at = found.end()
    parts.append(_plain(text[at:]))
    return "".join(parts)


def _plain(text: str) -> str:
    joined = _BLANKS.sub(lambda run: "\n" if "\n" in run[0] else " ", text)
    return _MARKED.sub(rf"{_MARK}\1", joined).replace("$", r"\$")


def _blocks_of_text(text: str) -> list[str]:
    inline = _tidy(_text(text))
    return [_at_start(inline)] if inline else []


def _tidy(inline: str) -> str:
    """A paragraph without blanks where they mean nothing; <br> as a hard line break."""
    inline = re.sub(rf"[ \n]*{_BREAK}[ \n]*", _BREAK, inline).strip(f" \n{_BREAK}")
    inline = re.sub(r" *\n *", "\n", re.sub(" {2,}", " ", inline))
    return inline.replace(_BREAK, "\\\n")


def _at_start(inline: str) -> str:
    def marked(found: re.Match[str]) -> str:
        if found[2].isdigit():
            return f"{found[1]}{found[2]}{_MARK}"
        return f"{found[1]}{_MARK}{found[2]}"

    return _AT_START.sub(marked, inline)


def _all_text(node: Any) -> str:
    parts = []
    for kind, part in _pieces(node):
        parts.append("\n" if kind == "br" else part)
    return "".join(parts)


def _pieces(node: Any) -> Iterator[tuple[str, str]]:
    from lxml import etree

    for event, element in etree.iterwalk(node, events=("start", "end")):
        if event == "start":
            if element.tag == "br":
                yield "br", ""
            if isinstance(element.tag, str) and element.text:
                yield "text", element.text
        elif element is not node and element.tail:
            yield "text", element.tail


def _unmarked(marked: str) -> str:
    """Escapes, of the marked characters, those kinds without whose escapes the text would mean another."""
    marked = re.sub(rf"{_END}(\d)", lambda found: f"&#{ord(found[1])};", marked)
    marked = re.sub(rf"([:.,;?]+)(\*\*|\*|~~){_CLOSED}(?=\w)", r"\2\1", marked)
    marked = marked.replace(_END, "").replace(_CLOSED, "").replace(_KEEP, " ")
    # Whoever reads Markdown with HTML in it must not take a text for a tag.
    marked = re.sub(rf"(?<!<){_MARK}<(?=[A-Za-z/!?])", r"\\<", marked)
    kinds = sorted(set(re.findall(f"{_MARK}(.)", marked)))
    if not kinds:
        return marked
    if len(marked) > MAX_CHECKED:
        return _escaped(marked, set(kinds))
    from quizzes.formats.html import to_html

    wanted = to_html(_escaped(marked, set(kinds)))
    if to_html(bare := _escaped(marked, set())) == wanted:
        return bare
    needed = set(kinds)
    for kind in kinds:
        if to_html(_escaped(marked, needed - {kind})) == wanted:
            needed.remove(kind)
    return _escaped(marked, needed)


def _escaped(marked: str, kinds: set[str]) -> str:
    return re.sub(f"{_MARK}(.)", lambda found: f"\\{found[1]}" if found[1] in kinds else found[1], marked)
