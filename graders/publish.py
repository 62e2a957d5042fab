"""From files handed in to results, and from results to what people read: gradebook, feedback, report."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.autograde import Batch, Interrupted
from graders.build import build_topic
from graders.course import Course, Topic
from graders.errors import UsageError
from graders.extensions import read_extensions
from graders.feedback import write_feedback
from graders.formgrader import lay_out
from graders.gradebook import Gradebook
from graders.handed import Handed
from graders.overview import Overview, overview
from graders.records import Grade, Result, Tier, Verdict
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
    batch = Batch(course, topic, tier, seed, solution=lambda: build_topic(course, topic).solution)
    results: list[Result] = []
    interrupted = False

    def done(result: Result) -> None:
        results.append(result)
        report(result)

    try:
        batch.grade(handed, done, jobs=jobs or cores(), force=force)
    except Interrupted:
        interrupted = True
    results.sort(key=lambda result: result.student)
    with Gradebook(course) as book:
        marks = Marks(course.state, topic.id).merge(book.marks(topic.id), topic.drop)
        book.record(topic, batch.assignment, results, extensions=read_extensions(course), marks=marks)
        return Round(results, interrupted, overview(course, topic, book, expected=_expected(course)))


def look(course: Course, topic: Topic) -> Overview:
    """All that is known of a topic now. Raises AuthorError for faults of course material."""
    with Gradebook(course) as book:
        return overview(course, topic, book, expected=_expected(course))


def other_grades(course: Course, names: Collection[str] = ()) -> list[Grade]:
    """What the gradebook has of anything but topics, such as quizzes; with `names`, only of these.

    Raises UsageError for a name that is not there.
    """
    topics = [topic.id for topic in course.topics]
    with Gradebook(course) as book:
        scores = book.scored(topics)
    known = {name for name, _ in scores}
    for name in names:
        if name not in known:
            listed = ", ".join([*topics, *sorted(known)])
            raise UsageError(f"nothing is called {name!r} (there are {listed})")
    return [
        Grade(
            topic=name,
            student=score.student,
            verdict=Verdict.GRADED,
            earned=score.points,
            possible=score.possible,
            submitted=score.submitted,
            total=score.points,
        )
        for name, score in scores
        if not names or name in names
    ]


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
