"""Grades in the files that other systems read: which formats there are, and the files of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from graders.errors import UsageError
from graders.export_course import (
    MOODLE_HEADERS,
    NO_TITLES,
    NOBODY,
    Identity,
    Students,
    Titles,
    canvas_csv,
    moodle_csv,
    nbgrader_csv,
)
from graders.export_submission import gradescope_json, junit_xml
from graders.records import Grade, Result, Verdict
from graders.strict_yaml import suggest

if TYPE_CHECKING:
    from graders.roster import Student


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseFormat:
    """One file for the whole course: `write(grades, students, titles, unfinished)`."""

    about: str
    file: str
    write: Callable[[Iterable[Grade], Students, Titles, bool], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionFormat:
    """One file for each submission: `write(grade, result)`; `file` has a place for the student's id."""

    about: str
    file: str
    write: Callable[[Grade, Result], bytes]


def _for_moodle(identify: Literal["email", "id", "username"]) -> CourseFormat:
    header = MOODLE_HEADERS[identify]
    return CourseFormat(
        about=f"Moodle's grade import, students by {header.lower()}",
        file="moodle.csv",
        write=lambda grades, students, titles, unfinished: moodle_csv(
            grades, students, titles, identify=identify, unfinished=unfinished
        ),
    )


FORMATS: dict[str, CourseFormat | SubmissionFormat] = {
    "nbgrader": CourseFormat(
        about="the columns of `nbgrader export`",
        file="grades.csv",
        write=lambda grades, students, titles, unfinished: nbgrader_csv(grades, students),
    ),
    "canvas": CourseFormat(
        about="Canvas's gradebook import",
        file="canvas.csv",
        write=lambda grades, students, titles, unfinished: canvas_csv(
            grades, students, titles, unfinished=unfinished
        ),
    ),
    "moodle": _for_moodle("email"),
    "moodle-id": _for_moodle("id"),
    "moodle-username": _for_moodle("username"),
    "gradescope": SubmissionFormat(
        about="Gradescope's results.json", file="{student}/results.json", write=gradescope_json
    ),
    "junit": SubmissionFormat(about="JUnit XML for a workflow", file="{student}.xml", write=junit_xml),
}


def find_format(name: str) -> CourseFormat | SubmissionFormat:
    """Raises UsageError for a name that is none, with all there are."""
    if name not in FORMATS:
        listed = "\n".join(f"  {known:<16} {form.about}" for known, form in FORMATS.items())
        mend = suggest(name, FORMATS)
        raise UsageError(f"no format {name!r}{'; ' if mend else ''}{mend}; there are\n{listed}")
    return FORMATS[name]


def identities(roster: Iterable[Student]) -> Students:
    """By our id, who each is elsewhere as far as the roster says."""
    return {
        student.id: Identity(
            id=student.known_as("sid") or student.id,
            first_name=student.first_name,
            last_name=student.last_name,
            email=student.email,
            canvas_id=student.known_as("canvas_id"),
            username=student.known_as("username") or student.known_as("login"),
        )
        for student in roster
    }


def export_files(
    form: CourseFormat | SubmissionFormat,
    grades: Sequence[Grade],
    *,
    results: Mapping[tuple[str, str], Result],
    students: Students = NOBODY,
    titles: Titles = NO_TITLES,
    unfinished: bool = False,
) -> dict[str, bytes]:
    """The files of a format, by name; `results` by topic and student. One for each submission has none
    for what nobody handed in and for what is ungraded, which is our affair and no result of theirs."""
    if isinstance(form, CourseFormat):
        return {form.file: form.write(grades, students, titles, unfinished)}
    return {
        form.file.format(student=f"{grade.student}-{grade.topic}"): form.write(grade, result)
        for grade in grades
        if (result := results.get((grade.topic, grade.student))) and result.verdict is not Verdict.UNGRADED
    }
