"""What takers answered an item, and how those who answered so did on the rest.

    single, true_false, multi   its choices, also those nobody took
    matching                    pairs: this left side was given this right side
    ordering                    whole orders, as places in the right one: 1 2 3 is right
    numeric, short              what was typed, put into one form; the right ones together. Wrong numbers
                                that answer to drawn parameters are told apart by the traps only

Of pairs, orders and what is typed the right ones and the commonest wrong ones are listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from graders.untrusted import on_one_line
from quizzes.analysis.estimates import Estimate, correlations
from quizzes.analysis.matrix import Floats
from quizzes.expressions import ExpressionError
from quizzes.items import NumericKey, filled, instantiate
from quizzes.maths import readable
from quizzes.results import Response
from quizzes.schema import Kind, Matching, Multi, Numeric, Ordering, Question, Single, TrueFalse
from quizzes.score import normal, number

COMMONEST = 5  # wrong answers
NOTHING = ""  # the id of the row for no answer
# Ids of rows for what is typed; quizzes.score.normal takes brackets off, so that nobody can type them.
RIGHT = "(right)"
ANOTHER = "(another number)"
_CHOICES: tuple[Kind, ...] = ("single", "true_false", "multi")
_TO = " → "
_LONGEST = 200  # letters of what somebody typed


@dataclass(frozen=True, slots=True)
class Option:
    """One answer, or part of one. `key` says whether it is right, None where that is not known (the
    question has left the bank). `share` is of the takers who had the item, `r` the correlation of having
    chosen it with the rest score, `rest` the mean rest score of those who chose it."""

    id: str
    text: str
    key: bool | None
    count: int
    share: float
    r: Estimate
    rest: float | None


def options(
    kind: Kind, responses: Mapping[int, Response], rest: Floats, question: Question | None
) -> tuple[tuple[Option, ...], dict[str, Floats]]:
    """The table of an item, and for each row of it who chose it: 1 or 0, NaN for takers who did not have the
    item. `responses` by taker's row, `rest` as Matrix.rests has it; `question` as the bank has it at the
    same rev, None if it is there no more. The bank's order, else the commonest first; no answer last."""
    taken = {row: _chosen(response, question) for row, response in responses.items()}
    known = _known(question)
    counts = Counter(name for names in taken.values() for name in names)
    first = [*known, *([RIGHT] if RIGHT in counts else [])]
    last = [NOTHING] if NOTHING in counts else []
    others = sorted(counts.keys() - {*first, *last}, key=lambda name: (-counts[name], name))
    listed = [*first, *(others if kind in _CHOICES else others[:COMMONEST]), *last]
    chose = np.full((len(rest), len(listed)), np.nan)
    for row, names in taken.items():
        chose[row] = [name in names for name in listed]
    rs = correlations(chose, np.repeat(rest[:, None], len(listed), axis=1), None)
    rows = tuple(
        Option(
            id=name,
            text=_text(name, known, question),
            key=False if name == NOTHING else _key(name, kind, known, responses, taken),
            count=counts[name],
            share=counts[name] / len(responses),
            r=r,
            rest=_mean(rest[chose[:, at] == 1]),
        )
        for at, (name, r) in enumerate(zip(listed, rs, strict=True))
    )
    return rows, {name: chose[:, at] for at, name in enumerate(listed)}


def _mean(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _text(name: str, known: Mapping[str, tuple[str, bool]], question: Question | None) -> str:
    if name == NOTHING:
        return "no answer"
    if name in known:
        return known[name][0]
    if name in (RIGHT, ANOTHER):
        return name.strip("()")
    if isinstance(question, Matching):
        lefts = {pair.id: pair.left for pair in question.pairs}
        left, _, right = name.partition(_TO)
        name = readable(_pair(lefts.get(left, left), right))
    return on_one_line(name)


def _key(
    name: str,
    kind: Kind,
    known: Mapping[str, tuple[str, bool]],
    responses: Mapping[int, Response],
    taken: Mapping[int, frozenset[str]],
) -> bool | None:
    if name in known:
        return known[name][1]
    if kind in ("multi", "matching"):  # a part of an answer, of which the whole was judged
        return False if known else None
    judged = {response.right for row, response in responses.items() if name in taken[row]}
    return judged.pop() if len(judged) == 1 else None


def _known(question: Question | None) -> dict[str, tuple[str, bool]]:
    """The rows a question has whoever answers it: id -> (text, whether it is right)."""
    match question:
        case Single() | Multi():
            return {choice.id: (readable(choice.text), choice.correct) for choice in question.choices}
        case TrueFalse():
            return {"true": ("True", question.answer), "false": ("False", not question.answer)}
        case Matching():
            return {
                _pair(pair.id, pair.right): (readable(f"{pair.left} → {pair.right}"), True)
                for pair in question.pairs
            }
        case Ordering():
            right = " ".join(str(place) for place in range(1, len(question.items) + 1))
            return {right: (right, True)}
    return {}


def _chosen(response: Response, question: Question | None) -> frozenset[str]:
    """The rows that an answer belongs to."""
    match response.kind, response.answer:
        case _, None:
            return frozenset({NOTHING})
        case "single" | "true_false", str() as name:
            return frozenset({name})
        case "multi", list() as names:
            return frozenset(names or {NOTHING})
        case "matching", dict() as pairs:
            return frozenset(_pair(left, _side(right, response, question)) for left, right in pairs.items())
        case "ordering", list() as order:
            return frozenset({_places(order, question)})
        case "numeric" | "short", str() if response.right:
            return frozenset({RIGHT})
        case "numeric", str() as typed:
            return frozenset({_number(typed, response, question)})
        case "short", str() as typed:
            return frozenset({_word(typed)})
    return frozenset({NOTHING})  # an answer of another kind counts as none, as quizzes.score has it


def _word(typed: str) -> str:
    return on_one_line(normal(typed) or typed)[:_LONGEST]


def _places(order: list[str], question: Question | None) -> str:
    items = question.items if isinstance(question, Ordering) else ()
    places = {item.id: str(at) for at, item in enumerate(items, 1)}
    return " ".join(places.get(part, part) for part in order)


def _pair(left: str, right: str) -> str:
    return left + _TO + right


def _side(right: str, response: Response, question: Question | None) -> str:
    """A right side as the bank writes it, before its parameters were filled in."""
    if not isinstance(question, Matching) or not response.values:
        return right
    for raw in (*(pair.right for pair in question.pairs), *question.extra):
        try:
            if filled(raw, response.values) == right:
                return raw
        except ExpressionError:
            continue
    return right


def _number(typed: str, response: Response, question: Question | None) -> str:
    """A wrong number: the trap it fell into, or its value, where that was not to one draw of parameters."""
    value = number(typed)
    if value is None:
        return _word(typed)
    if isinstance(question, Numeric):
        try:
            judge = instantiate(question, response.values)[1].judge
        except ExpressionError:  # values drawn before a change that did not raise rev
            judge = None
        if isinstance(judge, NumericKey):
            slack = judge.tolerance + 1e-9 * abs(value)
            for (trap, _), written in zip(judge.traps, question.traps, strict=True):
                if abs(value - trap) <= slack:
                    return f"{written.expr} (a trap)" if question.params else f"{value:.6g} (a trap)"
    return ANOTHER if response.values else f"{value:.6g}"
