"""From files handed in to results, and from results to what people read: gradebook, feedback, report."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.autograde import Batch, Handed, Interrupted
from graders.course import Course, Topic
from graders.extensions import read_extensions
from graders.feedback import write_feedback
from graders.formgrader import lay_out
from graders.gradebook import Gradebook
from graders.overview import Overview, overview
from graders.records import Result, Tier
from graders.report import summarise, write_report
from graders.roster import course_roster
from graders.store import Marks, sweep


@dataclass(frozen=True, slots=True)
class Round:
    """What grading once gave: the results, whether Ctrl-C ended it early, and all that is now known of
    the topic."""

    results: list[Result]
    interrupted: bool
    view: Overview


def grade_all(
    course: Course,
    topic: Topic,
    handed: Sequence[Handed],
    tier: Tier,
    report: Callable[[Result], None],
    *,
    jobs: int = 0,
    force: bool = False,
    seed: int | None = None,
) -> Round:
    """Grades what was handed in and records it in the gradebook; `jobs` 0 is one a core.

    Raises AuthorError for faults of course material.
    """
    sweep(course.state)
    batch = Batch(course, topic, tier, jobs or cores(), seed)
    interrupted = False
    try:
        results = batch.grade(handed, report, force=force)
    except Interrupted as stop:
        results, interrupted = stop.results, True
    with Gradebook(course) as book:
        marks = Marks(course.state, topic.id).merge(book.marks(topic.id), topic.drop)
        book.record(topic, batch.assignment, results, extensions=read_extensions(course), marks=marks)
        return Round(results, interrupted, overview(course, topic, book, expected=_expected(course)))


def look(course: Course, topic: Topic) -> Overview:
    """All that is known of a topic now. Raises AuthorError for faults of course material."""
    with Gradebook(course) as book:
        return overview(course, topic, book, expected=_expected(course))


def publish(view: Overview, results: Sequence[Result]) -> Path:
    """Feedback of these, in formgrader too, and the topic's report, whose page is returned."""
    students = [result.student for result in results]
    write_feedback(view, students)
    lay_out(view, students)
    return write_report(view, summarise(view.topic, list(view.grades.values()), view.results))


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _expected(course: Course) -> tuple[str, ...]:
    return tuple(student.id for student in course_roster(course) or ())
