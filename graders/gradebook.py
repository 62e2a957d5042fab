"""nbgrader's gradebook: the only module that knows its API.

One process writes at a time. A submission is one transaction: a batch that is killed leaves whole
submissions, and running it again completes the rest. What a person graded by hand stays as it is.

Rejected and ungraded submissions get no row: no grade is not a grade of zero. Result files and the
marks read from here (graders.store.Marks) are the record; a lost gradebook is made anew from them.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from graders.assignment import Assignment
from graders.course import Course, Topic
from graders.errors import InternalError, UsageError
from graders.grades import WITHOUT_A_GRADE, counting, grade
from graders.imports import submodule
from graders.records import Counting, Mark, Result

_PREFIX = "sqlite:///"
_LOCK_SECONDS = 60.0
_SCORE = "score"
_BUSY = "another sorcery has been writing to it for a minute"


@dataclass(frozen=True, slots=True)
class Row:
    """One student's grade for one topic, in points."""

    student: str
    auto: float
    manual: float
    possible: float
    needs_manual: bool

    @property
    def total(self) -> float:
        return self.auto + self.manual


@dataclass(frozen=True, slots=True)
class Score:
    """What a student has of something that is no topic of the course; `submitted` is UTC, ISO 8601."""

    student: str
    points: float
    possible: float
    submitted: str


