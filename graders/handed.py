"""What was handed in, and by whom: found below the paths that are named, collected, or kept from before."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from graders.course import Topic
from graders.errors import Rejected, UsageError
from graders.intake import MAX_BYTES, SUFFIXES, check_size, listed
from graders.store import ResultStore, safe_name
from graders.untrusted import printable

MAX_NESTED = 32  # folders of one student
_LINK = "this is a link to a file. Submit the file itself"


@dataclass(frozen=True, slots=True)
class Handed:
    """A file handed in, and by whom as its place says. `problem` says why it is not even opened; `file`
    is its name in the result, where that is not its path; `submitted` is UTC, ISO 8601, where known.
    `before` is what counts instead should it be rejected."""

    student: str
    path: Path
    problem: str = ""
    file: str = ""
    submitted: str = ""
    before: Handed | None = None


def find_submissions(paths: list[Path], topic: str) -> list[Handed]:
    """What was handed in below `paths`: STUDENT.ipynb, or STUDENT/**/TOPIC.ipynb as nbgrader keeps
    them; a zip or tar file may stand for a notebook.

    A name or a file that cannot be taken is its student's problem, not the batch's. Raises UsageError
    for a path that is not there or holds no notebook.
    """
    found = [(path, list(_handed(path, topic))) for path in paths]
    for path, of_path in found:
        if not of_path:
            raise UsageError(f"{printable(path)}: no notebook (.ipynb) in it")
    return _each_once(of_path for _, of_path in found)


def find_by_topic(paths: list[Path], topics: Sequence[str]) -> dict[str, list[Handed]]:
    """What was handed in of several topics below the folders `paths`: STUDENT/**/TOPIC.ipynb, of each topic
    by its name alone. Topics of which there is nothing are left out.

    Raises UsageError for a path that is no folder, or has nothing of any of them in it.
    """
    found: dict[str, list[list[Handed]]] = {topic: [] for topic in topics}
    for path in paths:
        if not path.is_dir():
            why = "is no folder" if path.exists() else "no such file or folder"
            raise UsageError(f"{printable(path)}: {why}; of several topics, STUDENT/TOPIC.ipynb are graded")
        for topic, of_topic in found.items():
            of_topic.append(list(_handed(path, topic, by_name=True)))
        if not any(of_topic[-1] for of_topic in found.values()):
            raise UsageError(f"{printable(path)}: no STUDENT/TOPIC.ipynb of {', '.join(topics)} in it")
    return {topic: _each_once(of_topic) for topic, of_topic in found.items() if any(of_topic)}


def _each_once(found: Iterable[Iterable[Handed]]) -> list[Handed]:
    """By student, with what is wrong about a name, or about two files of one student, as their problem."""
    handed: dict[str, Handed] = {}
    for of_path in found:
        for one in of_path:
            if not safe_name(one.student):
                digest = hashlib.sha256(os.fsencode(one.path)).hexdigest()[:8]
                problem = (
                    f"{listed([one.student])} cannot be a student's id; use letters, digits and . _ @ + -"
                )
                one = Handed(f"invalid-name-{digest}", one.path, problem)
            other = handed.get(one.student)
            if other is not None and not _same(other.path, one.path):
                names = listed([printable(other.path), printable(one.path)])
                one = replace(one, problem=f"several notebooks were handed in: {names}. Keep one")
            handed[one.student] = one
    return [handed[student] for student in sorted(handed)]


def collected_submissions(
    folder: Path, topic: Topic, extensions: Mapping[tuple[str, str], datetime]
) -> list[Handed]:
    """The version of each student that counts by the topic's rule, from what was collected in `folder`.

    Raises UsageError when there is nothing.
    """
    from graders.versions import current

    extended = {student: due for (student, of), due in extensions.items() if of == topic.id}
    grace = timedelta(seconds=topic.late.grace)
    found = current(folder, topic.id, topic.versions, topic.due, grace, extended) if folder.is_dir() else {}
    if not found:
        raise UsageError(f"nothing of {topic.id} was collected; name files, or see: sorcery collect --help")
    handed = []
    for student, versions in found.items():
        one: Handed | None = None
        for version in reversed(versions.ordered):
            submitted = version.submitted.isoformat() if version.submitted else ""
            file = version.path.relative_to(folder).as_posix()
            one = Handed(student, version.path, versions.problem, file, submitted, one)
        if one is not None:
            handed.append(one)
    return handed


def kept_submissions(store: ResultStore) -> list[Handed]:
    """What was graded before, from the store, to be graded again by the tests of today."""
    return [
        Handed(result.student, store.submission(result.sha256), "", result.file, result.submitted)
        for result in store
        if result.sha256
    ]


def _handed(path: Path, topic: str, *, by_name: bool = False) -> Iterator[Handed]:
    if path.is_dir():
        for entry in sorted(path.iterdir()):
            if entry.name.startswith("."):
                continue
            if entry.is_dir() and not entry.is_symlink():
                yield from _of_one_student(entry, topic, by_name=by_name)
            elif not by_name and (stem := _stem(entry.name)) is not None:
                yield Handed(stem, entry, _LINK if entry.is_symlink() else "")
    elif path.exists():
        stem = _stem(path.name)
        yield Handed(path.stem if stem is None else stem, path.resolve() if path.is_symlink() else path)
    else:
        raise UsageError(f"{printable(path)}: no such file or folder")


def _of_one_student(folder: Path, topic: str, *, by_name: bool) -> Iterator[Handed]:
    found: list[Path] = []
    for place, folders, files in os.walk(folder):  # follows no link
        if len(Path(place).parts) > len(folder.parts) + MAX_NESTED:
            yield Handed(folder.name, folder, f"folders are nested more than {MAX_NESTED} deep")
            return
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(files) if not name.startswith(".")]
    stems = {path: stem for path in found if (stem := _stem(path.name)) is not None}
    notebooks = [path for path in stems if path.suffix == ".ipynb"]
    named = [path for path in notebooks if stems[path] == topic]
    if by_name:
        named = named or [path for path, stem in stems.items() if stem == topic]
    else:
        named = named or notebooks or list(stems)
    if len(named) > 1:
        names = listed([printable(path.relative_to(folder)) for path in named])
        problem = f"several notebooks were handed in: {names}. Keep one, or name it {topic}.ipynb"
        yield Handed(folder.name, folder, problem)
    elif named:
        yield Handed(folder.name, named[0], _LINK if named[0].is_symlink() else "")


def _stem(name: str) -> str | None:
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), None)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def read_file(path: Path) -> bytes:
    """What lies at `path`. Never waits, as a FIFO would make it. Raises Rejected, OSError."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Rejected("this is no file but a device, a pipe or a folder. Submit the .ipynb file itself")
        check_size(status.st_size)
        return file.read(MAX_BYTES + 1)
