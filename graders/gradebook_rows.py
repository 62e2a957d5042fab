"""The rows of one topic in nbgrader's gradebook, many at a time.

nbgrader's own methods look a submission up by several queries and commit at every step. Here the rows
of a hundred submissions are fetched by a few, changed as objects of its model, and left to the caller
to commit together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graders.assignment import Assignment
from graders.course import Topic
from graders.grades import counting, grade, recorded_at
from graders.records import Counting, Mark, Result


@dataclass(frozen=True, slots=True)
class Cells:
    """Ids in the database: of the assignment, of its notebook, and of cells by name: those that get points
    and those that get a comment."""

    assignment: str
    notebook: str
    graded: Mapping[str, str]
    commented: Mapping[str, str]


def describe(book: Any, course_topic: Topic, assignment: Assignment) -> Cells:
    """Writes the cells of the released notebook, and commits; submissions copy them, so they come first."""
    from nbgrader.api import Grade
    from sqlalchemy import delete

    topic, db = assignment.topic, book.db
    due = course_topic.due.astimezone(UTC).replace(tzinfo=None) if course_topic.due else None
    described = book.update_or_create_assignment(topic, duedate=due)
    notebook = book.update_or_create_notebook(topic, topic)
    how = counting(course_topic, assignment)
    worth = {name: float(counted is Counting.COUNTED) for name, counted in how.items()}
    wanted = {q.check_cell: (worth[q.id] * q.points, "code") for q in assignment.questions}
    wanted |= {m.cell: (worth[m.id] * m.points, "markdown") for m in assignment.manual}
    for stale in [cell for cell in notebook.grade_cells if cell.name not in wanted]:
        db.execute(delete(Grade).where(Grade.cell_id == stale.id))
        db.delete(stale)
    for name, (points, kind) in wanted.items():
        book.update_or_create_grade_cell(name, topic, topic, max_score=points, cell_type=kind)
    for manual in assignment.manual:
        book.update_or_create_solution_cell(manual.cell, topic, topic)
        book.update_or_create_source_cell(manual.cell, topic, topic, source=manual.stub, cell_type="markdown")
    db.commit()
    db.refresh(notebook)
    cells = Cells(
        described.id,
        notebook.id,
        {cell.name: cell.id for cell in notebook.grade_cells},
        {cell.name: cell.id for cell in notebook.solution_cells},
    )
    db.expunge_all()
    return cells


def fill(
    db: Any,
    topic: Topic,
    assignment: Assignment,
    cells: Cells,
    results: Sequence[Result],
    extensions: Mapping[tuple[str, str], datetime],
    marks: Mapping[str, Mapping[str, Mark]],
) -> None:
    """Makes the rows of these students say what their results do; `marks` are for rows that are new."""
    from nbgrader.api import Student, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select

    names = [result.student for result in results]
    enrolled = set(db.scalars(select(Student.id).where(Student.id.in_(names))))
    db.add_all([Student(id=name) for name in names if name not in enrolled])
    found = _rows(db, cells, names)
    for result in results:
        extension = extensions.get((result.student, topic.id))
        submission = found.get(result.student)
        if submission is None:
            submission = SubmittedAssignment(
                assignment_id=cells.assignment,
                student_id=result.student,
                notebooks=[SubmittedNotebook(notebook_id=cells.notebook, grades=[], comments=[])],
            )
            db.add(submission)
            restored = marks.get(result.student, {})
        else:
            restored = {}  # the row knows better
        submission.timestamp = recorded_at(result).replace(tzinfo=None)
        submission.extension = extension - topic.due if extension and topic.due else None
        (notebook,) = submission.notebooks
        notebook.late_submission_penalty = grade(
            topic, assignment, result.student, result, extension=extension
        ).late.penalty
        _score(notebook, topic, assignment, cells, result, restored)


def _rows(db: Any, cells: Cells, names: Sequence[str]) -> dict[str, Any]:
    """The submissions there are of these students, with all that belongs to them."""
    from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select
    from sqlalchemy.orm import load_only, selectinload

    notebooks = selectinload(SubmittedAssignment.notebooks)
    wanted = select(SubmittedAssignment).options(
        load_only(
            SubmittedAssignment.student_id, SubmittedAssignment.timestamp, SubmittedAssignment.extension
        ),
        notebooks.load_only(SubmittedNotebook.notebook_id, SubmittedNotebook.late_submission_penalty),
        notebooks.selectinload(SubmittedNotebook.grades).load_only(
            Grade.cell_id,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.needs_manual_grade,
        ),
        notebooks.selectinload(SubmittedNotebook.comments).load_only(Comment.cell_id, Comment.manual_comment),
    )
    of_these = (
        SubmittedAssignment.assignment_id == cells.assignment,
        SubmittedAssignment.student_id.in_(names),
    )
    return {found.student_id: found for found in db.scalars(wanted.where(*of_these))}


def _score(
    notebook: Any,
    topic: Topic,
    assignment: Assignment,
    cells: Cells,
    result: Result,
    marks: Mapping[str, Mark],
) -> None:
    """`notebook` is the student's in the gradebook; what it lacks of the cells there are is added."""
    from nbgrader.api import Comment, Grade

    by_cell = {one.cell_id: one for one in notebook.grades}
    grades: dict[str, Any] = {}
    for name, cell in cells.graded.items():
        if cell not in by_cell:
            by_cell[cell] = Grade(cell_id=cell)
            notebook.grades.append(by_cell[cell])
        grades[name] = by_cell[cell]
    noted = {one.cell_id: one for one in notebook.comments}
    comments: dict[str, Any] = {}
    for name, cell in cells.commented.items():
        if cell not in noted:
            noted[cell] = Comment(cell_id=cell)
            notebook.comments.append(noted[cell])
        comments[name] = noted[cell]
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
    for name, how in counting(topic, assignment).items():
        if how is Counting.DROPPED:
            dropped = grades[name]
            dropped.auto_score, dropped.manual_score, dropped.extra_credit = 0.0, None, None
            dropped.needs_manual_grade = False