class Gradebook:
    """The course's gradebook, open. Raises UsageError when it cannot be reached."""

    def __init__(self, course: Course) -> None:
        self._url = course.gradebook
        self._course = course.id
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> Gradebook:
        try:
            if self._url.startswith(_PREFIX):
                file = Path(self._url.removeprefix(_PREFIX).partition("?")[0])
                file.parent.mkdir(parents=True, exist_ok=True)
                self._closing.enter_context(only_writer(file))
            self._book = self._open()
        except OSError as error:
            self._closing.close()
            raise UsageError(f"the gradebook {self._url}: {error.strerror}") from None
        except BaseException:
            self._closing.close()
            raise
        return self

    def _open(self) -> Any:
        from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

        with alembic_on_path():
            Nbgrader = submodule("nbgrader.api").Gradebook  # noqa: N806
            try:
                if self._url.startswith("postgresql"):
                    self._only_writer_there()
                book = Nbgrader(self._url, course_id=self._course)
            except (DBAPIError, ArgumentError, NoSuchModuleError, ImportError, OSError) as error:
                why = str(error).strip().splitlines()[0]
                raise UsageError(f"the gradebook {without_secret(self._url)}: {why}") from None
        self._closing.callback(book.close)
        return book

    def _only_writer_there(self) -> None:
        """Held in a database server until the gradebook is closed: whoever else would write waits."""
        from sqlalchemy import create_engine, text
        from sqlalchemy.exc import OperationalError

        engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        self._closing.callback(engine.dispose)
        connection = self._closing.enter_context(engine.connect())
        connection.execute(text(f"SET lock_timeout = '{_LOCK_SECONDS:g}s'"))
        try:
            connection.execute(text("SELECT pg_advisory_lock(hashtext('sorcery'))"))
        except OperationalError:
            raise UsageError(f"{without_secret(self._url)}: {_BUSY}") from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def record(
        self,
        topic: Topic,
        assignment: Assignment,
        results: Iterable[Result],
        *,
        extensions: Mapping[tuple[str, str], datetime] | None = None,
        marks: Mapping[str, Mapping[str, Mark]] | None = None,
    ) -> int:
        """Writes the results of one topic; how many got a row.

        `marks` (student -> question -> what a person gave) fill rows that are new. Raises InternalError on
        a fault of the database, with everything before that submission written.
        """
        from sqlalchemy.exc import SQLAlchemyError

        written = 0
        try:
            self._describe(topic, assignment)
            for result in results:
                if result.verdict not in WITHOUT_A_GRADE:
                    extension = (extensions or {}).get((result.student, topic.id))
                    known = (marks or {}).get(result.student, {})
                    with one_transaction(self._book.db):
                        self._fill(topic, assignment, result, extension, known)
                    self._book.db.commit()
                    written += 1
        except SQLAlchemyError as error:
            self._book.db.rollback()
            why = str(error).strip().splitlines()[0]
            raise InternalError(f"the gradebook could not be written: {why}") from None
        return written

    def record_scores(self, name: str, scores: Iterable[Score]) -> None:
        """Writes scores that come from elsewhere as an assignment of one cell; all of them, or none.

        Raises InternalError on a fault of the database.
        """
        from sqlalchemy.exc import SQLAlchemyError

        book, scores = self._book, list(scores)
        try:
            with one_transaction(book.db):
                book.update_or_create_assignment(name)
                book.update_or_create_notebook(name, name)
                possible = max((score.possible for score in scores), default=0.0)
                book.update_or_create_grade_cell(_SCORE, name, name, max_score=possible, cell_type="code")
                for score in scores:
                    book.update_or_create_student(score.student)
                    moment = datetime.fromisoformat(score.submitted).astimezone(UTC)
                    submission = book.update_or_create_submission(
                        name, score.student, timestamp=moment.replace(tzinfo=None)
                    )
                    (notebook,) = submission.notebooks
                    (given,) = notebook.grades
                    given.auto_score, given.needs_manual_grade = score.points, False
            book.db.commit()
        except SQLAlchemyError as error:
            book.db.rollback()
            why = str(error).strip().splitlines()[0]
            raise InternalError(f"the gradebook could not be written: {why}") from None

    def scored(self, topics: Collection[str]) -> list[tuple[str, Score]]:
        """(assignment, score) of all assignments that are none of `topics`, by name and student."""
        found = []
        for assignment in self._book.assignments:
            if assignment.name in topics:
                continue
            for row in assignment.submissions:
                moment = row.timestamp.replace(tzinfo=UTC).isoformat() if row.timestamp else ""
                found.append(
                    (assignment.name, Score(row.student.id, row.score, assignment.max_score, moment))
                )
        return sorted(found, key=lambda one: (one[0], one[1].student))

    def rows(self, topic: str) -> list[Row]:
        """The grades of a topic, by student. Empty for a topic that is not in the gradebook."""
        from nbgrader.api import MissingEntry

        try:
            submissions = self._book.find_assignment(topic).submissions
        except MissingEntry:
            return []
        rows = []
        for submission in submissions:
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            rows.append(
                Row(
                    student=submission.student.id,
                    auto=sum(grade.auto_score or 0.0 for grade in grades),
                    manual=sum((grade.manual_score or 0.0) + (grade.extra_credit or 0.0) for grade in grades),
                    possible=sum(grade.max_score or 0.0 for grade in grades),
                    needs_manual=any(grade.needs_manual_grade for grade in grades),
                )
            )
        return sorted(rows, key=lambda row: row.student)

    def marks(self, topic: str) -> dict[str, dict[str, Mark]]:
        """student -> question -> what a person gave it, for each student who has a row."""
        from nbgrader.api import MissingEntry

        try:
            submissions = self._book.find_assignment(topic).submissions
        except MissingEntry:
            return {}
        found: dict[str, dict[str, Mark]] = {}
        for submission in submissions:
            of_student = found.setdefault(submission.student.id, {})
            for notebook in submission.notebooks:
                comments = {comment.name: comment.manual_comment or "" for comment in notebook.comments}
                for given in notebook.grades:
                    mark = Mark(
                        points=given.manual_score,
                        extra=given.extra_credit or 0.0,
                        comment=comments.get(given.name, ""),
                    )
                    if mark != Mark():
                        of_student[given.name] = mark
        return found

    def _describe(self, course_topic: Topic, assignment: Assignment) -> None:
        """The cells of the released notebook; submissions copy them, so they come first."""
        book, topic = self._book, assignment.topic
        due = course_topic.due.astimezone(UTC).replace(tzinfo=None) if course_topic.due else None
        book.update_or_create_assignment(topic, duedate=due)
        notebook = book.update_or_create_notebook(topic, topic)
        how = counting(course_topic, assignment)
        worth = {name: float(counted is Counting.COUNTED) for name, counted in how.items()}
        wanted = {q.check_cell: (worth[q.id] * q.points, "code") for q in assignment.questions}
        wanted |= {m.cell: (worth[m.id] * m.points, "markdown") for m in assignment.manual}
        for stale in [cell for cell in notebook.grade_cells if cell.name not in wanted]:
            for given in list(stale.grades):
                book.db.delete(given)
            book.db.delete(stale)
        for name, (points, kind) in wanted.items():
            book.update_or_create_grade_cell(name, topic, topic, max_score=points, cell_type=kind)
        for manual in assignment.manual:
            book.update_or_create_solution_cell(manual.cell, topic, topic)
            book.update_or_create_source_cell(
                manual.cell, topic, topic, source=manual.stub, cell_type="markdown"
            )
        book.db.commit()

    def _fill(
        self,
        course_topic: Topic,
        assignment: Assignment,
        result: Result,
        extension: datetime | None,
        marks: Mapping[str, Mark],
    ) -> None:
        from nbgrader.api import Comment, Grade, MissingEntry

        book, topic = self._book, assignment.topic
        book.update_or_create_student(result.student)
        try:
            book.find_submission(topic, result.student)
            marks = {}  # the row knows better
        except MissingEntry:
            pass
        submission = book.update_or_create_submission(
            topic, result.student, timestamp=recorded_at(result).replace(tzinfo=None)
        )
        submission.extension = extension - course_topic.due if extension and course_topic.due else None
        (notebook,) = submission.notebooks
        late = grade(course_topic, assignment, result.student, result, extension=extension).late
        notebook.late_submission_penalty = late.penalty
        grades = {grade.cell.name: grade for grade in notebook.grades}
        for cell in notebook.notebook.grade_cells:  # of questions added since the last batch
            if cell.name not in grades:
                grades[cell.name] = Grade(cell_id=cell.id, notebook=notebook)
                book.db.add(grades[cell.name])
        commented = {comment.cell_id for comment in notebook.comments}
        for cell in notebook.notebook.solution_cells:
            if cell.id not in commented:
                book.db.add(Comment(cell_id=cell.id, notebook=notebook))
        book.db.flush()
        comments = {comment.name: comment for comment in notebook.comments}
        for name, mark in marks.items():
            if name in grades:
                grades[name].manual_score, grades[name].extra_credit = mark.points, mark.extra or None
            if name in comments:
                comments[name].manual_comment = mark.comment or None
        points = {question.id: question.points for question in result.questions}
        for question in assignment.questions:
            tested = grades[question.check_cell]
            tested.auto_score = points.get(question.id, 0.0)
            tested.needs_manual_grade = False
        answered = {manual.id: manual.answered for manual in result.manual}
        for manual in assignment.manual:
            written = grades[manual.cell]
            blank = not answered.get(manual.id, False)
            written.auto_score = 0.0 if blank else None
            written.needs_manual_grade = not blank and written.manual_score is None
        for name, how in counting(course_topic, assignment).items():
            if how is Counting.DROPPED:
                dropped = grades[name]
                dropped.auto_score, dropped.manual_score, dropped.extra_credit = 0.0, None, None
                dropped.needs_manual_grade = False


