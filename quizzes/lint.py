"""What is wrong with a quiz that can be read: answers nobody can give, and signs that give answers away.

Faults that keep a quiz from being read at all are quizzes.bank's.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence

from graders.errors import Problem
from quizzes.bank import Bank
from quizzes.expressions import ExpressionError
from quizzes.items import ChoiceKey, Item, Key, MatchingKey, NumericKey, draw, instantiate
from quizzes.maths import broken
from quizzes.schema import Matching, Multi, Question, Short, Single, TrueFalse, texts
from quizzes.score import normal, score

DRAWS = 40  # of a question's parameters
TYPED_DIGITS = 6  # what somebody types of a number
# A sign is told of when chance gives it more rarely than this.
CHANCE = 0.01
LEAST = 8  # questions, before a sign is looked for

_ENDS = ("none of the above", "all of the above", "none of these", "all of these", "both of the above")


def lint(bank: Bank) -> list[Problem]:
    """Everything found in the questions that stand in the bank's own file, in the order of their lines."""
    found: list[Problem] = []
    for name in bank.own:
        question = bank.questions[name]
        found += [
            bank.document.problem(bank.place(name, *place), message, mend)
            for place, message, mend in [*_maths(question), *_answers(question), *_habits(question)]
        ]
    found += _tells(bank)
    return sorted(dict.fromkeys(found), key=lambda problem: (problem.line, problem.column))


Found = tuple[tuple[str | int, ...], str, str]


def _maths(question: Question) -> Iterator[Found]:
    for place, text in texts(question):
        for fault in broken(text):
            yield place, fault, "mend it"


def _answers(question: Question) -> Iterator[Found]:
    """What goes wrong for some values of the parameters."""
    chance = random.Random(question.id)
    seen: set[str] = set()
    for _ in range(DRAWS if question.params else 1):
        values: dict[str, int | float] = {}
        try:
            values = draw(question, chance)
            item, key = instantiate(question, values)
        except ExpressionError as error:
            found: list[Found] = [(("params",), _of(str(error), values), "mend it, or exclude it by `where`")]
        else:
            found = [
                (place, _of(message, values), mend) for place, message, mend in _of_item(question, item, key)
            ]
        for place, message, mend in found:
            kind = f"{place} {mend}"
            if kind not in seen:  # once, with the first values that show it
                seen.add(kind)
                yield place, message, mend


def _of(message: str, values: dict[str, int | float]) -> str:
    listed = ", ".join(f"{name}={value:g}" for name, value in values.items())
    return f"for {listed}: {message}" if listed else message


def _of_item(question: Question, item: Item, key: Key) -> Iterator[Found]:
    for options, what in ((item.options, "choices"), (item.targets, "right sides")):
        shown = Counter(_look(option.text) for option in options)
        for text, count in shown.items():
            if count > 1:
                place = (
                    "items" if item.kind == "ordering" else "pairs" if item.kind == "matching" else "choices"
                )
                yield (place,), f"{count} {what} are the same: {text!r}", "make them differ"
    match key.judge:
        case NumericKey(value=value, tolerance=tolerance) as judge:
            typed = f"{value:.{TYPED_DIGITS}g}"
            if not score(key, typed, 0).right:
                message = f"nobody who types {typed} hits {value!r} within {tolerance:g}"
                yield ("answer",), message, "widen abs_tol or rel_tol"
            for index, (trap, _) in enumerate(judge.traps):
                if abs(trap - value) <= tolerance:
                    yield (
                        ("traps", index),
                        f"the trap {trap:g} is a right answer",
                        "narrow the tolerance, or exclude it by `where`",
                    )
        case MatchingKey(pairs=pairs):
            if len(set(pairs.values())) == 1:
                yield ("pairs",), "all left sides belong to one right side", "make them differ"
        case ChoiceKey(right=right) if len(right) == len(item.options):
            yield ("choices",), "every choice is right", "add a wrong one"


def _look(text: str) -> str:
    return " ".join(text.split()).casefold()


def _habits(question: Question) -> Iterator[Found]:
    if not question.explain:
        yield (), f"{question.id} has no explanation", "add `explain`"
    match question:
        case Single() | Multi():
            for index, choice in enumerate(question.choices):
                if choice.text.strip().casefold().rstrip(".") in _ENDS and choice.pin is None:
                    message = f"{choice.text!r} may come in the middle when choices are shuffled"
                    yield ("choices", index, "text"), message, "add pin: last"
        case Short():
            plain = [normal(text) for text in question.answer.accept]
            for index, text in enumerate(plain):
                if not text and not question.answer.exact:
                    yield (
                        ("answer", "accept", index),
                        "nothing is left of this answer to compare",
                        "add exact: true",
                    )
                elif text in plain[:index] and not question.answer.exact:
                    yield ("answer", "accept", index), "this answer is accepted already", "remove it"
        case Matching() if not question.extra and len(question.pairs) > 2:
            rights = {pair.right for pair in question.pairs}
            if len(rights) == len(question.pairs):
                yield (
                    ("pairs",),
                    "the last pair is what is left over",
                    "add a right side that belongs to nothing: extra",
                )


def _tells(bank: Bank) -> Iterator[Problem]:
    """Signs by which somebody who knows nothing would do well."""
    singles = [q for name in bank.own if isinstance(q := bank.questions[name], Single)]
    yield from _longest(bank, singles)
    yield from _position(bank, singles)
    truths = [q for name in bank.own if isinstance(q := bank.questions[name], TrueFalse)]
    for answer in (True, False):
        count = sum(question.answer is answer for question in truths)
        if len(truths) >= LEAST and _tail(count, [0.5] * len(truths)) < CHANCE:
            message = f"{count} of {len(truths)} statements are {str(answer).lower()}"
            yield bank.document.problem(("questions",), message, "turn some around", key=True)


def _longest(bank: Bank, questions: Sequence[Single]) -> Iterator[Problem]:
    counted, hits = [], 0
    for question in questions:
        lengths = {choice.id: len(choice.text) for choice in question.choices}
        longest = max(lengths.values())
        if list(lengths.values()).count(longest) == 1:
            counted.append(1 / len(lengths))
            hits += next(choice for choice in question.choices if lengths[choice.id] == longest).correct
    if len(counted) >= LEAST and _tail(hits, counted) < CHANCE:
        message = f"in {hits} of {len(counted)} questions the longest choice is the right one"
        yield bank.document.problem(
            ("questions",), message, "shorten right ones, lengthen wrong ones", key=True
        )


def _position(bank: Bank, questions: Sequence[Single]) -> Iterator[Problem]:
    """Only where choices stay as they were written."""
    fixed = [q for q in questions if not (bank.quiz.shuffle.choices if q.shuffle is None else q.shuffle)]
    for place in range(max((len(question.choices) for question in fixed), default=0)):
        able = [question for question in fixed if len(question.choices) > place]
        hits = sum(question.choices[place].correct for question in able)
        if len(able) >= LEAST and _tail(hits, [1 / len(question.choices) for question in able]) < CHANCE:
            message = f"in {hits} of {len(able)} questions choice {chr(ord('A') + place)} is the right one"
            yield bank.document.problem(("questions",), message, "shuffle the choices", key=True)


def _tail(hits: int, chances: Sequence[float]) -> float:
    """The chance of `hits` or more among independent events of these chances."""
    distribution = [1.0]
    for chance in chances:
        after = [0.0] * (len(distribution) + 1)
        for count, weight in enumerate(distribution):
            after[count] += weight * (1 - chance)
            after[count + 1] += weight * chance
        distribution = after
    return math.fsum(distribution[hits:])
