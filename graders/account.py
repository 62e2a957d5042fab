"""A grade as other systems are told it: points exact enough to be added up again, and what they are made of.

People read graders.templates.number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from graders.errors import InternalError
from graders.records import Counting, Grade, QuestionGrade, Verdict

_DECIMALS = 4


def exact_points(value: float) -> float:
    """To four decimals. Raises InternalError for what is no number of points."""
    if not math.isfinite(value):
        raise InternalError(f"a grade is {value}, which is no number of points")
    return round(float(value), _DECIMALS) + 0.0  # no -0.0


def exact_number(value: float) -> str:
    """The same as text, without needless digits."""
    text = f"{exact_points(value):.{_DECIMALS}f}"
    return text.rstrip("0").rstrip(".")


def account(grade: Grade) -> Iterator[str]:
    """What a grade is made of, a line each, for its student. Not yet defused."""
    if grade.verdict is not Verdict.GRADED:
        yield state_of(grade.verdict, grade.reason)
    if grade.total is None:
        return
    yield from map(question_line, grade.questions)
    if grade.late.penalty:
        days = f"{grade.late.days} day{'' if grade.late.days == 1 else 's'}"
        yield f"late by {days}: {exact_number(grade.late.penalty)} points off"
    if not grade.needs_manual:
        yield f"total {exact_number(grade.total)}/{exact_number(grade.possible)}"


def state_of(verdict: Verdict | None, reason: str) -> str:
    """What became of a submission as its student may know it. Not yet defused."""
    if verdict is None:
        return "nothing was handed in"
    if verdict is Verdict.UNGRADED:  # its reason is for staff
        return "could not be graded yet"
    return f"{verdict}: {reason}" if reason else str(verdict)


def question_line(question: QuestionGrade) -> str:
    """`q1 2/3: the comment`. Not yet defused."""
    if question.counting is Counting.DROPPED:
        line = f"{question.id} dropped"
    elif question.points is None:
        line = f"{question.id} waits for a person to grade it"
    else:
        line = f"{question.id} {exact_number(question.points)}/{exact_number(question.possible)}"
        if question.counting is Counting.EXTRA_CREDIT:
            line += " extra credit"
    return f"{line}: {question.comment}" if question.comment else line
