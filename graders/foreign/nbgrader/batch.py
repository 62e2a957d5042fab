"""A batch of nbgrader's: folders handed in become rows of the course's gradebook and notebooks as they ran.

A submission is packed as one archive of our own making, so that it is kept, and graded again, as one thing.
Its rows and its folder in autograded/ are written when it is done, its result last.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import stat
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from graders.assignment import installed
from graders.autograde import BatchOf, Interrupted
from graders.engine.worker import Forks
from graders.errors import InternalError, Rejected
from graders.foreign.nbgrader.book import Book
from graders.foreign.nbgrader.course import (
    TIMESTAMP,
    Foreign,
    read_sheets,
    support_files,
    timestamp_of,
)
from graders.foreign.nbgrader.exam import Sat, examine_notebook, renamed
from graders.foreign.nbgrader.sheet import Sheet, digest
from graders.grader import Graded, Task, blank_result
from graders.handed import Handed
from graders.intake import MAX_BYTES, check_size
from graders.records import Limits, Result, Tier, Verdict, worst
from graders.sandbox.policy import policy
from graders.store import ResultStore, held, sweep, unfinished
from graders.untrusted import printable
from graders.work import Work

MAX_FILES = 1000
MAX_HANDED = MAX_BYTES  # of one submission, all its files together
MAX_NESTED = 16


@dataclass(frozen=True, slots=True)
class Assignment:
    """All that grading one assignment needs; crosses to the grading processes."""

    id: str
    limits: Limits
    sheets: tuple[Sheet, ...]
    files: dict[str, bytes]
    kept: frozenset[str]
    restoring: dict[str, Any]

    @property
    def digest(self) -> str:
        return digest(self.sheets, self.files, [sorted(self.kept), self.restoring])


@dataclass(frozen=True, slots=True)
class Sitting(Graded):
    """A submission's result with each of its notebooks: None for one that was not handed in, a reason for one
    that cannot be read."""

    notebooks: dict[str, Sat | str | None] = field(default_factory=dict)


def read_assignment(course: Foreign) -> Assignment:
    """Raises AuthorError, UsageError."""
    files = support_files(course)
    limits = course.limits
    return Assignment(
        id=course.id,
        limits=replace(
            limits,
            scratch_bytes=limits.scratch_bytes + sum(map(len, files.values())),
            file_bytes=max([limits.file_bytes, *map(len, files.values())]),
        ),
        sheets=tuple(read_sheets(course)),
        files=files,
        kept=course.kept_by_students,
        restoring=course.restoring,
    )


class SittingGrader:
    """Grades submissions of one assignment, in a trusted process."""

    def __init__(self, assignment: Assignment, tier: Tier, forks: Forks) -> None:
        if sys.platform == "linux":
            from graders.sandbox.linux import set_dumpable

            set_dumpable(False)  # it holds the tests
        self._assignment, self._tier, self._forks = assignment, tier, forks
        self._digest = assignment.digest

    def grade(self, task: Task) -> Graded:
        started = time.perf_counter()
        blank = blank_result(task, self._assignment, self._tier, self._digest)
        blank = replace(blank, possible=sum(sheet.possible for sheet in self._assignment.sheets))
        try:
            graded: Graded = self._grade(task, blank)
        except InternalError as error:
            graded = Graded(replace(blank, reason=str(error)))
        seconds = round(time.perf_counter() - started, 6)
        return replace(graded, result=replace(graded.result, seconds=seconds))

    def _grade(self, task: Task, blank: Result) -> Sitting:
        handed = unpacked(task.data)
        several = len(self._assignment.sheets) > 1
        found: dict[str, Sat | str | None] = {}
        for sheet in self._assignment.sheets:
            data = handed.get(f"{sheet.name}.ipynb")
            found[sheet.name] = None if data is None else self._one(sheet, data, handed, task.seed)
        sat = {name: one for name, one in found.items() if isinstance(one, Sat)}
        reasons = [f"{name}.ipynb: {one}" for name, one in found.items() if isinstance(one, str)]
        if not sat and (reasons or all(one is None for one in found.values())):
            names = ", ".join(f"{sheet.name}.ipynb" for sheet in self._assignment.sheets)
            reason = "; ".join(reasons) or f"none of the assignment's notebooks is in it ({names})"
            return Sitting(replace(blank, verdict=Verdict.REJECTED, reason=reason), notebooks=found)
        absent = [f"{name}.ipynb was not handed in" for name, one in found.items() if one is None]
        questions = tuple(
            renamed(question, name) if several else question
            for name, one in sat.items()
            for question in one.questions
        )
        notes = [note for one in sat.values() for note in one.notes]
        result = replace(
            blank,
            verdict=worst(*(one.verdict for one in sat.values())),
            reason="; ".join([*reasons, *absent, *notes]),
            points=sum(question.points for question in questions),
            questions=questions,
            manual=tuple(manual for one in sat.values() for manual in one.manual),
            cells=tuple(cell for one in sat.values() for cell in one.cells),
        )
        return Sitting(result, notebooks=found)

    def _one(self, sheet: Sheet, data: bytes, handed: dict[str, bytes], seed: int) -> Sat | str:
        """The notebook examined, or why it cannot be."""
        assignment = self._assignment
        files = beside(assignment, handed)
        try:
            check_size(len(data))
            return examine_notebook(
                self._forks, sheet, data, files, assignment.limits, assignment.restoring, seed=seed
            )
        except Rejected as reason:
            return str(reason)


class SittingBatch(BatchOf):
    """Raises AuthorError, UsageError for a course that cannot be used."""

    preload = "graders.foreign.nbgrader.preload"

    def __init__(self, course: Foreign, book: Book, assignment: Assignment, tier: Tier) -> None:
        imports = tuple(dict.fromkeys(m for sheet in assignment.sheets for m in sheet.imports))
        modules = tuple(module for module in imports if installed(module))
        work = Work(
            subject=assignment,
            policy=policy(tier, assignment.limits, hidden=course.root),
            digest=assignment.digest,
            modules=modules,
            make=partial(SittingGrader, assignment, tier),
            judging=modules,
        )
        super().__init__(work, ResultStore(course.state, course.id, ".zip"))
        self._course, self._book, self._assignment = course, book, assignment

    def read(self, handed: Handed) -> bytes:
        return packed(handed.path, self._course)

    def keep(self, graded: Graded) -> Result:
        result = graded.result
        if isinstance(graded, Sitting) and result.verdict not in (Verdict.REJECTED, Verdict.UNGRADED):
            submitted = self._course.submitted(result.student)
            handed = unpacked(self.store.kept(result.sha256))
            lay_out(self._course, result.student, self._assignment, handed, graded.notebooks)
            rows = {
                name: (one.scores, one.blank) if isinstance(one, Sat) else None
                for name, one in graded.notebooks.items()
            }
            broken = [name for name, one in graded.notebooks.items() if isinstance(one, str)]
            self._book.write(result.student, timestamp_of(submitted), rows, broken)
        self.store.write(result)
        return result

    def stale(self, handed: Sequence[Handed]) -> set[str]:
        """Students whose row or folder is not that of what they handed in."""
        return {
            one.student
            for one in handed
            if not self._course.autograded(one.student).is_dir()
            or not self._book.has(one.student, timestamp_of(one.path))
        }


@dataclass(frozen=True, slots=True)
class Round:
    results: list[Result]
    interrupted: bool


def grade_course(
    course: Foreign,
    tier: Tier,
    report: Callable[[Result], None],
    handed: Sequence[Handed],
    *,
    jobs: int,
    force: bool = False,
) -> Round:
    """Grades what was handed in. What was graded before on the same files and tests, and is in the gradebook,
    is not graded again unless `force`. Raises AuthorError, UsageError."""
    sweep(course.state)
    sweep(course.root / course.directory.autograded_directory)
    assignment = read_assignment(course)
    results: list[Result] = []
    interrupted = False

    def done(result: Result) -> None:
        results.append(result)
        report(result)

    with course.book() as book:
        batch = SittingBatch(course, book, assignment, tier)
        stale = batch.stale(handed)
        for again in (True, False):
            some = [one for one in handed if (one.student in stale) is again]
            if not some:
                continue
            try:
                batch.grade(some, done, jobs=jobs, force=force or again)
            except Interrupted:
                interrupted = True
                break
    return Round(sorted(results, key=lambda result: result.student), interrupted)


def packed(folder: Path, course: Foreign) -> bytes:
    """The files of a submission as a zip file, the same for the same files. Links are left out, as is what
    nbgrader ignores. Raises Rejected, OSError."""
    made = io.BytesIO()
    total = 0
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for count, path in enumerate(_files(folder, course)):
            with os.fdopen(
                os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb"
            ) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    continue
                data = file.read(MAX_HANDED + 1 - total)
            total += len(data)
            if total > MAX_HANDED or count >= MAX_FILES:
                raise Rejected(f"more than {MAX_HANDED >> 20} MiB, or {MAX_FILES} files, were handed in")
            name = (
                path.relative_to(folder)
                .as_posix()
                .encode("utf-8", "surrogateescape")
                .decode("utf-8", "replace")
            )
            archive.writestr(zipfile.ZipInfo(name), data)
    return made.getvalue()


def _files(folder: Path, course: Foreign) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):  # follows no link
        below = Path(place).relative_to(folder)
        if len(below.parts) > MAX_NESTED:
            raise Rejected(f"folders are nested more than {MAX_NESTED} deep")
        folders[:] = sorted(name for name in folders if not course.ignores(Path(name)))
        for name in sorted(files):
            path = Path(place, name)
            if not course.ignores(Path(name)) and not path.is_symlink() and name != TIMESTAMP:
                yield path


def unpacked(data: bytes) -> dict[str, bytes]:
    """Of an archive that `packed` made."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def beside(assignment: Assignment, handed: Mapping[str, bytes]) -> dict[str, bytes]:
    """What lies beside the notebooks: the author's files, and the student's own that take the place of none,
    or are named in Autograde.exclude_overwriting."""
    files = {path: body for path, body in assignment.files.items() if path not in assignment.kept & {*handed}}
    taken = {*files, *(str(folder) for path in files for folder in PurePosixPath(path).parents)}
    for path, body in handed.items():
        above = {str(folder) for folder in PurePosixPath(path).parents}
        if not path.endswith(".ipynb") and path not in taken and not above & {*files}:
            files[path] = body
    return files


def lay_out(
    course: Foreign,
    student: str,
    assignment: Assignment,
    handed: dict[str, bytes],
    notebooks: dict[str, Sat | str | None],
) -> None:
    """autograded/STUDENT/ASSIGNMENT as nbgrader leaves it: notebooks as they ran, files, timestamp; whole or
    not at all."""
    folder = course.autograded(student)
    made = unfinished(folder)
    files = beside(assignment, handed)
    files |= {f"{name}.ipynb": one.notebook for name, one in notebooks.items() if isinstance(one, Sat)}
    stamp = course.submitted(student) / TIMESTAMP
    if timestamp_of(stamp.parent) is not None:
        files[TIMESTAMP] = stamp.read_bytes()
    permissions = 0o664 if course.directory.groupshared else 0o444
    try:
        made.mkdir(parents=True)
        with _open(made) as descriptor, held(descriptor):
            for path, body in files.items():
                place = made / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(body)
                place.chmod(permissions)
            before = unfinished(folder) if folder.exists() else None
            if before is not None:
                folder.rename(before)
            made.rename(folder)
        if before is not None:
            shutil.rmtree(before)
    except OSError as error:
        raise InternalError(f"{printable(folder)} cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(made)


@contextlib.contextmanager
def _open(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
