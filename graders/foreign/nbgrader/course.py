"""A stock nbgrader course, as its nbgrader_config.py and its folders say.

source/ASSIGNMENT/*.ipynb                the author's notebooks, and what lies beside them when they run
submitted/STUDENT/ASSIGNMENT/*.ipynb     what was handed in, with timestamp.txt
autograded/STUDENT/ASSIGNMENT/*.ipynb    as it ran, for formgrader
gradebook.db
.sorcery/                                what sorcery keeps between runs
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from graders.errors import AuthorError, Problem, UsageError
from graders.foreign.nbgrader.book import Book, open_book
from graders.foreign.nbgrader.sheet import Sheet, Written, sheet
from graders.handed import Handed
from graders.intake import listed
from graders.records import Limits
from graders.store import safe_name
from graders.untrusted import on_one_line, printable

TIMESTAMP = "timestamp.txt"
_ASSIGNMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}")


@dataclass(frozen=True, slots=True)
class Foreign:
    """A course and one of its assignments. `directory` and `config` are nbgrader's own."""

    root: Path
    id: str  # of the assignment
    directory: Any
    config: Any

    @property
    def source(self) -> Path:
        return self._folder(self.directory.source_directory, ".")

    @property
    def state(self) -> Path:
        return self.root / ".sorcery"

    def submitted(self, student: str) -> Path:
        return self._folder(self.directory.submitted_directory, student)

    def autograded(self, student: str) -> Path:
        return self._folder(self.directory.autograded_directory, student)

    def _folder(self, step: str, student: str) -> Path:
        return Path(os.path.normpath(self.directory.format_path(step, student, self.id)))

    @property
    def limits(self) -> Limits:
        """nbgrader has but a limit of time for a cell, 30 s where nothing else is said; others are ours."""
        from nbgrader.preprocessors import Execute

        seconds = Execute(config=self.config).timeout
        if not seconds or seconds < 0:
            seconds = 24 * 3600
        return Limits(cell_seconds=float(seconds), notebook_seconds=max(600.0, 20.0 * seconds))

    @property
    def restoring(self) -> dict[str, Any]:
        """The options of OverwriteCells."""
        from nbgrader.preprocessors import OverwriteCells

        found = OverwriteCells(config=self.config)
        return {name: getattr(found, name) for name in ("add_missing_cells", "missing_cell_notification")}

    @property
    def kept_by_students(self) -> frozenset[str]:
        """Paths of files beside the source that do not take the place of a student's own."""
        from nbgrader.converters import Autograde

        return frozenset(Autograde(config=self.config).exclude_overwriting.get(self.id, []))

    def ignores(self, path: Path) -> bool:
        patterns = self.directory.ignore
        return any(fnmatch.fnmatch(part, pattern) for part in path.parts for pattern in patterns)

    @contextlib.contextmanager
    def book(self) -> Iterator[Book]:
        with open_book(self.directory.db_url, self.directory.course_id, self.id, self.config) as book:
            yield book


def find_foreign(root: Path, assignment: str) -> Foreign:
    """The course in the folder `root`. Raises UsageError for what is no course or has no such assignment."""
    from nbgrader.apps.baseapp import NbGrader
    from nbgrader.coursedir import CourseDirectory

    root = root.resolve()
    if not root.is_dir():
        raise UsageError(f"{printable(root)}: no such folder")
    if not _ASSIGNMENT.fullmatch(assignment):
        raise UsageError(f"{on_one_line(assignment)!r} cannot be an assignment of nbgrader's")
    application = NbGrader()
    application.log.setLevel(logging.CRITICAL + 1)
    application.raise_config_file_errors = True
    with contextlib.chdir(root):
        try:
            application.load_config_file()
            directory = CourseDirectory(parent=application)
            if not application.config.CourseDirectory.get("root"):
                directory.root = str(root)
            found = Foreign(Path(directory.root), assignment, directory, application.config)
        except (Exception, SystemExit) as error:  # the file is a program
            raise UsageError(f"{root}/nbgrader_config.py: {type(error).__name__}: {error}") from None
    if not found.source.is_dir():
        there = sorted(p.name for p in found.source.parent.iterdir()) if found.source.parent.is_dir() else []
        raise UsageError(f"no assignment {assignment!r} in {found.source.parent} (there: {listed(there)})")
    return found


