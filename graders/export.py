"""A course's grades in the files other systems read: pure functions from values to bytes.

What was graded by nobody is no zero: a student without a grade has no number in any of these files.
Names, ids and messages are students' text and defused for where they are read; an identifier that a
spreadsheet would run as a formula (`=`, `+`, `-`, `@` first) is written with `'` before it like every
other text, because these files are opened in spreadsheets before they are uploaded. The importer then
finds nobody of that name and says so; nothing is given to another student.

The formats were read off their importers' sources and documentation, as these stood in 2025: nbgrader
0.9 (`CsvExportPlugin`), Canvas LMS (`GradebookImporter`), Moodle 2.8 to 5.1 (`gradeimport_csv`),
Gradescope's autograder specification, and the common JUnit XML format (testmoapp/junitxml).
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from graders.errors import InternalError, UsageError
from graders.records import (
    CaseResult,
    CaseVerdict,
    Counting,
    Grade,
    QuestionGrade,
    QuestionResult,
    Result,
    Verdict,
)
from graders.strict_yaml import suggest
from graders.untrusted import for_csv, for_terminal, on_one_line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from graders.roster import Student

_RFC_4180 = "\r\n"
_DECIMALS = 4
# Headers that Canvas takes for its own columns and skips in silence: equal to one of the first,
# or with one of the second anywhere in them.
_CANVAS_STUDENT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_CANVAS_RESERVED = frozenset({*_CANVAS_STUDENT, "LastName", "FirstName", "Integration ID", "Root Account"})
_CANVAS_TOTALS = re.compile(r"(?:Current|Final) (?:Score|Points|Grade)|Override (?:Score|Grade|Status)")
_POINTS_POSSIBLE = "Points Possible"
_MOODLE_HEADERS = {"email": "Email address", "id": "ID number", "username": "Username"}
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
_NOBODY: Students = MappingProxyType({})
_NO_TITLES: Titles = MappingProxyType({})


def nbgrader_csv(grades: Iterable[Grade], students: Students = _NOBODY) -> bytes:
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
    grades: Iterable[Grade], students: Students, titles: Titles = _NO_TITLES, *, unfinished: bool = False
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
    possible = [_number(points) if points else "" for points in map(table.possible, table.topics)]
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
    titles: Titles = _NO_TITLES,
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
        header = _MOODLE_HEADERS[identify].lower()
        raise UsageError(
            f"no {header} is known of {listed}; Moodle would stop there, so add it to the roster"
        )
    header_row = [_MOODLE_HEADERS[identify]]
    for topic in table.topics:
        title = titles.get(topic, topic)
        header_row += [_moodle(title), _moodle(f"{title} (feedback)")]
    rows = [header_row]
    for student, identity in table.students.items():
        row = [_moodle(_identifier(identity, identify))]
        for topic in table.topics:
            grade = table.find(topic, student)
            feedback = "; ".join(_account(grade)) if grade is not None else ""
            row += [_cell(grade, unfinished) or "-", _moodle(re.sub(r"<(?=[A-Za-z/!?])", "< ", feedback))]
        rows.append(row)
    return _csv(rows, _RFC_4180)


def _identifier(identity: Identity, identify: Literal["email", "id", "username"]) -> str:
    known = {"email": identity.email, "id": identity.id, "username": identity.username or identity.id}
    return known[identify].strip()


def _moodle(text: str) -> str:
    return re.sub(r'\\(?="|$)', r"\\ ", for_csv(text))


def gradescope_json(grade: Grade, result: Result) -> bytes:
    """Gradescope's results.json for one submission (autograder specification, 2025), UTF-8.

    `score` is the grade's total and stands above the sum of the tests; `output` says what it is made of.
    What waits for a person counts nothing yet. One entry a test case: score, max_score, status, name,
    number (question.case), output, visibility and tags. Cases of a dropped question have no score,
    those of extra credit are tagged.

    Students see messages only, never details. Hidden cases are numbered, since a name may say what is
    tested, and shown once the grades are published (`after_published`; until then Gradescope shows no
    total either). What the grader prints (`stdout_visibility`) is the instructor's. All text is `text`,
    in which Gradescope renders neither HTML nor Markdown.

    A rejected submission has a score of 0 and one failed entry with the reason: Gradescope knows no
    submission without a score, and its student can hand in again. Raises UsageError where there is no
    grade through our fault or nothing was handed in; without results.json Gradescope itself says that
    the autograder failed.
    """
    _check_same(grade, result)
    if grade.total is None and grade.verdict is not Verdict.REJECTED:
        raise UsageError(f"{on_one_line(grade.student)} has no grade for {grade.topic} to give to Gradescope")
    tests: list[dict[str, Any]] = [
        _gradescope_case(named, f"{position}.{inner}", _counting(grade, question.id))
        for position, question in enumerate(result.questions, 1)
        for inner, named in enumerate(_named_cases(question), 1)
    ]
    if grade.total is None:
        entry = {"name": "submission", "output": for_terminal(grade.reason), "visibility": "visible"}
        tests = [{"score": 0.0, "status": "failed", **entry}]
    whole = {
        "score": _points(grade.total or 0.0),
        "execution_time": _points(result.seconds),
        "output": for_terminal("\n".join(_account(grade))),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"


def _gradescope_case(named: tuple[str, CaseResult], number: str, counting: Counting) -> dict[str, Any]:
    name, case = named
    entry: dict[str, Any] = {}
    if counting is not Counting.DROPPED:
        entry |= {"score": _points(case.points), "max_score": _points(case.possible)}
    entry |= {
        "status": "passed" if case.verdict is CaseVerdict.PASSED else "failed",
        "name": name,
        "number": number,
        "output": for_terminal(case.message),
        "visibility": "after_published" if case.hidden else "visible",
    }
    if counting is not Counting.COUNTED:
        entry["tags"] = [str(counting)]
    return entry


def junit_xml(grade: Grade, result: Result) -> bytes:
    """JUnit XML for one submission (the common format, testmoapp/junitxml, 2025), for the actions that
    show it in a GitHub workflow. GitHub Classroom itself reads the exit code of a command.

    A suite a question (`TOPIC.q1`), a testcase a case, seconds in `time`. Failed is `failure`; error and
    timeout are `error`; not reached is `skipped`, and so are dropped questions and written ones, which a
    person grades. Workflows count skipped as no failure, so a first suite, `TOPIC.notebook`, has the
    verdict on the submission: an `error` when it did not run to its end, was rejected or is ungraded.

    Messages and hidden cases are as for `gradescope_json`, except that nothing holds hidden messages back
    here. There is no system-out. UTF-8; a character XML 1.0 forbids is a replacement character.
    """
    from xml.etree import ElementTree

    _check_same(grade, result)
    root = ElementTree.Element("testsuites", name=on_one_line(grade.topic))
    _notebook_suite(root, grade, result)
    for question in result.questions:
        dropped = _counting(grade, question.id) is Counting.DROPPED
        suite = _suite(root, grade.topic, question.id, question.seconds)
        for name, case in _named_cases(question):
            entry = _testcase(suite, name, case.seconds)
            tag = "skipped" if dropped else _JUNIT[case.verdict]
            if tag:
                message = "dropped, does not count" if dropped else case.message or str(case.verdict)
                _outcome(entry, tag, message, case.verdict)
    for written in grade.questions:
        if written.written:
            suite = _suite(root, grade.topic, written.id, 0.0)
            _outcome(_testcase(suite, "graded by a person", 0.0), "skipped", _question(written))
    _count(root)
    ElementTree.indent(root, " ")
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


_JUNIT = {
    CaseVerdict.PASSED: "",
    CaseVerdict.FAILED: "failure",
    CaseVerdict.ERROR: "error",
    CaseVerdict.TIMEOUT: "error",
    CaseVerdict.NOT_REACHED: "skipped",
}


def _notebook_suite(root: Element, grade: Grade, result: Result) -> None:
    seconds = sum(cell.seconds for cell in result.cells)
    entry = _testcase(_suite(root, grade.topic, "notebook", seconds), "ran to its end", seconds)
    if grade.verdict not in (Verdict.GRADED, Verdict.OUTPUT_LIMIT):
        _outcome(entry, "error", _state(grade.verdict, grade.reason), grade.verdict or "")


def _suite(root: Element, topic: str, name: str, seconds: float) -> Element:
    from xml.etree.ElementTree import SubElement

    return SubElement(root, "testsuite", name=on_one_line(f"{topic}.{name}"), time=_number(seconds))


def _testcase(suite: Element, name: str, seconds: float) -> Element:
    from xml.etree.ElementTree import SubElement

    return SubElement(suite, "testcase", name=name, classname=suite.get("name", ""), time=_number(seconds))


def _outcome(testcase: Element, tag: str, message: str, kind: str = "") -> None:
    from xml.etree.ElementTree import SubElement

    text = for_terminal(message)
    line = next((line for line in text.split("\n") if line.strip()), "")
    outcome = SubElement(testcase, tag, message=on_one_line(line))
    if tag != "skipped":
        outcome.set("type", str(kind))
        outcome.text = text


def _count(root: Element) -> None:
    for parent in (root, *root):
        parent.set("tests", str(len(parent.findall(".//testcase"))))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            parent.set(attribute, str(len(parent.findall(f".//{tag}"))))
    root.set("time", _number(sum(float(suite.get("time", "0")) for suite in root)))


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
    header = _MOODLE_HEADERS[identify]
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
    students: Students = _NOBODY,
    titles: Titles = _NO_TITLES,
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


def _check_same(grade: Grade, result: Result) -> None:
    if (grade.topic, grade.student) != (result.topic, result.student):
        graded, ran = on_one_line(grade.student), on_one_line(result.student)
        raise InternalError(f"the grade of {graded} for {grade.topic} came with a result of {ran}")


def _cell(grade: Grade | None, unfinished: bool) -> str:
    if grade is None or grade.total is None or (grade.needs_manual and not unfinished):
        return ""
    return _number(grade.total)


def _account(grade: Grade) -> Iterator[str]:
    """What a grade is made of, a line each, for its student. Not yet defused."""
    if grade.verdict is not Verdict.GRADED:
        yield _state(grade.verdict, grade.reason)
    if grade.total is None:
        return
    yield from map(_question, grade.questions)
    if grade.late.penalty:
        days = f"{grade.late.days} day{'' if grade.late.days == 1 else 's'}"
        yield f"late by {days}: {_number(grade.late.penalty)} points off"
    if not grade.needs_manual:
        yield f"total {_number(grade.total)}/{_number(grade.possible)}"


def _state(verdict: Verdict | None, reason: str) -> str:
    if verdict is None:
        return "nothing was handed in"
    if verdict is Verdict.UNGRADED:  # its reason is for staff
        return "could not be graded yet"
    return f"{verdict}: {reason}" if reason else str(verdict)


def _question(question: QuestionGrade) -> str:
    if question.counting is Counting.DROPPED:
        line = f"{question.id} dropped"
    elif question.points is None:
        line = f"{question.id} waits for a person to grade it"
    else:
        line = f"{question.id} {_number(question.points)}/{_number(question.possible)}"
        if question.counting is Counting.EXTRA_CREDIT:
            line += " extra credit"
    return f"{line}: {question.comment}" if question.comment else line


def _counting(grade: Grade, question: str) -> Counting:
    return next((of.counting for of in grade.questions if of.id == question), Counting.COUNTED)


def _named_cases(question: QuestionResult) -> Iterator[tuple[str, CaseResult]]:
    hidden = 0
    for case in question.cases:
        hidden += case.hidden
        yield on_one_line(f"{question.id}, {f'hidden {hidden}' if case.hidden else case.name}"), case


def _points(value: float) -> float:
    if not math.isfinite(value):
        raise InternalError(f"a grade is {value}, which is no number of points")
    return round(float(value), _DECIMALS) + 0.0  # no -0.0


def _number(value: float) -> str:
    text = f"{_points(value):.{_DECIMALS}f}"
    return text.rstrip("0").rstrip(".")


def _float(value: float) -> str:
    text = _number(value)
    return text if "." in text else f"{text}.0"


def _naive(moment: str) -> str:
    """An ISO 8601 time as nbgrader's database has it: UTC, without an offset."""
    return str(datetime.fromisoformat(moment).astimezone(UTC).replace(tzinfo=None)) if moment else ""


def _csv(rows: Iterable[Sequence[str]], line_end: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end).writerows(rows)
    return text.getvalue().encode()
