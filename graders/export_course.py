"""A course's grades as CSV for nbgrader, Canvas and Moodle: pure functions from values to bytes.

What was graded by nobody is no zero: a student without a grade has no number in any of these files. An
identifier that a spreadsheet would run as a formula (`=`, `+`, `-`, `@` first) is written with `'` before it
like every other text, because these files are opened in spreadsheets before they are uploaded. The importer
then finds nobody of that name and says so; nothing is given to another student.

The formats were read off their importers' sources, as these stood in 2025: nbgrader 0.9
(`CsvExportPlugin`), Canvas LMS (`GradebookImporter`), Moodle 2.8 to 5.1 (`gradeimport_csv`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal

from graders.account import account, exact_number
from graders.errors import InternalError, UsageError
from graders.records import Grade
from graders.untrusted import for_csv, on_one_line

_RFC_4180 = "\r\n"
# Headers that Canvas takes for its own columns and skips in silence: equal to one of the first,
# or with one of the second anywhere in them.
_CANVAS_STUDENT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_CANVAS_RESERVED = frozenset({*_CANVAS_STUDENT, "LastName", "FirstName", "Integration ID", "Root Account"})
_CANVAS_TOTALS = re.compile(r"(?:Current|Final) (?:Score|Points|Grade)|Override (?:Score|Grade|Status)")
_POINTS_POSSIBLE = "Points Possible"
MOODLE_HEADERS = {"email": "Email address", "id": "ID number", "username": "Username"}
_NBGRADER_STUDENT = ["student_id", "last_name", "first_name", "email"]
_NBGRADER_SCORES = ["raw_score", "late_submission_penalty", "score", "max_score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a student is elsewhere; empty where that is not known.

    `id` is the institution's number of the student (SIS User ID, ID number), mostly the id we use too;
    `username` is the login there, `canvas_id` Canvas's own number of the user.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    canvas_id: str = ""
    username: str = ""


Students = Mapping[str, Identity]  # by our id, the `student` of a Grade
Titles = Mapping[str, str]  # by topic id
NOBODY: Students = MappingProxyType({})
NO_TITLES: Titles = MappingProxyType({})


def nbgrader_csv(grades: Iterable[Grade], students: Students = NOBODY) -> bytes:
    """What `nbgrader export` writes: its columns, its order (by assignment, then by name), its formats.

    Times are UTC without an offset, points have a decimal point, lines end in a line feed, UTF-8 without
    a byte order mark. It differs in four points. Without a grade the scores are empty, where nbgrader
    writes 0.0. `duedate` is the student's own, after an extension. `max_score` asks neither for dropped
    questions nor for extra credit. Fields are quoted where they must be (nbgrader quotes none).

    Students who are not in `students` have their id only. What waits for a person counts nothing yet,
    as in nbgrader.
    """
    table = _Table(grades, students)
    rows = [["assignment", "duedate", "timestamp", *_NBGRADER_STUDENT, *_NBGRADER_SCORES]]
    for topic in table.topics:
        for student, identity in table.students.items():
            grade = table.find(topic, student)
            if grade is not None:
                rows.append(_nbgrader_row(grade, identity))
    return _csv(rows, "\n")


def _nbgrader_row(grade: Grade, identity: Identity) -> list[str]:
    scores = ["", "", ""]
    if grade.total is not None:
        scores = [_float(grade.earned), _float(grade.late.penalty), _float(grade.total)]
    texts = (grade.topic, _naive(grade.late.due), _naive(grade.submitted), grade.student)
    names = (identity.last_name, identity.first_name, identity.email)
    return [for_csv(text) for text in texts + names] + scores + [_float(grade.possible)]


def canvas_csv(
    grades: Iterable[Grade], students: Students, titles: Titles = NO_TITLES, *, unfinished: bool = False
) -> bytes:
    """A file for Canvas's Gradebook, Import (Canvas LMS, 2025).

    Columns: Student, ID, SIS User ID, SIS Login ID, Section, then one a topic. A topic's header is its
    entry in `titles` (its id when it has none), best as Canvas exports it, `Title (1234)`: by that
    number Canvas finds the assignment, otherwise by the whole title, and makes a new one when there is
    none. The first row, Points Possible, sets the points of the assignment.

    Canvas finds a student by ID (its own number), SIS User ID (`Identity.id`), SIS Login ID (`username`)
    and last by the name. It reads an ID as far as it is a number, so `12ab` would be user 12: an ID that
    is no number is refused here. Section may be empty.

    No grade is an empty cell. Canvas then takes away a score it has (it shows the change first), so
    export the topics that were graded, not all. What waits for a person is no grade yet, unless
    `unfinished`. Numbers may have more than the two decimals Canvas shows.

    Comma, CRLF (RFC 4180), UTF-8 without a byte order mark: Canvas opens the file as UTF-8 and would keep
    the mark as part of the first header. No field holds a line end: Canvas guesses the separator from
    the first three lines.

    Raises UsageError for headers that Canvas would skip or mistake in silence, and for such an ID.
    """
    table = _Table(grades, students)
    headers = [for_csv(titles.get(topic, topic)) for topic in table.topics]
    _check_canvas(headers, table.students)
    rows = [[*_CANVAS_STUDENT, *headers]]
    possible = [exact_number(points) if points else "" for points in map(table.possible, table.topics)]
    rows.append([f"    {_POINTS_POSSIBLE}", "", "", "", "", *possible])
    for student, identity in table.students.items():
        cells = [_cell(table.find(topic, student), unfinished) for topic in table.topics]
        who = (identity.canvas_id, identity.id, identity.username, "")
        rows.append([_canvas_name(identity), *map(for_csv, who), *cells])
    return _csv(rows, _RFC_4180)


def _check_canvas(headers: Sequence[str], students: Students) -> None:
    for position, header in enumerate(headers):
        if header in headers[:position]:
            raise UsageError(f"two topics are called {header!r}; Canvas would read the first one twice")
        if header in _CANVAS_RESERVED or _CANVAS_TOTALS.search(header):
            raise UsageError(
                f"Canvas takes {header!r} for a column of its own and skips it; rename the topic"
            )
    for student, identity in students.items():
        if identity.canvas_id and not re.fullmatch(r"[0-9]+", identity.canvas_id):
            who, what = on_one_line(student), on_one_line(identity.canvas_id)
            raise UsageError(
                f"the Canvas ID of {who} is {what!r}, and must be a number, as in Canvas's export"
            )


def _canvas_name(identity: Identity) -> str:
    name = ", ".join(part for part in (identity.last_name, identity.first_name) if part) or identity.id
    # A row whose first cell has these words sets the points of every assignment.
    return for_csv(name).replace(_POINTS_POSSIBLE, _POINTS_POSSIBLE.replace(" ", "_"))


def moodle_csv(
    grades: Iterable[Grade],
    students: Students,
    titles: Titles = NO_TITLES,
    *,
    identify: Literal["email", "id", "username"] = "email",
    unfinished: bool = False,
) -> bytes:
    """A file for Moodle's Grades, Import, CSV file (Moodle 2.8 to 5.1, 2025).

    Columns: one identifier (`Email address`, `ID number` or `Username`), then two a topic, its title in
    `titles` (its id when it has none) and the same with `(feedback)`. Moodle asks what each column is:
    the identifier is the first, which is what "Map from" offers. Map a feedback column only along with
    its grades.

    Moodle stops the whole import at a row whose student it does not know. At a row without an identifier
    older ones (seen in 2.8 to 3.x) give the grades to the student of the row before. So a student
    without the asked-for identifier is refused here (and one with `0`, which PHP takes for none), by a
    UsageError that names all of them. `id` is known of everybody; it stands in for an unknown `username`.

    No grade is `-`, as Moodle itself exports it: an empty cell makes a zero when older ones import a
    column as a new grade item. It takes away a grade that is there. What waits for a person is no grade
    yet, unless `unfinished`. A grade above the item's maximum (extra credit) stops the import unless the
    site allows unlimited grades.

    Numbers have a decimal point, which Moodle reads in every language. Comma, CRLF (RFC 4180), UTF-8
    without a byte order mark (Moodle drops one). Moodle reads with PHP's fgetcsv, for which a backslash
    before a quote escapes it: there a blank is put between. Feedback is shown as HTML (FORMAT_MOODLE):
    a blank after `<` keeps what is no tag from being taken for one.
    """
    table = _Table(grades, students)
    unknown = [
        who for who, identity in table.students.items() if _identifier(identity, identify) in ("", "0")
    ]
    if unknown:
        listed = ", ".join(map(on_one_line, unknown))
        header = MOODLE_HEADERS[identify].lower()
        raise UsageError(
            f"no {header} is known of {listed}; Moodle would stop there, so add it to the roster"
        )
    header_row = [MOODLE_HEADERS[identify]]
    for topic in table.topics:
        title = titles.get(topic, topic)
        header_row += [_moodle(title), _moodle(f"{title} (feedback)")]
    rows = [header_row]
    for student, identity in table.students.items():
        row = [_moodle(_identifier(identity, identify))]
        for topic in table.topics:
            grade = table.find(topic, student)
            feedback = "; ".join(account(grade)) if grade is not None else ""
            row += [_cell(grade, unfinished) or "-", _moodle(re.sub(r"<(?=[A-Za-z/!?])", "< ", feedback))]
        rows.append(row)
    return _csv(rows, _RFC_4180)


def _identifier(identity: Identity, identify: Literal["email", "id", "username"]) -> str:
    known = {"email": identity.email, "id": identity.id, "username": identity.username or identity.id}
    return known[identify].strip()


def _moodle(text: str) -> str:
    return re.sub(r'\\(?="|$)', r"\\ ", for_csv(text))


class _Table:
    """Grades by topic and student: topics in the order they come, students by name."""

    def __init__(self, grades: Iterable[Grade], students: Students) -> None:
        self._grades: dict[tuple[str, str], Grade] = {}
        for grade in grades:
            key = (grade.topic, grade.student)
            if key in self._grades:
                raise InternalError(f"two grades of {on_one_line(grade.student)} for {grade.topic}")
            self._grades[key] = grade
        self.topics = list(dict.fromkeys(topic for topic, _ in self._grades))
        people = {student: students.get(student) or Identity(id=student) for _, student in self._grades}
        self.students = dict(sorted(people.items(), key=_by_name))

    def find(self, topic: str, student: str) -> Grade | None:
        return self._grades.get((topic, student))

    def possible(self, topic: str) -> float:
        return max(grade.possible for (of, _), grade in self._grades.items() if of == topic)


def _by_name(entry: tuple[str, Identity]) -> tuple[str, str, str]:
    student, identity = entry
    return identity.last_name.casefold(), identity.first_name.casefold(), student


def _cell(grade: Grade | None, unfinished: bool) -> str:
    if grade is None or grade.total is None or (grade.needs_manual and not unfinished):
        return ""
    return exact_number(grade.total)


def _float(value: float) -> str:
    text = exact_number(value)
    return text if "." in text else f"{text}.0"


def _naive(moment: str) -> str:
    """An ISO 8601 time as nbgrader's database has it: UTC, without an offset."""
    return str(datetime.fromisoformat(moment).astimezone(UTC).replace(tzinfo=None)) if moment else ""


def _csv(rows: Iterable[Sequence[str]], line_end: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end).writerows(rows)
    return text.getvalue().encode()
