"""What responses to a graded quiz are worth.

A question counts by its bank as it is now, so that a mended key changes the scores when they are made
again; one that was changed in meaning since (`rev`), or is gone, by what was released.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from graders.errors import InternalError
from quizzes.bank import Bank
from quizzes.collect import Desk
from quizzes.expressions import ExpressionError, Number, evaluate
from quizzes.items import Answer, Item, Key, instantiate
from quizzes.paper import with_rule
from quizzes.release import Opaque, Release, questions_of
from quizzes.results import Response, Scored, read_scored, write_scored
from quizzes.schema import Question
from quizzes.score import score
from quizzes.sealed import Asked, Sheet
from quizzes.session import Total, kept


@dataclass(frozen=True, slots=True)
class Mark:
    """What counts of a student's attempts at a quiz, of `possible` points; `ended` is that of the latest,
    UTC, ISO 8601; `before` what counted until now, None for a new student."""

    student: str
    points: float
    possible: float
    attempts: int
    ended: str
    before: float | None


def mark_all(state: Path, bank: Bank) -> list[Mark]:
    """Scores all that was collected of a quiz, writes it down, and tells what counts, by student.

    Raises UsageError for a file that is damaged, InternalError for a response that fits no question.
    """
    desk, quiz = Desk(state), bank.quiz
    markers: dict[str, _Marker] = {}
    found: dict[str, list[Scored]] = defaultdict(list)
    for sheet in desk.kept(quiz.id):
        if sheet.release not in markers:
            made = desk.release(quiz.id, sheet.release)
            assert made is not None  # it was opened by it
            markers[sheet.release] = _Marker(made, bank)
        found[sheet.student].append(markers[sheet.release].scored(sheet))
    before = {mark.student: mark.points for mark in _counting(read_scored(state, quiz.id), bank, {})}
    marks = _counting((one for attempts in found.values() for one in attempts), bank, before)
    for student, attempts in found.items():
        ordered = sorted(attempts, key=lambda one: one.number)
        write_scored(state, quiz.id, student, tuple(ordered))
    return marks


def _counting(attempts: Iterable[Scored], bank: Bank, before: Mapping[str, float]) -> list[Mark]:
    of: dict[str, list[Scored]] = defaultdict(list)
    for one in attempts:
        of[one.student].append(one)
    marks = []
    for student, own in sorted(of.items()):
        own.sort(key=lambda one: one.number)
        # Attempts may have drawn questions of other points: what counts is a share of the quiz's worth.
        worth = bank.quiz.points or max(one.possible for one in own)
        totals = [Total(worth * one.points / one.possible, worth, 0, 0, len(one.responses)) for one in own]
        points = kept(totals, bank.quiz.attempts.keep)
        assert points is not None
        points = round(points, 6)
        ended = max(one.ended for one in own)
        marks.append(Mark(student, points, worth, len(own), ended, before.get(student)))
    return marks


class _Marker:
    """Scores responses to one release."""

    def __init__(self, made: Release, bank: Bank) -> None:
        self._made, self._floor = made, bank.quiz.scoring.floor
        released = questions_of(made)
        now = {name: with_rule(bank.quiz, question) for name, question in bank.questions.items()}
        self._questions = {
            name: now[name] if name in now and _means_the_same(now[name], question) else question
            for name, question in released.items()
        }
        self._released = released
        opaque = Opaque(made.secret)
        self._names = {opaque(name): name for name in released}
        self._opaque = opaque

    def scored(self, sheet: Sheet) -> Scored:
        responses = tuple(self._response(asked) for asked in sheet.asked)
        return Scored(
            student=sheet.student,
            quiz=sheet.quiz,
            number=sheet.number,
            started=sheet.started,
            ended=sheet.ended,
            responses=responses,
            points=max(0.0, sum(one.share * one.possible for one in responses)),
            possible=sum(one.possible for one in responses),
        )

    def _response(self, asked: Asked) -> Response:
        name = self._names[asked.question]
        values = self._made.values[name][asked.variant]
        question = self._questions[name]
        try:
            item, key = _instance(question, values)
        except ExpressionError:  # it needs what was not drawn then
            question = self._released[name]
            item, key = _instance(question, values)
        answer = None if asked.answer is None else self._named(item, asked.answer)
        found = score(key, answer, len(item.options), self._floor)
        shown = {target.id: target.text for target in item.targets}
        if isinstance(answer, dict):
            answer = {left: shown[right] for left, right in answer.items()}
        return Response(
            question=name,
            rev=question.rev,
            kind=item.kind,
            answer=answer,
            right=found.right,
            share=found.share,
            possible=item.points,
            values=values,
            seconds=asked.seconds,
        )

    def _named(self, item: Item, answer: Answer) -> Answer:
        """An answer in the bank's own ids."""
        if item.kind in ("numeric", "short", "true_false"):
            return answer
        options = {self._opaque(item.id, "option", one.id): one.id for one in item.options}
        targets = {self._opaque(item.id, "target", one.id): one.id for one in item.targets}
        try:
            if isinstance(answer, str):
                return options[answer]
            if isinstance(answer, dict):
                return {options[left]: targets[right] for left, right in answer.items()}
            return [options[one] for one in answer]
        except KeyError:
            raise InternalError(f"a response to {item.id} names what is not in it") from None


def _instance(question: Question, values: Mapping[str, Number]) -> tuple[Item, Key]:
    """The item for the values that were drawn; what is computed from them is computed anew."""
    known: dict[str, Number] = {}
    for name, drawn in question.params.items():
        if drawn.is_ is not None:
            known[name] = evaluate(drawn.is_, known)
        elif name in values:
            known[name] = values[name]
        else:
            raise ExpressionError(f"no value of {name!r} was drawn")
    return instantiate(question, known)


def _means_the_same(now: Question, then: Question) -> bool:
    """Whether answers to one are answers to the other: the same revision, and everything that answers
    name."""

    def names(question: Question) -> object:
        parts = [*getattr(question, "choices", ()), *getattr(question, "items", ())]
        pairs = getattr(question, "pairs", ())
        extra = getattr(question, "extra", ())
        rights = sorted({*(pair.right for pair in pairs), *extra})
        return {part.id for part in parts}, {pair.id for pair in pairs}, rights

    return (now.rev, now.type) == (then.rev, then.type) and names(now) == names(then)
