"""Points are added up in one place; every number here was worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graders.assignment import Assignment, Manual, Question
from graders.course import Topic
from graders.errors import AuthorError
from graders.grades import grade, possible_points
from graders.late import LatePolicy
from graders.records import (
    Counting,
    Limits,
    ManualResult,
    Mark,
    QuestionGrade,
    QuestionResult,
    Result,
    Tier,
    Verdict,
)

DUE = datetime(2026, 12, 18, 12, tzinfo=UTC)
ASSIGNMENT = Assignment(
    topic="toy",
    questions=(Question("q1", 4, "q1-1", "q1"), Question("q2", 3, "q2-1", "q2"), Question("q3", 2, "q3-1", "q3")),
    manual=(Manual("essay", 3, "essay", "Your answer."),),
    cell_ids=frozenset(),
    imports=(),
)  # fmt: skip
TOPIC = Topic(
    root=Path("course"),
    id="toy",
    title="Toy",
    auto_points=9,
    manual_points=3,
    limits=Limits(),
    due=DUE,
    late=LatePolicy(grace=600, per_day=0.1, cap=0.5),
)


def handed_in(*points: float, after: timedelta = timedelta(0), answered: bool = True) -> Result:
    return Result(
        topic="toy", student="ada", file="ada.ipynb", sha256="", key="", engine="0", tests_sha256="",
        isolation=Tier.NONE, limits=Limits(), seed=1, verdict=Verdict.GRADED,
        questions=tuple(
            QuestionResult(id=f"q{n}", points=p, possible=4, seed=1, cases=()) for n, p in enumerate(points, 1)
        ),
        manual=(ManualResult(id="essay", possible=3, answered=answered),),
        submitted=(DUE + after).isoformat(),
    )  # fmt: skip


def test_points_of_tests_and_of_a_person_are_added_up() -> None:
    found = grade(
        TOPIC, ASSIGNMENT, "ada", handed_in(4, 1.5, 0), {"essay": Mark(points=2.5, comment="Good.")}
    )
    assert (found.earned, found.possible, found.total, found.needs_manual) == (8, 12, 8, False)
    assert found.questions[-1] == QuestionGrade(
        id="essay", points=2.5, possible=3, written=True, comment="Good."
    )


def test_a_written_answer_waits_for_a_person_and_a_blank_one_does_not() -> None:
    waiting = grade(TOPIC, ASSIGNMENT, "ada", handed_in(4, 3, 2))
    assert (waiting.total, waiting.needs_manual, waiting.questions[-1].points) == (9, True, None)
    blank = grade(TOPIC, ASSIGNMENT, "ada", handed_in(4, 3, 2, answered=False))
    assert (blank.total, blank.needs_manual, blank.questions[-1].points) == (9, False, 0)


def test_a_persons_points_take_the_place_of_the_tests_and_extra_ones_are_added() -> None:
    marks = {"q2": Mark(points=3), "q1": Mark(extra=1), "essay": Mark(points=0)}
    assert grade(TOPIC, ASSIGNMENT, "ada", handed_in(2, 0, 0), marks).earned == 6


def test_extra_credit_counts_and_is_not_asked_for_and_what_is_dropped_does_neither() -> None:
    topic = replace(TOPIC, extra_credit=("q3",), drop=("q2",))
    found = grade(topic, ASSIGNMENT, "ada", handed_in(4, 3, 2), {"essay": Mark(points=3)})
    assert (found.earned, found.possible, found.total) == (9, 7, 9)
    assert [q.counting for q in found.questions] == [
        Counting.COUNTED, Counting.DROPPED, Counting.EXTRA_CREDIT, Counting.COUNTED,
    ]  # fmt: skip
    assert not grade(replace(TOPIC, drop=("essay",)), ASSIGNMENT, "ada", handed_in(4)).needs_manual


def test_lateness_costs_a_share_of_what_is_possible_and_no_grade_falls_below_zero() -> None:
    late = handed_in(4, 3, 2, after=timedelta(days=1, hours=1), answered=False)
    found = grade(TOPIC, ASSIGNMENT, "ada", late)
    assert (found.earned, found.late.days, found.late.penalty, found.total) == (9, 2, 2.4, 6.6)
    poor = grade(TOPIC, ASSIGNMENT, "ada", replace(late, questions=late.questions[2:]))
    assert (poor.earned, poor.total) == (2, 0)
    extended = grade(TOPIC, ASSIGNMENT, "ada", late, extension=DUE + timedelta(days=2))
    assert (extended.late.penalty, extended.total) == (0, 9)
    without = replace(TOPIC, drop=("q1",))
    assert grade(without, ASSIGNMENT, "ada", late).late.penalty == pytest.approx(1.6)


@pytest.mark.parametrize("verdict", [Verdict.REJECTED, Verdict.UNGRADED])
def test_what_could_not_be_graded_has_no_grade_and_not_a_grade_of_zero(verdict: Verdict) -> None:
    found = grade(TOPIC, ASSIGNMENT, "ada", replace(handed_in(), verdict=verdict, reason="why"))
    assert (found.verdict, found.total, found.reason, found.possible) == (verdict, None, "why", 12)


def test_who_handed_in_nothing_has_no_grade() -> None:
    found = grade(TOPIC, ASSIGNMENT, "ada", None)
    assert (found.verdict, found.total, found.questions) == (None, None, ())


def test_a_crashed_notebook_keeps_what_it_earned_before() -> None:
    found = grade(TOPIC, ASSIGNMENT, "ada", replace(handed_in(4), verdict=Verdict.CRASHED))
    assert [q.points for q in found.questions] == [4, 0, 0, None]
    assert found.total == 4


def test_a_question_that_course_yaml_names_and_no_notebook_has_is_its_authors_error() -> None:
    with pytest.raises(AuthorError, match="toy has no question 'q9'; its questions are q1, q2, q3, essay"):
        possible_points(replace(TOPIC, drop=("q9",)), ASSIGNMENT)
