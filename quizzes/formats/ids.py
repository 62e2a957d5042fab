"""Ids for what comes without: the same for the same file, whoever imports it and when."""

from __future__ import annotations

import re
import string
import unicodedata

LONGEST = 64
WORDS = 6  # of a stem that has no title


def unique_id(wanted: str, taken: set[str]) -> str:
    """An id in words of `wanted` (a title, or a question's text) that is not in `taken`, to which it is
    added: `Gradient descent, I` becomes gradient-descent-i, a second one gradient-descent-i-2."""
    base = _slug(wanted) or "question"
    found, number = base, 1
    while found in taken:
        number += 1
        ending = f"-{number}"
        found = base[: LONGEST - len(ending)].rstrip("-_") + ending
    taken.add(found)
    return found


def unique_title(title: str, text: str, taken: set[str]) -> str:
    """As `unique_id`, from the title, or else from the first words of the text."""
    return unique_id(title if _slug(title) else " ".join(text.split()[:WORDS]), taken)


def choice_ids(count: int) -> list[str]:
    """a to z, then c27 and on."""
    letters = string.ascii_lowercase
    return [letters[index] if index < len(letters) else f"c{index + 1}" for index in range(count)]


def _slug(text: str) -> str:
    """`text` as an id, as it is when it is one already; empty when no letter of it can be written so."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", text) and len(text) <= LONGEST:
        return text
    plain = unicodedata.normalize("NFKD", text[:1000].casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = re.findall(r"[a-z0-9]+", re.sub(r"['’]", "", plain))
    found = "-".join(words)
    if len(found) > LONGEST:
        found = found[: LONGEST + 1].rpartition("-")[0] or found[:LONGEST]
    return found[:LONGEST]
