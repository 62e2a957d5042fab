"""Puts a release into a student's course folder, and never writes over what they changed.

    assignments/course.yaml  assignments/TOPIC/...
    .sorcery/fetched.json              what each file was when it came
    .sorcery/released/TOPIC.ipynb      the notebook as it was released last

A file that is not as it came is the student's. It stays, and the new one is put beside it, unless
nothing about it is new.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from graders.assignment import read_assignment
from graders.course import COURSE_FILE, STATE_FOLDER, Course, find_course, load_course
from graders.errors import AuthorError, UsageError
from graders.exchange import exchange_of
from graders.release import COURSE, Release, read_release
from graders.store import safe_name, write_atomically
from graders.untrusted import printable


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one file. `path` is relative to the course's root."""

    what: Literal["added", "updated", "kept"]
    path: str
    why: str = ""


class _Fetched(msgspec.Struct):
    """SHA-256 by path below assignments/, and how new the course.yaml is."""

    files: dict[str, str] = {}
    written: float = 0.0


def here(source: Path | None) -> tuple[Course | None, Path]:
    """The course to fetch into and its root; with a `source`, a new one may begin in the working directory.

    Raises UsageError without a course and a source to begin one from.
    """
    try:
        course = find_course()
    except UsageError as error:
        if source is None:
            raise UsageError(f"{error}; or begin one with --from FOLDER_OR_ZIP") from None
        return None, Path.cwd()
    return course, course.root


def find_release(course: Course | None, topic: str, source: Path | None) -> Release:
    """A topic's release from `source`, or from the course's exchange. Raises UsageError."""
    if not safe_name(topic):
        raise UsageError(f"{topic!a} is no topic's id")
    if source is not None:
        return read_release(source, topic)
    exchange = None if course is None else exchange_of(course)
    if course is None or exchange is None:
        raise UsageError(
            "this course has no exchange to fetch from; name a release with --from FOLDER_OR_ZIP"
        )
    if topic not in exchange.released():
        course.topic(topic)
        raise UsageError(f"{topic} is not released yet")
    return read_release(exchange.outbound, topic)


def fetch(course: Course | None, root: Path, release: Release) -> list[Change]:
    """Puts `release` below `root`, where `course` is if there is one yet; what it did, file by file.

    Raises UsageError for a release of another course or one that is not whole, before it writes.
    """
    _check(course, release)
    state = root / STATE_FOLDER
    fetched = _read(state / "fetched.json")
    changes: list[Change] = []
    try:
        for name, content in sorted(release.files.items()):
            change = _install(root, name, content, release, fetched)
            changes += [change] if change is not None else []
    finally:
        write_atomically(state / "fetched.json", msgspec.json.format(msgspec.json.encode(fetched), indent=1))
    write_atomically(state / "released" / f"{release.topic}.ipynb", release.files[f"{release.topic}.ipynb"])
    return changes


def _install(root: Path, name: str, content: bytes, release: Release, fetched: _Fetched) -> Change | None:
    inside = COURSE if name == COURSE else f"{release.topic}/{name}"
    place = COURSE_FILE.parent / PurePosixPath(inside)
    path, digest = root / place, hashlib.sha256(content).hexdigest()
    before, there = fetched.files.get(inside), _digest(path)
    change: Change | None = None
    if name == COURSE and there not in (None, digest) and release.written < fetched.written:
        return Change("kept", place.as_posix(), "that of this release is older")
    if there is None:
        write_atomically(path, content)
        change = Change("added", place.as_posix())
    elif there not in (digest, before):
        why = "you changed it; the release has nothing new"
        if digest != before:
            beside = _beside(path, inside, digest, fetched)
            if _digest(beside) != digest:
                write_atomically(beside, content)
            why = f"you changed it; the new one is {printable(beside.name)}"
        change = Change("kept", place.as_posix(), why)
    elif there != digest:
        write_atomically(path, content)
        change = Change("updated", place.as_posix())
    fetched.files[inside] = digest  # only now: what could not be written did not come
    if name == COURSE:
        fetched.written = max(release.written, fetched.written)
    return change


def _beside(path: Path, inside: str, digest: str, fetched: _Fetched) -> Path:
    """NAME.new beside `path`, of a notebook NAME.new.ipynb: none that the student has changed."""
    notebook, number = path.suffix == ".ipynb", 1
    while True:
        new = ".new" if number == 1 else f".new{number}"
        other = path.with_name(f"{path.stem}{new}{path.suffix}" if notebook else f"{path.name}{new}")
        known = str(PurePosixPath(inside).with_name(other.name))
        there = _digest(other)
        if there is None or there in (digest, fetched.files.get(known)):
            fetched.files[known] = digest
            return other
        number += 1


def _digest(path: Path) -> str | None:
    """SHA-256 of a file; None when nothing is there, empty for what is not a file that can be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "" if os.path.lexists(path) else None


def _check(course: Course | None, release: Release) -> None:
    """Laid out as a course of its own, a release loads as one."""
    with tempfile.TemporaryDirectory(prefix="sorcery-") as folder:
        root = Path(folder)
        notebook = root / f"{release.topic}.ipynb"
        write_atomically(notebook, release.files[notebook.name])
        try:
            theirs = course
            if COURSE in release.files:
                write_atomically(root / COURSE_FILE, release.files[COURSE])
                theirs = load_course(root)
            if theirs is None:
                raise UsageError(f"no course here, and no {COURSE} in the release to begin one with")
            if course is not None and theirs.id != course.id:
                raise UsageError(f"this is a release of the course {theirs.id}, and here is {course.id}")
            read_assignment(theirs.topic(release.topic), notebook)
        except AuthorError as error:
            problem = error.problems[0]
            where = f"{problem.file.name}{f':{problem.line}' if problem.line else ''}"
            raise UsageError(f"the release is not whole: {where} {problem.message}") from None


def _read(path: Path) -> _Fetched:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Fetched)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return _Fetched()  # nothing is known to be as it came, so nothing is written over
