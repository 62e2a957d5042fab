"""What an answer is worth, as a share of its question's points.

For several right choices: t right ones chosen of c, n chosen in all, f = n − t wrong ones of w.

    all           1 for exactly the right choices, else 0
    net           max(floor, (t − f) / c)
    coverage      (t / c)(t / n)
    each          the share of all choices decided rightly: (t + w − f) / (c + w)
    worth         the sum of what the chosen ones are worth, as their author says
    exams_*       t / c, less for each wrong choice 1/w (false), 1/max(w, 2) (false2), 1/c (true),
                  1 (all) or 0 (none); Zeileis, Umlauf and Leisch 2014, R package exams, exams_eval

Nothing chosen is 0 by every rule, and only the full answer is worth 1.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from quizzes.items import (
    Answer,
    ChoiceKey,
    Key,
    MatchingKey,
    NumericKey,
    OrderingKey,
    ShortKey,
)
from quizzes.schema import MultiRule


@dataclass(frozen=True, slots=True)
class Scored:
    """`share` of the question's points, from the floor to 1; `said` is feedback for what was answered:
    (what it belongs to, text)."""

    share: float
    right: bool
    said: tuple[tuple[str, str], ...] = ()


# Of (t, c, n, w).
RULES: dict[MultiRule, Callable[[int, int, int, int], float]] = {
    "all": lambda t, c, n, w: float(t == c == n),
    "net": lambda t, c, n, w: (t - (n - t)) / c,
    "coverage": lambda t, c, n, w: t / c * (t / n),
    "each": lambda t, c, n, w: (t + w - (n - t)) / (c + w),
    "exams_false": lambda t, c, n, w: t / c - (n - t) / max(w, 1),
    "exams_false2": lambda t, c, n, w: t / c - (n - t) / max(w, 2),
    "exams_true": lambda t, c, n, w: t / c - (n - t) / c,
    "exams_all": lambda t, c, n, w: t / c - (n - t),
    "exams_none": lambda t, c, n, w: t / c,
}


def score(key: Key, answer: Answer | None, options: int, floor: float = 0.0) -> Scored:
    """What `answer` is worth to an item with so many `options`; None, or an answer of another kind, is not
    answered."""
    judge = key.judge
    match judge, answer:
        case ChoiceKey(rule=None), str():
            right = answer in judge.right
            share = 1.0 if right else max(floor, judge.worth.get(answer, 0.0))
            return Scored(share, right, _feedback(judge, [answer]))
        case ChoiceKey(), list():
            chosen = set(answer)
            share = _several(judge, chosen, options, floor)
            return Scored(share, chosen == judge.right, _feedback(judge, sorted(chosen)))
        case NumericKey(), str():
            return _numeric(judge, answer)
        case ShortKey(), str():
            right = matches(judge, answer)
            return Scored(float(right), right)
        case MatchingKey(), dict():
            hits = sum(answer.get(left) == right for left, right in judge.pairs.items())
            return Scored(hits / len(judge.pairs), hits == len(judge.pairs))
        case OrderingKey(), list():
            return _ordered(judge, answer)
    return Scored(0.0, False)


def _several(key: ChoiceKey, chosen: set[str], options: int, floor: float) -> float:
    if not chosen:
        return 0.0
    if not key.right:  # "none of these" without a choice that says so
        return floor
    t, c, n = len(chosen & key.right), len(key.right), len(chosen)
    if key.rule == "worth":
        share = math.fsum(key.worth.get(choice, 0.0) for choice in chosen)
    else:
        share = RULES[key.rule or "all"](t, c, n, options - c)
    full = chosen == key.right
    # Partial credit never beats the full answer: "exams_none" would give it to whoever takes all.
    return 1.0 if full else max(floor, min(share, 1 - 1 / (2 * options)))


def _feedback(key: ChoiceKey, chosen: list[str]) -> tuple[tuple[str, str], ...]:
    return tuple((option, key.feedback[option]) for option in chosen if option in key.feedback)


def number(text: str) -> float | None:
    """A number as people type it: 0.5, .5, 0,5, 1e-3, 3/4, −2, 1 000, 50 %. None when it is none."""
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-").replace("–", "-")
    plain = re.sub(r"(?<=\d)[ _'](?=\d{3}\b)", "", plain)
    share = 1.0
    if plain.endswith("%"):
        plain, share = plain[:-1].strip(), 0.01
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        if "/" in plain:
            above, below = plain.split("/")
            found = float(above) / float(below)
        else:
            found = float(plain)
    except (ValueError, ZeroDivisionError):
        return None
    return found * share if math.isfinite(found) else None


def readings(text: str) -> tuple[float, ...]:
    """What a typed number may mean: 6,416 is six thousand to some and six and a bit to others. Empty when
    it is none."""
    grouped = re.fullmatch(r"\s*[-+−–]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\s*%?\s*", text)
    found = (number(text), number(text.replace(",", "")) if grouped else None)
    return tuple(dict.fromkeys(value for value in found if value is not None))


def _numeric(key: NumericKey, answer: str) -> Scored:
    read = readings(answer)

    def near(wanted: float) -> bool:
        # What is computed in decimals and typed in decimals may differ in the last bit.
        slack = 1e-12 * max(abs(wanted), *map(abs, read), 1e-300)
        return any(abs(value - wanted) <= key.tolerance + slack for value in read)

    if near(key.value):
        return Scored(1.0, True)
    said = [text for trap, text in key.traps if near(trap)]
    return Scored(0.0, False, tuple(("", text) for text in said[:1]))


def matches(key: ShortKey, answer: str) -> bool:
    """Whether a short answer is one of those accepted, or what the pattern matches whole."""
    if key.exact:
        said, accepted = answer.strip(), [text.strip() for text in key.accept]
    else:
        said, accepted = normal(answer), [normal(text) for text in key.accept]
    if not said:
        return False
    if said in accepted:
        return True
    flags = 0 if key.exact else re.IGNORECASE
    return key.pattern is not None and re.fullmatch(key.pattern, said, flags) is not None


def normal(text: str) -> str:
    """`text` without what short answers may differ in: case, accents, blanks, punctuation at the ends."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = " ".join(plain.casefold().replace("-", " ").split())
    return plain.strip(" .,;:!?\"'`()")


def _ordered(key: OrderingKey, answer: list[str]) -> Scored:
    """The share of neighbours kept: pairs of the right order that follow each other in the answer."""
    if sorted(answer) != sorted(key.order):
        return Scored(0.0, False)
    wanted = list(pairwise(key.order))
    given = set(pairwise(answer))
    hits = sum(pair in given for pair in wanted)
    return Scored(hits / len(wanted), hits == len(wanted))
