"""Pictures that HTML shows, under the names they have here and the addresses they have there."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import quote, unquote

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".bmp")
LONGEST_PART = 100
_SOURCE = re.compile(r"""(<img\b[^<>]*?\bsrc\s*=\s*)("[^"]*"|'[^']*'|[^\s"'<>]+)""", re.IGNORECASE)
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//|#)", re.IGNORECASE)


def readdressed(html: str, address: Callable[[str], str | None]) -> str:
    """`html` with the address of every picture replaced, unless `address` of it is None. It is asked for
    what the address says, without escapes of HTML and of addresses, and gives the same."""

    def replaced(found: re.Match[str]) -> str:
        written = unescape(found[2].strip("\"'"))
        new = address(unquote(written))
        return found[0] if new is None else f'{found[1]}"{escape(quote(new, safe="/@$-_.~()+,:"))}"'

    return _SOURCE.sub(replaced, html)


def is_here(address: str) -> bool:
    """Whether an address is one of a file beside the quiz, and not on the web or in the text itself."""
    return bool(address) and not _ELSEWHERE.match(address)


def safe(path: str) -> str | None:
    """A name for a picture from another program, relative and of plain characters; None when it is no
    picture's."""
    parts = [re.sub(r"[^\w.+@-]+", "_", part)[-LONGEST_PART:].lstrip(".") for part in path.split("/")]
    parts = [part for part in parts if part]
    if not parts or not parts[-1].lower().endswith(SUFFIXES) or not parts[-1].rpartition(".")[0]:
        return None
    return "/".join(parts[-4:])


class Album:
    """Pictures found while a file is read, each under a name of its own."""

    def __init__(self) -> None:
        self.media: dict[str, bytes] = {}

    def add(self, path: str, data: bytes | None) -> str | None:
        """The name under which the picture is kept, or would be if it were there; None when the path is no
        picture's."""
        name = safe(path)
        if name is None or data is None:
            return name
        stem, dot, suffix = name.rpartition(".")
        number = 1
        while self.media.setdefault(name, data) != data:
            number += 1
            name = f"{stem}-{number}{dot}{suffix}"
        return name