def read_sheets(course: Foreign) -> list[Sheet]:
    """The notebooks of the assignment, as the gradebook keeps them; nbgrader generates it first where it has
    not yet. Raises AuthorError for tests that are no Python, UsageError for other faults."""
    with course.book() as book:
        known = book.notebooks()
    if not known:
        _generate(course)
    with course.book() as book:
        kept = {name: book.cells(name) for name in book.notebooks()}
    if not kept:
        raise UsageError(
            f"{course.id} has no notebook in nbgrader's gradebook; see: nbgrader generate_assignment"
        )
    marks = _marks(course)
    sheets, problems = [], []
    for name, (cells, kernelspec) in kept.items():
        language = json.loads(kernelspec).get("language", "python") if kernelspec else "python"
        if language != "python":
            raise UsageError(f"{name}.ipynb is in {on_one_line(str(language))}; only Python is graded here")
        try:
            sheets.append(sheet(name, cells, _written(course.source / f"{name}.ipynb"), marks, kernelspec))
        except SyntaxError as error:
            message = f"cell {error.filename}, line {error.lineno}: not valid Python: {error.msg}"
            problems.append(Problem(course.source / f"{name}.ipynb", 0, message))
    if problems:
        raise AuthorError(problems)
    return sheets


def _marks(course: Foreign) -> tuple[str, str]:
    from nbgrader.preprocessors import ClearHiddenTests

    clearing = ClearHiddenTests(config=course.config)
    return clearing.begin_test_delimeter, clearing.end_test_delimeter


def _generate(course: Foreign) -> None:
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", course.id]
    environment = dict(os.environ)
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    done = subprocess.run(
        [*command, f"--CourseDirectory.root={course.root}"],
        cwd=course.root, env=environment, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "ERROR" in line or "Error" in line]
        why = on_one_line(said[-1] if said else done.stderr[-300:])
        raise UsageError(f"nbgrader generate_assignment {course.id} failed: {why}")


def _written(path: Path) -> list[Written]:
    """The code cells of a source notebook; none where it is gone, and the gradebook is all there is."""
    import nbformat

    try:
        notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        return []
    except Exception as error:
        raise AuthorError([Problem(path, 0, f"cannot be read: {on_one_line(str(error))}")]) from None
    return [
        Written(cell.metadata.get("nbgrader", {}).get("grade_id", ""), cell.source)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def support_files(course: Foreign) -> dict[str, bytes]:
    """What lies beside the author's notebooks, by its path from there."""
    found = {}
    for path in sorted(course.source.rglob("*")):
        below = path.relative_to(course.source)
        if path.is_file() and path.suffix != ".ipynb" and not course.ignores(below):
            found[below.as_posix()] = path.read_bytes()
    return found


def find_handed(course: Foreign, only: tuple[str, ...] = ()) -> list[Handed]:
    """What was handed in, by student. Raises UsageError where there is nothing, or not of one of `only`."""
    pattern = course.submitted("(?P<student>[^/]+)")
    matching = re.compile(
        re.escape(str(pattern)).replace(re.escape("(?P<student>[^/]+)"), "(?P<student>[^/]+)")
    )
    found: dict[str, Handed] = {}
    excluded = set(filter(None, course.directory.student_id_exclude.split(",")))
    for path in sorted(Path("/").glob(str(course.submitted("*")).lstrip("/"))):
        match = matching.fullmatch(str(path))
        if match is None or not path.is_dir() or match["student"] in excluded:
            continue
        student, problem = match["student"], ""
        if path.is_symlink() or not safe_name(student):
            problem = f"{listed([student])} cannot be a student's id, or its folder is a link"
            student = f"invalid-name-{len(found)}"
        found[student] = Handed(student, path, problem, submitted=_submitted(path))
    for student in only:
        if student not in found:
            raise UsageError(f"{on_one_line(student)} handed in nothing of {course.id}")
    if not found:
        raise UsageError(f"nothing of {course.id} was handed in: {course.submitted('STUDENT')} is not there")
    return [found[student] for student in only or sorted(found)]


def _submitted(folder: Path) -> str:
    moment = timestamp_of(folder)
    return "" if moment is None else f"{moment.isoformat()}+00:00"


def timestamp_of(folder: Path) -> datetime | None:
    """When it was handed in, UTC without a zone, as nbgrader reads it; None where nothing says so."""
    from nbgrader.utils import parse_utc

    path = folder / TIMESTAMP
    if path.is_symlink() or not path.is_file():
        return None
    try:
        text = path.read_bytes()[:200].decode("utf-8", "replace").strip()
        moment: datetime | None = parse_utc(text) if text else None
    except (ValueError, OverflowError, OSError):
        return None
    return moment