def given(db: Any, topic: str) -> dict[str, dict[str, Mark]]:
    """student -> question -> what a person gave it, for each student who has a row."""
    from nbgrader import api
    from sqlalchemy import or_, select

    submission, notebook, cell = api.SubmittedAssignment, api.SubmittedNotebook, api.BaseCell
    of_topic = (
        select(submission.student_id)
        .join(api.Assignment, api.Assignment.id == submission.assignment_id)
        .where(api.Assignment.name == topic)
    )
    found: dict[str, dict[str, Mark]] = {student: {} for student in db.scalars(of_topic)}
    with_notebook = of_topic.join(notebook, notebook.assignment_id == submission.id)
    comments = with_notebook.join(api.Comment, api.Comment.notebook_id == notebook.id).join(
        cell, cell.id == api.Comment.cell_id
    )
    text = api.Comment.manual_comment
    rows = db.execute(comments.add_columns(cell.name, text).where(text != ""))
    said = {(student, name): comment for student, name, comment in rows}
    grades = with_notebook.join(api.Grade, api.Grade.notebook_id == notebook.id).join(
        cell, cell.id == api.Grade.cell_id
    )
    marked = or_(
        api.Grade.manual_score.is_not(None),
        api.Grade.extra_credit.is_not(None),
        cell.name.in_({name for _, name in said}),
    )
    columns = (cell.name, api.Grade.manual_score, api.Grade.extra_credit)
    for student, name, points, extra in db.execute(grades.add_columns(*columns).where(marked)):
        mark = Mark(points=points, extra=extra or 0.0, comment=said.get((student, name), ""))
        if mark != Mark():
            found[student][name] = mark
    return found
