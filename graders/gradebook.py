"""nbgrader's gradebook: the only module that knows its API.

One process writes at a time. A submission is one transaction: a batch that is killed leaves whole
submissions, and running it again completes the rest. What a person graded by hand stays as it is.

Rejected and ungraded submissions get no row: no grade is not a grade of zero.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from graders.assignment import Assignment
from graders.course import Course
from graders.errors import InternalError, UsageError
from graders.records import Result, Verdict

_PREFIX = "sqlite:///"
_LOCK_SECONDS = 60.0
_WITHOUT_A_ROW = (Verdict.REJECTED, Verdict.UNGRADED)


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
                self._closing.enter_context(_only_writer(file))
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

        with _alembic_on_path():
            from nbgrader.api import Gradebook as Nbgrader

            try:
                book = Nbgrader(self._url, course_id=self._course)
            except (DBAPIError, ArgumentError, NoSuchModuleError, ImportError, OSError) as error:
                why = str(error).strip().splitlines()[0]
                raise UsageError(f"the gradebook {_without_secret(self._url)}: {why}") from None
        self._closing.callback(book.close)
        return book

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def record(self, assignment: Assignment, results: Iterable[Result]) -> int:
        """Writes the results of one topic; how many got a row. Raises InternalError on a fault of the
        database, with everything before that submission written."""
        from sqlalchemy.exc import SQLAlchemyError

        written = 0
        try:
            self._describe(assignment)
            for result in results:
                if result.verdict not in _WITHOUT_A_ROW:
                    self._write(assignment, result)
                    written += 1
        except SQLAlchemyError as error:
            self._book.db.rollback()
            why = str(error).strip().splitlines()[0]
            raise InternalError(f"the gradebook could not be written: {why}") from None
        return written

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

    def _describe(self, assignment: Assignment) -> None:
        """The cells of the released notebook; submissions copy them, so they come first."""
        book, topic = self._book, assignment.topic
        book.update_or_create_assignment(topic)
        notebook = book.update_or_create_notebook(topic, topic)
        wanted = {question.check_cell: (question.points, "code") for question in assignment.questions}
        wanted |= {manual.cell: (manual.points, "markdown") for manual in assignment.manual}
        for stale in [cell for cell in notebook.grade_cells if cell.name not in wanted]:
            for grade in list(stale.grades):
                book.db.delete(grade)
            book.db.delete(stale)
        for name, (points, kind) in wanted.items():
            book.update_or_create_grade_cell(name, topic, topic, max_score=points, cell_type=kind)
        for manual in assignment.manual:
            book.update_or_create_solution_cell(manual.cell, topic, topic)
            book.update_or_create_source_cell(
                manual.cell, topic, topic, source=manual.stub, cell_type="markdown"
            )
        book.db.commit()

    def _write(self, assignment: Assignment, result: Result) -> None:
        book = self._book
        with _one_transaction(book.db):
            self._fill(assignment, result)
        book.db.commit()

    def _fill(self, assignment: Assignment, result: Result) -> None:
        from nbgrader.api import Comment, Grade

        book, topic = self._book, assignment.topic
        book.update_or_create_student(result.student)
        submission = book.update_or_create_submission(topic, result.student, timestamp=_when(result))
        (notebook,) = submission.notebooks
        grades = {grade.cell.name: grade for grade in notebook.grades}
        for cell in notebook.notebook.grade_cells:  # of questions added since the last batch
            if cell.name not in grades:
                grades[cell.name] = Grade(cell_id=cell.id, notebook=notebook)
                book.db.add(grades[cell.name])
        commented = {comment.cell_id for comment in notebook.comments}
        for cell in notebook.notebook.solution_cells:
            if cell.id not in commented:
                book.db.add(Comment(cell_id=cell.id, notebook=notebook))
        points = {question.id: question.points for question in result.questions}
        for question in assignment.questions:
            grade = grades[question.check_cell]
            grade.auto_score = points.get(question.id, 0.0)
            grade.needs_manual_grade = False
        answered = {manual.id: manual.answered for manual in result.manual}
        for manual in assignment.manual:
            grade = grades[manual.cell]
            blank = not answered.get(manual.id, False)
            grade.auto_score = 0.0 if blank else None
            grade.needs_manual_grade = not blank and grade.manual_score is None


@contextlib.contextmanager
def _one_transaction(session: Any) -> Iterator[None]:
    # nbgrader's own methods commit at every step; here they only flush, and the caller commits.
    session.commit = session.flush
    try:
        with session.no_autoflush:
            yield
    finally:
        del session.commit


def _when(result: Result) -> datetime:
    moment = datetime.fromisoformat(result.started) if result.started else datetime.now(UTC)
    return moment.astimezone(UTC).replace(tzinfo=None)  # as nbgrader keeps them


@contextlib.contextmanager
def _only_writer(database: Path) -> Iterator[None]:
    """Beside a file database, since nbgrader makes its tables without a lock."""
    import fcntl

    with database.with_name(database.name + ".lock").open("w") as lock:
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise UsageError(
                        f"{database}: another sorcery has been writing to it for a minute"
                    ) from None
                time.sleep(0.05)
        yield


@contextlib.contextmanager
def _alembic_on_path() -> Iterator[None]:
    # nbgrader runs `alembic` by name; the environment sorcery runs in need not be activated.
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _without_secret(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":***@") if parts.password else url
