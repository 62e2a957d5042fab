"""nbgrader's gradebook: with graders.gradebook_rows the only module that knows its API.

One process writes at a time. A hundred submissions are one transaction: a batch that is killed leaves
whole submissions, and running it again completes the rest. What a person graded by hand stays as it is.

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
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from graders.assignment import Assignment
from graders.course import Course, Topic
from graders.errors import InternalError, UsageError
from graders.grades import WITHOUT_A_GRADE
from graders.imports import submodule
from graders.records import Mark, Result

TRANSACTION = 100  # submissions that are written together
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
        a fault of the database, with everything written that was before the transaction it arose in.
        """
        from sqlalchemy.exc import SQLAlchemyError

        from graders.gradebook_rows import describe, fill

        written = 0
        try:
            cells = describe(self._book, topic, assignment)
            graded = (result for result in results if result.verdict not in WITHOUT_A_GRADE)
            while some := list(islice(graded, TRANSACTION)):
                fill(self._book.db, topic, assignment, cells, some, extensions or {}, marks or {})
                self._book.db.commit()
                self._book.db.expunge_all()
                written += len(some)
        except SQLAlchemyError as error:
            self._book.db.rollback()
            why = str(error).strip().splitlines()[0]
            raise InternalError(f"the gradebook could not be written: {why}") from None
        return written

    def foreign_writes(self) -> int:
        """A number that changes when anyone else writes to an SQLite gradebook while this one is open."""
        from sqlalchemy import text

        return int(self._book.db.execute(text("PRAGMA data_version")).scalar() or 0)

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
        from graders.gradebook_rows import given

        return given(self._book.db, topic)


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
