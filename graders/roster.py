"""The roster: who is in the course, and as whom the systems around it know them.

    id,first_name,last_name,email,canvas_id,moodle_id,username,sid,login
    ada,Ada,Lovelace,ada@example.org,4711,,alovelace,2026001,ada

A CSV file with a header, in UTF-8, separated by commas or semicolons. Only `id` is needed; `name` may
stand for `first_name` and `last_name`. An identifier means one student, whichever column it is in.

`moodle_id` is the participant number that Moodle puts into a download's names. It is drawn anew for
every assignment, so it belongs into a roster only where names are hidden (blind marking).
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from graders.course import Course
from graders.errors import AuthorError, Problem
from graders.store import safe_name
from graders.strict_yaml import authored_text, suggest

ALIASES = ("canvas_id", "moodle_id", "username", "sid", "login")
COLUMNS = ("id", "name", "first_name", "last_name", "email", *ALIASES)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_APOSTROPHES = dict.fromkeys(map(ord, "'`´’‘ʼ"))  # Moodle leaves them out of names of files


@dataclass(frozen=True, slots=True)
class Student:
    """One student. `name` and `email` are empty where unknown; `aliases` are pairs of a column of the
    roster and what the student is called there. `last_name` is the end of `name` where the roster has
    it apart."""

    id: str
    name: str = ""
    email: str = ""
    aliases: tuple[tuple[str, str], ...] = ()
    last_name: str = ""

    @property
    def first_name(self) -> str:
        """The rest of the name; all of it where the roster does not say where it divides."""
        return self.name.removesuffix(self.last_name).strip()

    def known_as(self, column: str) -> str:
        """What the roster's `column` says of the student; empty where it says nothing."""
        return {"id": self.id, "email": self.email, **dict(self.aliases)}.get(column, "")

    @property
    def identifiers(self) -> tuple[tuple[str, str], ...]:
        """All that means this student and no other, as pairs of column and text."""
        named = (("id", self.id), ("email", self.email), *self.aliases)
        return tuple((column, text) for column, text in named if text)


class Roster:
    """The students, in the file's order. Raises ValueError when one identifier means two of them."""

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = tuple(students)
        self._identified: dict[str, Student] = {}
        self._named: dict[str, list[Student]] = {}
        for student in self.students:
            for _, text in student.identifiers:
                if self._identified.setdefault(_folded(text), student) is not student:
                    raise ValueError(f"{text!r} means two students")
            words = name_words(student.name)
            turned = [words[n:] + words[:n] for n in range(len(words))]  # Ada Lovelace, Lovelace Ada
            for key in {separator.join(order) for order in turned for separator in (" ", "")}:
                self._named.setdefault(key, []).append(student)

    def __iter__(self) -> Iterator[Student]:
        return iter(self.students)

    def __len__(self) -> int:
        return len(self.students)

    def find(self, text: str, *columns: str) -> Student | None:
        """Whom `text` identifies: an id, an e-mail address (in any case of letters) or an alias; with
        `columns`, only as one of these."""
        key = _folded(text.strip())
        student = self._identified.get(key)
        if student is None or not columns:
            return student
        return student if key in {_folded(student.known_as(column)) for column in columns} else None

    def by_name(self, text: str) -> tuple[Student, ...]:
        """Everyone of that name, whatever its case, accents, spaces and order: `Lovelace, Ada`,
        `ada lovelace` and Canvas's `lovelaceada` are one. Several when it does not say whom."""
        return tuple(self._named.get(" ".join(name_words(text)), ()))


def name_words(text: str) -> tuple[str, ...]:
    """A person's name as it is compared: `Müller-Lüdenscheidt, Jürgen` gives jurgen, muller, ludenscheidt."""
    family, comma, given = text.partition(",")
    if comma and "," not in given:
        text = f"{given} {family}"
    text = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    return tuple("".join(map(_compared, unicodedata.normalize("NFKD", text))).split())


def _compared(char: str) -> str:
    if unicodedata.combining(char):
        return ""
    return char if unicodedata.category(char)[0] in "LMN" else " "


