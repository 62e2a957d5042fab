"""Pictures that HTML shows, under the names they have here and the addresses they have there."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import sha256
from html import escape, unescape
from posixpath import normpath
from urllib.parse import quote, unquote

from quizzes.formats.base import Loss, Source
from quizzes.formats.media import images
from quizzes.schema import Question

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


def plain(name: str) -> str:
    """The path that a name in a text stands for."""
    return normpath(unquote(name))


def by_path(source: Source) -> Source:
    """The same with its pictures by their paths."""
    return Source(source.file, {plain(name): data for name, data in source.media.items()})


def shown(questions: Iterable[Question], media: Collection[str]) -> list[str]:
    """Paths of those pictures that questions show, in order."""
    names = (plain(name) for question in questions for name in images(question))
    return [name for name in dict.fromkeys(names) if name in media]


def missing(question: Question, media: Collection[str]) -> Iterator[Loss]:
    for name in images(question):
        if plain(name) not in media:
            yield Loss(question.id, f"the image {name} is missing")


class Album:
    """Pictures found while a file is read, each under a name of its own."""

    def __init__(self) -> None:
        self.media: dict[str, bytes] = {}
        self._named: dict[str, dict[bytes, str]] = {}  # by the name it had, and what is in it

    def add(self, path: str, data: bytes | None) -> str | None:
        """The name under which the picture is kept, or would be if it were there; None when the path is no
        picture's."""
        name = safe(path)
        if name is None or data is None:
            return name
        alike = self._named.setdefault(name, {})
        digest = sha256(data).digest()
        if digest not in alike:
            stem, dot, suffix = name.rpartition(".")
            kept = name if not alike else f"{stem}-{len(alike) + 1}{dot}{suffix}"
            while kept in self.media:  # which is another's own name
                kept = f"_{kept}"
            self.media[kept] = data
            alike[digest] = kept
        return alike[digest]
