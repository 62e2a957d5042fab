"""From what tests and people gave to a grade: the one place where points are added up.

earned   = Σ points of all questions that are not dropped
possible = Σ points of those that are neither dropped nor extra credit
total    = max(0, earned − penalty)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from graders.assignment import Assignment
from graders.course import Topic
from graders.errors import AuthorError, Problem
from graders.late import lateness
from graders.records import Counting, Grade, Mark, QuestionGrade, Result, Verdict

WITHOUT_A_GRADE = (Verdict.REJECTED, Verdict.UNGRADED)
_DIGITS = 6  # sums of floats show no more


def counting(topic: Topic, assignment: Assignment) -> dict[str, Counting]:
    """How each question enters a grade. Raises AuthorError when course.yaml names one that is not there."""
    ids = [question.id for question in assignment.questions] + [manual.id for manual in assignment.manual]
    course_file = topic.root / "assignments" / "course.yaml"
    mend = f"its questions are {', '.join(ids)}"
    problems = [
        Problem(course_file, topic.points_line, f"{topic.id} has no question {name!r}", mend)
        for name in (*topic.extra_credit, *topic.drop)
        if name not in ids
    ]
    if problems:
        raise AuthorError(problems)
    return {
        name: Counting.DROPPED
        if name in topic.drop
        else Counting.EXTRA_CREDIT
        if name in topic.extra_credit
        else Counting.COUNTED
        for name in ids
    }


def possible_points(topic: Topic, assignment: Assignment) -> float:
    """What can be earned, without what is dropped or extra. Raises AuthorError as `counting` does."""
    how = counting(topic, assignment)
    asked = [(q.id, q.points) for q in assignment.questions] + [(m.id, m.points) for m in assignment.manual]
    return _sum(points for name, points in asked if how[name] is Counting.COUNTED)


def grade(
    topic: Topic,
    assignment: Assignment,
    student: str,
    result: Result | None,
    marks: Mapping[str, Mark] | None = None,
    extension: datetime | None = None,
) -> Grade:
    """The grade of one student; `result` is None when nothing was handed in.

    Raises AuthorError as `counting` does.
    """
    possible = possible_points(topic, assignment)
    if result is None or result.verdict in WITHOUT_A_GRADE:
        return Grade(
            topic=topic.id,
            student=student,
            verdict=result.verdict if result else None,
            reason=result.reason if result else "",
            possible=possible,
            submitted=result.submitted if result else "",
            late=lateness(None, topic.due, topic.late, possible, extension),
        )
    questions = _questions(topic, assignment, result, marks or {})
    earned = _sum(q.points or 0.0 for q in questions if q.counting is not Counting.DROPPED)
    submitted = datetime.fromisoformat(result.submitted) if result.submitted else None
    late = lateness(submitted, topic.due, topic.late, possible, extension)
    return Grade(
        topic=topic.id,
        student=student,
        verdict=result.verdict,
        reason=result.reason,
        questions=questions,
        earned=earned,
        possible=possible,
        needs_manual=any(q.points is None and q.counting is not Counting.DROPPED for q in questions),
        submitted=submitted.astimezone(UTC).isoformat() if submitted else "",
        late=late,
        total=round(max(0.0, earned - late.penalty), _DIGITS),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one student's points became; `question` is empty for the total, points None for no grade."""

    student: str
    question: str
    before: float | None
    after: float | None


def changes(before: Mapping[str, Grade], after: Mapping[str, Grade]) -> list[Change]:
    """Every total and question whose points differ, by student; a total comes before its questions."""
    found = []
    for student in sorted({*before, *after}):
        old, new = _points_of(before.get(student)), _points_of(after.get(student))
        for name in dict.fromkeys([*old, *new]):
            if old.get(name) != new.get(name):
                found.append(
                    Change(student=student, question=name, before=old.get(name), after=new.get(name))
                )
    return found


def recorded_at(result: Result) -> datetime:
    """The time of a submission in the gradebook, UTC: when it was handed in, or else graded."""
    known = result.submitted or result.started
    moment = datetime.fromisoformat(known) if known else datetime.now(UTC)
    return moment.astimezone(UTC)


def _points_of(grade: Grade | None) -> dict[str, float | None]:
    if grade is None:
        return {}
    counted = (q for q in grade.questions if q.counting is not Counting.DROPPED)
    return {"": grade.total} | {question.id: question.points for question in counted}


def _questions(
    topic: Topic, assignment: Assignment, result: Result, marks: Mapping[str, Mark]
) -> tuple[QuestionGrade, ...]:
    how = counting(topic, assignment)
    tested = {question.id: question.points for question in result.questions}
    answered = {manual.id for manual in result.manual if manual.answered}
    found = []
    for question in assignment.questions:
        points = tested.get(question.id, 0.0)
        found.append(_marked(question.id, points, question.points, how[question.id], marks, written=False))
    for manual in assignment.manual:
        given = None if manual.id in answered else 0.0
        found.append(_marked(manual.id, given, manual.points, how[manual.id], marks, written=True))
    return tuple(found)


def _marked(
    name: str,
    points: float | None,
    possible: float,
    how: Counting,
    marks: Mapping[str, Mark],
    *,
    written: bool,
) -> QuestionGrade:
    mark = marks.get(name, Mark())
    given = points if mark.points is None else mark.points
    if given is not None:
        given = round(given + mark.extra, _DIGITS)
    return QuestionGrade(
        id=name, points=given, possible=possible, counting=how, written=written, comment=mark.comment
    )


def _sum(points: Iterable[float]) -> float:
    return round(math.fsum(points), _DIGITS)