@contextlib.contextmanager
def one_transaction(session: Any) -> Iterator[None]:
    """What nbgrader's methods do here is committed together, by the caller."""
    # nbgrader's own methods commit at every step; here they only flush, and the caller commits.
    session.commit = session.flush
    try:
        with session.no_autoflush:
            yield
    finally:
        del session.commit


def recorded_at(result: Result) -> datetime:
    """The time of a submission in the gradebook, UTC: when it was handed in, or else graded."""
    known = result.submitted or result.started
    moment = datetime.fromisoformat(known) if known else datetime.now(UTC)
    return moment.astimezone(UTC)


@contextlib.contextmanager
def only_writer(database: Path) -> Iterator[None]:
    """Waits until no other sorcery writes there: nbgrader makes its tables without a lock."""
    import fcntl

    with database.with_name(database.name + ".lock").open("w") as lock:
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise UsageError(f"{database}: {_BUSY}") from None
                time.sleep(0.05)
        yield


@contextlib.contextmanager
def alembic_on_path() -> Iterator[None]:
    """For as long as nbgrader may want to bring a database up to date."""
    # nbgrader runs `alembic` by name; the environment sorcery runs in need not be activated.
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def without_secret(url: str) -> str:
    """A database URL as it may be shown."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":***@") if parts.password else url
