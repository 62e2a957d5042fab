"""XML that nobody vouches for, as a tree of elements; and such a tree as XML.

A document type is refused before a word of it is obeyed, so there are no entities to blow up and no
files or addresses to fetch. Size, elements and depth are bounded. Names come without their namespace: of
the formats here none uses one name in two senses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from xml.etree.ElementTree import ParseError

from quizzes.formats.base import MAX_BYTES, FormatError
from quizzes.formats.text import fault

MAX_ELEMENTS = 1_000_000
MAX_DEPTH = 100
VOID = {"br", "hr", "img"}  # in HTML
# What XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True, eq=False)
class Element:
    """`text` stands before the first child, `tail` after the end. `close` is for elements that are written:
    without blanks of ours in it, as where text and elements are mixed."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Element] = field(default_factory=list)
    tail: str = ""
    line: int = 0
    close: bool = False

    def get(self, attribute: str, default: str = "") -> str:
        return self.attributes.get(attribute, default)

    def all(self, name: str) -> list[Element]:
        """Children of that name."""
        return [child for child in self.children if child.name == name]

    def first(self, *path: str) -> Element | None:
        """The first child of that name, of it the first of the next name, and so on."""
        found = self
        for name in path:
            below = next((child for child in found.children if child.name == name), None)
            if below is None:
                return None
            found = below
        return found

    def said(self, *path: str) -> str:
        """The text of an element below, with that of its descendants, without blanks at the ends; empty
        when there is none."""
        found = self.first(*path)
        return "" if found is None else "".join(found.pieces()).strip()

    def pieces(self) -> Iterator[str]:
        yield self.text
        for child in self.children:
            yield from child.pieces()
            yield child.tail

    def every(self, *names: str) -> Iterator[Element]:
        """Itself and all below, in order, that have one of these names; all without names."""
        if not names or self.name in names:
            yield self
        for child in self.children:
            yield from child.every(*names)

    def drop(self, child: Element) -> None:
        """Without a child, but with the text after it."""
        index = self.children.index(child)
        if index:
            self.children[index - 1].tail += child.tail
        else:
            self.text += child.tail
        del self.children[index]

    def add(self, name: str, text: str = "", /, **attributes: str) -> Element:
        child = Element(name, attributes, text)
        self.children.append(child)
        return child


class _Tree:
    """What the parser tells, built into elements."""

    def __init__(self) -> None:
        self.line: Callable[[], int] = lambda: 0  # set to the parser's
        self.root: Element | None = None
        self._open: list[Element] = []
        self._pieces: list[str] = []
        self._last: Element | None = None  # closed just now
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._flush()
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise fault(self.line(), f"more than {MAX_ELEMENTS} elements; split the file")
        if len(self._open) >= MAX_DEPTH:
            raise fault(self.line(), f"elements are nested more than {MAX_DEPTH} deep")
        named = {key.rpartition("}")[2]: value for key, value in attributes.items()}
        element = Element(name.rpartition("}")[2], named, line=self.line())
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._last = None

    def end(self, _name: str) -> None:
        self._flush()
        self._last = self._open.pop()

    def data(self, text: str) -> None:
        self._pieces.append(text)

    def close(self) -> None:
        pass

    def _flush(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        if self._last is not None:
            self._last.tail = text
        elif self._open:
            self._open[-1].text = text


def parse(data: bytes, what: str = "") -> Element:
    """The root. `what` names the file, where it is one of several. Raises FormatError with the line."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    before = f"{what}: " if what else ""
    if len(data) > MAX_BYTES:
        raise FormatError(f"{before}larger than {MAX_BYTES >> 20} MiB; split it")
    tree = _Tree()
    parser = DefusedXMLParser(target=tree, forbid_dtd=True)
    tree.line = lambda: int(parser.parser.CurrentLineNumber)
    try:
        parser.feed(data)
        parser.close()
    except FormatError as error:
        raise FormatError(f"{before}{error}") from None
    except DefusedXmlException:
        raise FormatError(f"{before}line {tree.line()}: a document type; remove <!DOCTYPE …>") from None
    except ParseError as error:
        line, column = error.position
        why = str(error).partition(":")[0]
        raise FormatError(f"{before}line {line}: no XML: {why} (column {column + 1})") from None
    except (ValueError, LookupError) as error:  # encodings
        raise FormatError(f"{before}no XML that can be read: {error}") from None
    if tree.root is None:
        raise FormatError(f"{before}no XML: nothing in it")
    return tree.root


def inner(element: Element) -> str:
    """What is in an element, as HTML."""
    return escape(element.text, quote=False) + "".join(
        _html(child) + escape(child.tail, quote=False) for child in element.children
    )


def _html(element: Element) -> str:
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in element.attributes.items())
    if element.name in VOID:
        return f"<{element.name}{attributes}/>"
    return f"<{element.name}{attributes}>{inner(element)}</{element.name}>"


def tostring(root: Element) -> bytes:
    """A whole document, indented where no text stands."""
    return "".join(['<?xml version="1.0" encoding="UTF-8"?>\n', *_written(root, 0), "\n"]).encode()


def _written(element: Element, depth: int) -> Iterator[str]:
    attributes = "".join(f' {key}="{_attribute(value)}"' for key, value in element.attributes.items())
    if not element.children and not element.text:
        yield f"<{element.name}{attributes}/>"
        return
    close = element.close or bool(element.text) or any(child.tail for child in element.children)
    yield f"<{element.name}{attributes}>{_content(element.text)}"
    for child in element.children:
        if not close:
            yield "\n" + "  " * (depth + 1)
        if close:
            child.close = True
        yield from _written(child, depth + 1)
        yield _content(child.tail)
    yield f"</{element.name}>" if close else "\n" + "  " * depth + f"</{element.name}>"


def _content(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return replaced(text)


def _attribute(text: str) -> str:
    return _content(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def replaced(text: str) -> str:
    """`text` with U+FFFD for what XML cannot hold."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def unwritable(text: str) -> bool:
    """Whether it has characters that XML cannot hold; they are written as U+FFFD."""
    return _UNWRITABLE.search(text) is not None
