"""From files handed in to results, and from results to what people read: gradebook, feedback, report."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from graders.assignment import read_assignment
from graders.course import Course, Topic
from graders.digests import digests, result_key
from graders.errors import Rejected, UsageError
from graders.handed import Handed, read_file
from graders.overview import Overview, overview
from graders.published import GradebookSeen, Published, Together
from graders.records import Grade, Mark, Result, Tier, Verdict
from graders.roster import course_roster
from graders.store import Marks, ResultStore, sweep
from graders.untrusted import printable

if TYPE_CHECKING:
    from graders.autograde import MakePool, Watch
    from graders.gradebook import Gradebook


@dataclass(frozen=True, slots=True)
class Round:
    """What grading once gave: whose submissions are graded, by name, with what verdicts, whether Ctrl-C ended
    it early, and all that is now known of the topic."""

    students: tuple[str, ...]
    verdicts: Counter[Verdict]
    interrupted: bool
    view: Overview

    def results(self) -> Iterator[Result]:
        """Read one by one from the store."""
        return self.view.results.of(self.students)


# What was handed in of a topic.
Handful = tuple[Topic, Sequence[Handed]]


def grade_all(
    course: Course,
    handfuls: Sequence[Handful],
    tier: Tier,
    report: Callable[[Result], None],
    *,
    jobs: int = 0,
    force: bool = False,
    seed: int | None = None,
    pool: MakePool | None = None,
    watch: Watch | None = None,
) -> list[Round]:
    """Grades what was handed in of each topic, here or in a `pool`, and records it in the gradebook; `jobs` 0
    is one a core. One round a topic, in the order they are given.

    Raises AuthorError for faults of course material.
    """
    from graders.autograde import Batch, Interrupted, grade_together
    from graders.build import build_topic
    from graders.local import LocalPool

    sweep(course.state)

    def solution(topic: Topic) -> bytes:
        return build_topic(course, topic).solution

    parts = [
        (Batch(course, topic, tier, seed, solution=partial(solution, topic)), handed)
        for topic, handed in handfuls
    ]
    verdicts: dict[str, dict[str, Verdict]] = {topic.id: {} for topic, _ in handfuls}
    interrupted = False

    def done(result: Result) -> None:
        verdicts[result.topic][result.student] = result.verdict
        report(result)

    try:
        grade_together(parts, done, pool or LocalPool, jobs or cores(), force=force, watch=watch)
    except Interrupted:
        interrupted = True
    rounds = []
    for topic, _ in handfuls:
        found = verdicts[topic.id]
        students = tuple(sorted(found))
        view = record(course, topic, students, force=force)
        rounds.append(Round(students, Counter(found.values()), interrupted, view))
    return rounds


def all_known(course: Course, topic: Topic, handed: Sequence[Handed]) -> Round | None:
    """What grading would give when the store has the result of everything handed in, and it would say just
    the same; None when something has to be graded. Found without the grading engine.

    Raises AuthorError for faults of course material.
    """
    store, tests = ResultStore(course.state, topic.id), digests(topic, read_assignment(topic)).whole
    verdicts = {}
    for one in handed:
        found = store.find(one.student)
        if found is None or not _stands(one, found, store, tests, topic):
            return None
        verdicts[one.student] = found.verdict
    students = tuple(sorted(verdicts))
    return Round(students, Counter(verdicts.values()), False, record(course, topic, students))


def _stands(one: Handed, found: Result, store: ResultStore, tests: str, topic: Topic) -> bool:
    """Whether `found` is what comes of a file. Where it would come of an earlier version, grading says."""
    if found.verdict is Verdict.UNGRADED or found.file != (one.file or printable(one.path)):
        return False
    if one.submitted and one.submitted != found.submitted:
        return False
    if one.before is not None and found.verdict is Verdict.REJECTED:
        return False
    try:
        if one.problem:
            raise Rejected(one.problem)
        digest = sha256(read_file(one.path)).hexdigest()
    except Rejected as reason:
        return (found.verdict, found.reason, found.key) == (Verdict.REJECTED, str(reason), "")
    except OSError:
        return False
    return found.key == result_key(digest, tests, topic.limits) and store.submission(digest).exists()


def record(course: Course, topic: Topic, students: Iterable[str], *, force: bool = False) -> Overview:
    """Writes the results of these students into the gradebook, as far as it does not say so yet, and takes
    from it what people gave. With `force` all are written.

    Raises AuthorError for faults of course material.
    """
    published, seen = Published(course, topic, afresh=force), GradebookSeen(course)
    marks = Marks(course.state, topic.id).read()
    view = overview(course, topic, marks, expected=_expected(course))
    rows = {
        name: published.made_of(name, view.extensions.get((name, topic.id)), None)[0] for name in students
    }
    new = [name for name, row in rows.items() if not published.has_row(name, row)]
    if not new and seen.knows(topic.id, published.basis):
        return view
    from graders.gradebook import Gradebook

    with Gradebook(course) as book:
        before, writes = seen.now(), book.foreign_writes()
        another = not seen.knows(topic.id, published.basis)
        new = list(rows) if another else new
        marks = _merged(course, topic, book)
        book.record(topic, view.assignment, view.results.of(new), extensions=view.extensions, marks=marks)
        seen.leave(topic.id, published.basis, before, alone=book.foreign_writes() == writes)
    published.rows_written(rows, only=another)
    return overview(course, topic, marks, expected=_expected(course))


def look(course: Course, topic: Topic) -> Overview:
    """All that is known of a topic now. Raises AuthorError for faults of course material."""
    if GradebookSeen(course).knows(topic.id, Published(course, topic).basis):
        marks = Marks(course.state, topic.id).read()
    else:
        from graders.gradebook import Gradebook

        with Gradebook(course) as book:
            marks = _merged(course, topic, book)
    return overview(course, topic, marks, expected=_expected(course))


def _merged(course: Course, topic: Topic, book: Gradebook) -> dict[str, dict[str, Mark]]:
    return Marks(course.state, topic.id).merge(book.marks(topic.id), topic.drop)


def other_grades(course: Course, names: Collection[str] = ()) -> list[Grade]:
    """What the gradebook has of anything but topics, such as quizzes; with `names`, only of these.

    Raises UsageError for a name that is not there.
    """
    from graders.gradebook import Gradebook

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


def publish(view: Overview, students: Collection[str], *, force: bool = False) -> Path:
    """Feedback of these, in formgrader too, and the topic's report, whose page is returned: what of it is
    not made yet of what is known now, with `force` all."""
    published, wanted, together = Published(view.course, view.topic), frozenset(students), Together()
    pages = {}
    for student in view.grades:
        page = _page(view, published, student)
        together.add(page)
        if student in wanted and (force or not published.has_page(student, page)):
            pages[student] = page
    try:
        if pages:
            deque(_write_pages(view, published, pages), maxlen=0)
        if force or not published.has_report(together.digest):
            from graders.report import summarise, write_report

            write_report(view, summarise(view.topic, view.grades.values(), view.results))
            published.report_written(together.digest)
    finally:
        published.save()
    return published.report


def give_feedback(view: Overview, students: Iterable[str]) -> list[Path]:
    """The pages of these, written anew."""
    published = Published(view.course, view.topic)
    pages = {student: _page(view, published, student) for student in students}
    try:
        return list(_write_pages(view, published, pages))
    finally:
        published.save()


def _page(view: Overview, published: Published, student: str) -> str:
    extension = view.extensions.get((student, view.topic.id))
    return published.made_of(student, extension, view.marks.get(student))[1]


def _write_pages(view: Overview, published: Published, pages: Mapping[str, str]) -> Iterator[Path]:
    from graders.feedback import write_feedback
    from graders.formgrader import lay_out, lay_out_released

    lay_out_released(view)
    for student, page in pages.items():
        path = write_feedback(view, student)
        lay_out(view, student)
        published.page_written(student, page)
        yield path


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _expected(course: Course) -> tuple[str, ...]:
    return tuple(student.id for student in course_roster(course) or ())
