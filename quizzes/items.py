"""A question with its parameters drawn: the item that is put to somebody, and the key that judges it.

An Item holds nothing of its answer: not which choices are right, nor how many, nor the order they
were written in (they come sorted by id, to be shuffled). All of that is in the Key.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from quizzes.expressions import ExpressionError, Number, evaluate
from quizzes.schema import (
    PLACEHOLDER,
    Drawn,
    Kind,
    Matching,
    Multi,
    MultiRule,
    Numeric,
    Ordering,
    Pin,
    Question,
    Short,
    Single,
    TrueFalse,
)

TRIES = 1000  # draws until `where` holds

# What somebody answers: a choice's id, ids of choices, what was typed, left -> right, ids in order.
Answer = str | list[str] | dict[str, str]


@dataclass(frozen=True, slots=True)
class Option:
    id: str
    text: str
    pin: Pin | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """`options` are choices, left sides or things to order; `targets` right sides."""

    id: str
    rev: int
    kind: Kind
    stem: str
    points: float
    options: tuple[Option, ...] = ()
    targets: tuple[Option, ...] = ()
    unit: str = ""
    hint: str = ""
    shuffle: bool | None = None


@dataclass(frozen=True, slots=True)
class ChoiceKey:
    """`rule` is None where one choice is asked for. `worth` are shares of the points, by choice."""

    right: frozenset[str]
    feedback: Mapping[str, str] = field(default_factory=dict)
    rule: MultiRule | None = None
    worth: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NumericKey:
    """`traps` are (value, feedback)."""

    value: float
    tolerance: float
    traps: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ShortKey:
    accept: tuple[str, ...]
    pattern: str | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class MatchingKey:
    pairs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OrderingKey:
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """What judges an item, and what is said of it afterwards."""

    judge: ChoiceKey | NumericKey | ShortKey | MatchingKey | OrderingKey
    explain: str = ""
    source: str = ""


def draw(question: Question, chance: random.Random) -> dict[str, Number]:
    """Values for the parameters, of which `where` holds. Raises ExpressionError when none are found."""
    if not question.params:
        return {}
    for _ in range(TRIES):
        values: dict[str, Number] = {}
        for name, source in question.params.items():
            values[name] = _drawn(source, values, chance)
        if question.where is None or evaluate(question.where, values):
            return values
    raise ExpressionError(f"of {TRIES} draws none fulfils {question.where!r}")


def _drawn(source: Drawn, values: Mapping[str, Number], chance: random.Random) -> Number:
    if source.int_ is not None:
        return chance.randint(*source.int_)
    if source.float_ is not None:
        low, high = source.float_
        if source.step is None:
            return chance.uniform(low, high)
        steps = int((high - low) / source.step + 1e-9)
        return round(low + source.step * chance.randint(0, steps), 12)
    if source.choice:
        return chance.choice(source.choice)
    if source.is_ is not None:
        return evaluate(source.is_, values)
    raise ExpressionError("a parameter without int, float, choice or is")


def filled(text: str, values: Mapping[str, Number]) -> str:
    """`text` with the values of its placeholders in place. Raises ExpressionError."""

    def value(found: re.Match[str]) -> str:
        number = evaluate(found[1], values)
        if found[2] is not None:
            try:
                return format(number, found[2])
            except (ValueError, OverflowError) as error:
                raise ExpressionError(f"{found[0]}: {error}") from None
        return f"{number:.10g}" if isinstance(number, float) else str(number)

    return PLACEHOLDER.sub(value, text)


def instantiate(question: Question, values: Mapping[str, Number]) -> tuple[Item, Key]:
    """The item and the key of a question for these values. Raises ExpressionError."""

    def text(raw: str) -> str:
        return filled(raw, values)

    options: tuple[Option, ...] = ()
    targets: tuple[Option, ...] = ()
    unit = ""
    judge: ChoiceKey | NumericKey | ShortKey | MatchingKey | OrderingKey
    match question:
        case Single() | Multi():
            options = tuple(Option(choice.id, text(choice.text), choice.pin) for choice in question.choices)
            judge = ChoiceKey(
                right=frozenset(choice.id for choice in question.choices if choice.correct),
                feedback={choice.id: text(choice.feedback) for choice in question.choices if choice.feedback},
                rule=(question.scoring or "net") if isinstance(question, Multi) else None,
                worth={choice.id: choice.worth for choice in question.choices if choice.worth is not None},
            )
        case TrueFalse():
            options = (Option("true", "True", "first"), Option("false", "False", "last"))
            right = "true" if question.answer else "false"
            wrong = "false" if question.answer else "true"
            judge = ChoiceKey(
                frozenset({right}), {wrong: text(question.feedback)} if question.feedback else {}
            )
        case Numeric():
            value = float(evaluate(question.answer.expr, values))
            tolerance = max(question.answer.abs_tol, question.answer.rel_tol * abs(value))
            traps = tuple(
                (float(evaluate(trap.expr, values)), text(trap.feedback)) for trap in question.traps
            )
            judge, unit = NumericKey(value, tolerance, traps), question.answer.unit
        case Short():
            judge = ShortKey(question.answer.accept, question.answer.pattern, question.answer.exact)
        case Matching():
            options = tuple(Option(pair.id, text(pair.left)) for pair in question.pairs)
            sides = [text(pair.right) for pair in question.pairs] + [text(extra) for extra in question.extra]
            distinct = list(dict.fromkeys(sides))
            targets = tuple(
                Option(f"t{number}", side) for number, side in enumerate(sorted(distinct), start=1)
            )
            by_text = {target.text: target.id for target in targets}
            judge = MatchingKey({pair.id: by_text[text(pair.right)] for pair in question.pairs})
        case Ordering():
            options = tuple(Option(item.id, text(item.text)) for item in question.items)
            judge = OrderingKey(tuple(item.id for item in question.items))
    item = Item(
        id=question.id,
        rev=question.rev,
        kind=question.type,
        stem=text(question.stem),
        points=question.points,
        options=tuple(sorted(options, key=lambda option: option.id)),
        targets=targets,
        unit=unit,
        hint=text(question.hint),
        shuffle=question.shuffle,
    )
    return item, Key(judge, text(question.explain), question.source)