def _folded(text: str) -> str:
    return text.casefold() if "@" in text else text


def course_roster(course: Course) -> Roster | None:
    """The course's roster, graders/roster.csv; None where there is none. Raises AuthorError."""
    path = course.root / "graders" / "roster.csv"
    return read_roster(path) if path.exists() else None


def read_roster(path: Path) -> Roster:
    """The roster in a CSV file. Raises AuthorError with every problem, by line."""
    rows = list(_rows(path))
    if not rows:
        raise AuthorError([Problem(path, 0, "is empty", f"begin with a header: {', '.join(COLUMNS)}")])
    line, cells = rows[0]
    header = [cell.lower() for cell in cells]
    problems = [Problem(path, line, *fault) for fault in _header_faults(header)]
    students = []
    if "id" in header:
        seen: dict[str, tuple[int, str]] = {}
        for line, cells in rows[1:]:
            student, faults = _student(header, cells)
            problems += [Problem(path, line, *fault) for fault in faults]
            problems += [Problem(path, line, *fault) for fault in _repeated(student, line, seen)]
            students.append(student)
        if not students:
            problems.append(Problem(path, 0, "has no student in it", "write one a line below the header"))
    if problems:
        raise AuthorError(problems)
    return Roster(students)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line it begins in; blanks are single ones."""
    text = authored_text(path, "save it as UTF-8 (in Excel: CSV UTF-8)")
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            cells = [" ".join(cell.split()) for cell in row]
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise AuthorError([Problem(path, line, f"is no valid CSV: {error}")]) from None


def _header_faults(header: list[str]) -> Iterator[tuple[str, str]]:
    for position, column in enumerate(header):
        if column and column not in COLUMNS:
            mend = suggest(column, COLUMNS) or f"columns are {', '.join(COLUMNS)}"
            yield f"unknown column {column!r}", mend
        elif column and column in header[:position]:
            yield f"a second column {column!r}", "keep one"
    if "id" not in header:
        yield "no column 'id'", "add one with each student's id, as results and grades name them"
    if "name" in header and {"first_name", "last_name"} & set(header):
        yield "'name' and 'first_name' or 'last_name' say the same twice", "keep one or the other"


def _student(header: list[str], cells: list[str]) -> tuple[Student, list[tuple[str, str]]]:
    faults = []
    extra = cells[len(header) :] + [cell for column, cell in zip(header, cells, strict=False) if not column]
    if any(extra):
        faults.append(("a cell below no column", "name its column, or quote what holds a separator"))
    said = {column: cell for column, cell in zip(header, cells, strict=False) if column in COLUMNS}
    for column, text in said.items():
        if not text.isprintable():
            faults.append((f"{column} {text!r} holds what cannot be shown", "write it anew"))
    name = said.get("name") or f"{said.get('first_name', '')} {said.get('last_name', '')}".strip()
    aliases = tuple((column, said[column]) for column in ALIASES if said.get(column))
    student = Student(said.get("id", ""), name, said.get("email", ""), aliases, said.get("last_name", ""))
    if not student.id:
        faults.append(("no id", "every student needs one"))
    elif not safe_name(student.id):
        mend = "use letters, digits and . _ @ + -"
        faults.append((f"{student.id!r} cannot be a student's id", mend))
    if student.email and not _EMAIL.fullmatch(student.email):
        faults.append((f"{student.email!r} is no e-mail address", "write it as name@host, or leave it empty"))
    return student, faults


def _repeated(student: Student, line: int, seen: dict[str, tuple[int, str]]) -> Iterator[tuple[str, str]]:
    """Identifiers that mean an earlier student. Ids are compared in any case of letters: they are
    names of folders."""
    for column, text in student.identifiers:
        keys = {_folded(text), f"folder {text.casefold()}"} if column == "id" else {_folded(text)}
        earlier = [seen[key] for key in keys if key in seen and seen[key][0] != line]
        if earlier:
            other, where = earlier[0]
            yield f"{column} {text!r} is also the {where} in line {other}", "one must be another's"
        for key in keys:
            seen.setdefault(key, (line, column))
