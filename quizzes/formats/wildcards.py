r"""Moodle's wildcards in short answers: `*` stands for anything, `\*` for itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_STAR = re.compile(r"(?<!\\)\*")


def is_wild(text: str) -> bool:
    return _STAR.search(text) is not None


def literal(text: str) -> str:
    return text.replace(r"\*", "*")


def pattern(texts: Sequence[str], exact: bool) -> str:
    """A regular expression for answers that match one of `texts` whole, as quizzes.score.matches takes it.
    It never tries a second place for a part that was found: else a few stars would take it forever."""
    return "|".join(_one([_written(part, exact) for part in _STAR.split(text)]) for text in texts)


def _one(parts: list[str]) -> str:
    first, *between, last = parts
    return first + "".join(f"(?>.*?{part})" for part in between if part) + ".*" + last


def _written(part: str, exact: bool) -> str:
    part = literal(part)
    return re.escape(part if exact else _folded(part)).replace(r"\ ", " ")


def _folded(text: str) -> str:
    """As quizzes.score.normal has it, but for blanks and punctuation at the ends."""
    plain = unicodedata.normalize("NFKD", text.replace("-", " "))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
