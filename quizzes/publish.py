"""Scores of graded quizzes into the course's gradebook, beside its assignments: the only module of
quizzes that knows the gradebook."""

from __future__ import annotations

from collections.abc import Sequence

from graders.course import Course
from graders.gradebook import Gradebook, Score
from quizzes.bank import Bank
from quizzes.marking import Mark


def entry(quiz: str) -> str:
    """What a quiz is called in the gradebook, where a topic may have its name."""
    return f"quiz-{quiz}"


def publish(course: Course, bank: Bank, marks: Sequence[Mark]) -> None:
    """Raises UsageError when the gradebook cannot be reached, InternalError when it does not take them."""
    scores = [Score(mark.student, mark.points, mark.possible, mark.ended) for mark in marks]
    with Gradebook(course) as book:
        book.record_scores(entry(bank.quiz.id), scores)
