"""Texts in items of QTI 2.1, which are XHTML of fewer elements and attributes; and names in them."""

from __future__ import annotations

import re

from quizzes.formats.foreign_xml import Element, inner, parse, replaced
from quizzes.formats.pictures import is_here, plain, readdressed

MEDIA = "media/"
# Ids of ours hold no dots, so these are none of them: names in one test or item must differ.
QUIZ = "quiz."
EXPLANATION = "item.explanation"
TRAP = "trap."
UNIT = "unit"
BLANK = "_____"
_STRUCK = "struck"
_BLOCKS = {
    "p",
    "ul",
    "ol",
    "pre",
    "blockquote",
    "table",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "div",
    "dl",
}
# Attributes that QTI does not know, and what is lost with each.
_UNKNOWN = {
    "start": "the number at which a list begins is not carried",
    "style": "the alignment of a table is not carried",
    "title": "the title of a link or an image is not carried",
}


def identifier(name: str) -> str:
    """An id of ours as XML has names, which do not begin with a digit."""
    return name if re.match(r"[A-Za-z]", name) else f"_{name}"


def named(identifier: str) -> str:
    """The id of which it is the identifier; any other as it is."""
    return identifier[1:] if re.match(r"_[0-9]", identifier) else identifier


class Flow:
    """Texts of one item on their way into XML."""

    def __init__(self) -> None:
        self.lost: list[str] = []

    def into(self, element: Element, html: str) -> None:
        """HTML as what is in an element."""
        found = self._parsed(html)
        element.text, element.children, element.close = found.text, found.children, True

    def blocks(self, html: str) -> list[Element]:
        """HTML as blocks: what stands bare is a paragraph."""
        found = self._parsed(html)
        if found.text.strip() or any(child.name not in _BLOCKS for child in found.children):
            return [Element("p", {}, found.text, found.children, close=True)]
        for child in found.children:
            child.tail, child.close = "", True
        return found.children

    def _parsed(self, html: str) -> Element:
        def address(written: str) -> str | None:
            return f"../{MEDIA}{plain(written)}" if is_here(written) else None

        # What to_html gives is well-formed.
        root = parse(f"<div>{replaced(readdressed(html, address))}</div>".encode())
        for element in root.every():
            if element.name == "s":
                element.name = "span"
                element.attributes["class"] = _STRUCK
            for attribute, what in _UNKNOWN.items():
                if element.attributes.pop(attribute, None) is not None:
                    self.lost.append(what)
        return root


def html(element: Element) -> str:
    """What is in an element of an item, as HTML with names of pictures as they stand there."""
    for one in element.every("span"):
        if one.get("class") == _STRUCK:
            one.name = "s"
            one.attributes = {}
    return inner(element).strip()
