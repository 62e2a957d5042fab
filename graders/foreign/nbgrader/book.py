"""A stock course's own gradebook: what its assignment asks for, read; what was found out, written.

Rows are written as `nbgrader autograde` writes them (0.9.6: Autograde.init_assignment, SaveAutoGrades,
AssignLatePenalties), but a submission is one transaction.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from graders.errors import InternalError, UsageError
from graders.foreign.nbgrader.exam import Score
from graders.foreign.nbgrader.sheet import SourceCell
from graders.gradebook import alembic_on_path, one_transaction, only_writer, without_secret

_SQLITE = "sqlite:///"


class Book:
    """Open for one assignment. Use `open_book`."""

    def __init__(self, book: Any, assignment: str, penalties: Any) -> None:
        self._book, self._assignment, self._penalties = book, assignment, penalties

    def notebooks(self) -> list[str]:
        """Names of the assignment's notebooks; none where nbgrader has not generated it."""
        from nbgrader.api import MissingEntry

        try:
            return sorted(
                notebook.name for notebook in self._book.find_assignment(self._assignment).notebooks
            )
        except MissingEntry:
            return []

    def cells(self, notebook: str) -> tuple[list[SourceCell], str]:
        """The cells nbgrader keeps of a notebook, and its kernelspec as JSON."""
        found = self._book.find_notebook(notebook, self._assignment)
        points = {cell.name: float(cell.max_score or 0.0) for cell in [*found.grade_cells, *found.task_cells]}
        grades = {cell.name for cell in found.grade_cells}
        solutions = {cell.name for cell in found.solution_cells}
        tasks = {cell.name for cell in found.task_cells}
        cells = [
            SourceCell(
                name=cell.name,
                kind=cell.cell_type,
                source=cell.source or "",
                checksum=cell.checksum or "",
                locked=bool(cell.locked),
                grade=cell.name in grades,
                solution=cell.name in solutions,
                task=cell.name in tasks,
                points=points.get(cell.name, 0.0),
            )
            for cell in sorted(found.source_cells, key=lambda cell: str(cell.name))
        ]
        return cells, found.kernelspec or ""

    def has(self, student: str, timestamp: datetime | None) -> bool:
        """Whether the student has a row that is of what was handed in then."""
        from nbgrader.api import MissingEntry

        try:
            found = self._book.find_submission(self._assignment, student).timestamp
        except MissingEntry:
            return False
        return bool(timestamp is None or found == timestamp)

    def write(
        self,
        student: str,
        timestamp: datetime | None,
        notebooks: Mapping[str, tuple[Mapping[str, Score], frozenset[str]] | None],
        broken: Sequence[str] = (),
    ) -> None:
        """One submission's rows. `notebooks`: scores by cell, and which solution cells were left as released;
        None for one that was not handed in, whose every point is lost. Those `broken` could not be read, and
        are left to a person. Raises InternalError."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with one_transaction(self._book.db):
                self._fill(student, timestamp, notebooks, broken)
            self._book.db.commit()
        except SQLAlchemyError as error:
            self._book.db.rollback()
            why = str(error).strip().splitlines()[0]
            raise InternalError(f"the gradebook could not be written: {why}") from None

    def _fill(
        self,
        student: str,
        timestamp: datetime | None,
        notebooks: Mapping[str, tuple[Mapping[str, Score], frozenset[str]] | None],
        broken: Sequence[str],
    ) -> None:
        book = self._book
        book.update_or_create_student(student)
        when = {} if timestamp is None else {"timestamp": timestamp}
        submission = book.update_or_create_submission(self._assignment, student, **when)
        book.db.flush()
        for notebook in submission.notebooks:
            if notebook.name in broken or notebook.name not in notebooks:
                for grade in notebook.grades:
                    grade.auto_score, grade.needs_manual_grade = None, True
                continue
            found = notebooks[notebook.name]
            if found is None:
                for grade in notebook.grades:
                    grade.auto_score, grade.needs_manual_grade = 0.0, False
                continue
            scores, blank = found
            for grade in notebook.grades:
                score = scores.get(grade.name, Score(None))
                grade.auto_score = score.auto
                grade.needs_manual_grade = grade.manual_score is not None or score.auto is None
            for comment in notebook.comments:
                comment.auto_comment = "No response." if comment.name in blank else None
        book.db.flush()
        for notebook in submission.notebooks:
            book.db.refresh(notebook)
            notebook.late_submission_penalty = self._penalty(student, submission, notebook)

    def _penalty(self, student: str, submission: Any, notebook: Any) -> float | None:
        if submission.total_seconds_late <= 0:
            return None
        asked = self._penalties.plugin_inst.late_submission_penalty(
            student, notebook.score, submission.total_seconds_late
        )
        if asked is None:
            return None
        return float(self._penalties._check_late_penalty(notebook, asked))


@contextlib.contextmanager
def open_book(url: str, course: str, assignment: str, config: Any) -> Iterator[Book]:
    """The gradebook at `url`, with no other sorcery writing to it. Raises UsageError."""
    from nbgrader.preprocessors import AssignLatePenalties
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    with contextlib.ExitStack() as closing:
        if url.startswith(_SQLITE):
            file = Path(url.removeprefix(_SQLITE).partition("?")[0])
            try:
                closing.enter_context(only_writer(file))
            except OSError as error:
                raise UsageError(f"the gradebook {file}: {error.strerror}") from None
        with alembic_on_path():
            from nbgrader.api import Gradebook

            try:
                book = Gradebook(url, course_id=course)
            except (DBAPIError, ArgumentError, NoSuchModuleError, ImportError, OSError) as error:
                why = str(error).strip().splitlines()[0]
                raise UsageError(f"the gradebook {without_secret(url)}: {why}") from None
        closing.callback(book.close)
        penalties = AssignLatePenalties(config=config)
        penalties.init_plugin()
        yield Book(book, assignment, penalties)
