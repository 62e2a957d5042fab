"""What of a quiz file a format cannot say, in words for a teacher."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from quizzes.formats.base import Loss
from quizzes.formats.ids import choice_ids
from quizzes.formats.media import images
from quizzes.schema import Matching, Multi, Numeric, Ordering, Question, QuizFile, Short, Single


def _of(kind: type, test: Callable[[Any], bool]) -> Callable[[Question], bool]:
    return lambda question: isinstance(question, kind) and test(question)


def _choice(test: Callable[[Any], bool]) -> Callable[[Question], bool]:
    return lambda question: isinstance(question, Single | Multi) and any(map(test, question.choices))


# What a format may declare to carry -> (whether a question has it, what is said where it is lost).
_PARTS: dict[str, tuple[Callable[[Question], bool], str]] = {
    "rev": (lambda q: q.rev != 1, "its revision number is not carried"),
    "tags": (lambda q: bool(q.tags), "its tags are not carried"),
    "difficulty": (lambda q: q.difficulty != 3, "its difficulty is not carried"),
    "points": (lambda q: q.points != 1, "its points are not carried"),
    "hint": (lambda q: bool(q.hint), "its hint is not carried"),
    "explain": (lambda q: bool(q.explain), "its explanation is not carried"),
    "source": (lambda q: bool(q.source), "its source is not carried"),
    "shuffle": (lambda q: q.shuffle is not None, "whether its choices are shuffled is not carried"),
    "choice feedback": (_choice(lambda c: bool(c.feedback)), "feedback of its choices is not carried"),
    "worth": (_choice(lambda c: c.worth is not None), "what single choices of it are worth is not carried"),
    "pin": (_choice(lambda c: c.pin is not None), "that a choice stays at an end is not carried"),
    "feedback": (
        lambda q: q.type == "true_false" and bool(q.feedback), "its feedback is not carried",
    ),
    "rule": (
        _of(Multi, lambda q: q.scoring is not None), "how its right choices count is not carried",
    ),
    "unit": (_of(Numeric, lambda q: bool(q.answer.unit)), "its unit is not carried"),
    "traps": (_of(Numeric, lambda q: bool(q.traps)), "feedback for wrong numbers is not carried"),
    "rel_tol": (
        _of(Numeric, lambda q: q.answer.rel_tol > 0), "its relative tolerance is written as an absolute one",
    ),
    "pattern": (
        _of(Short, lambda q: q.answer.pattern is not None), "its pattern is not carried",
    ),
    "exact": (_of(Short, lambda q: q.answer.exact), "that upper and lower case count is not carried"),
    "extra": (
        _of(Matching, lambda q: bool(q.extra)), "right sides that belong to nothing are not carried",
    ),
}  # fmt: skip
_SETTINGS = {
    "lang": "the language",
    "mode": "the mode",
    "time_limit": "the time limit",
    "attempts": "how many attempts there are",
    "shuffle": "whether questions and choices are shuffled",
    "scoring": "how several right choices count",
    "points": "the quiz's points",
}


def lost(file: QuizFile, carries: Collection[str]) -> Iterator[Loss]:
    """Losses of a file in a format that carries only these parts, beside texts and answers: those named
    above, `ids` (of choices), `media`, `sections`, and `title` and other fields of the
    quiz."""
    if "title" not in carries and file.quiz.title != file.quiz.id:
        yield Loss("", "the quiz's title is not carried")
    for name, said in _SETTINGS.items():
        field = type(file.quiz).model_fields[name]
        default = field.get_default(call_default_factory=True)
        if name not in carries and getattr(file.quiz, name) != default:
            yield Loss("", f"{said} is not carried")
    if file.sections and "sections" not in carries:
        yield Loss("", "sections are not carried")
    if "ids" not in carries and any(map(_named, file.questions)):
        yield Loss("", "ids of choices are not carried; they are a, b, c when read again")
    for question in file.questions:
        for part, (has, said) in _PARTS.items():
            if part not in carries and has(question):
                yield Loss(question.id, said)
        if "media" not in carries:
            for name in images(question):
                yield Loss(question.id, f"the image {name} is not carried")


def _named(question: Question) -> bool:
    match question:
        case Single() | Multi():
            parts = [choice.id for choice in question.choices]
        case Matching():
            parts = [pair.id for pair in question.pairs]
        case Ordering():
            parts = [item.id for item in question.items]
        case _:
            return False
    return parts != choice_ids(len(parts))


def told(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Each once; of a question that is left out, that alone."""
    found = tuple(dict.fromkeys(losses))
    out = {loss.question for loss in found if loss.question and loss.what.startswith("left out")}
    return tuple(loss for loss in found if loss.question not in out or loss.what.startswith("left out"))
