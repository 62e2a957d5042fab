"""Every version a student handed in, on disk, and which of them counts.

    FOLDER/STUDENT/TOPIC/20260130T203010.123456Z-1a2b3c4d/TOPIC.ipynb
                                                          timestamp.txt            as nbgrader writes it
                                                          submission_secret.txt    and its feedback's

A folder's name is when (UTC; `unknown` where nothing says) and what (the first of the SHA-256), so a
version that is there already is not written again. A version is whole or not there.
"""

from __future__ import annotations

import contextlib
import filecmp
import hashlib
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from graders.collect import Collected, Taken
from graders.errors import Rejected, UsageError
from graders.exchange import SECRET, TIMESTAMP
from graders.lms import split_suffix, timestamp
from graders.sources import open_source
from graders.store import held, safe_name, unfinished

RULES = ("latest", "latest_on_time")

_UNKNOWN = "unknown"
_NAME = re.compile(rf"(?:([0-9]{{8}}T[0-9]{{6}}\.[0-9]{{6}})Z|{_UNKNOWN})-[0-9a-f]{{8}}")


@dataclass(frozen=True, slots=True)
class Version:
    """A notebook on disk. `submitted` is UTC, None where nothing says when; `number` counts from 1."""

    student: str
    submitted: datetime | None
    path: Path
    number: int = 0


@dataclass(frozen=True, slots=True)
class Versions:
    """A student's versions, the one that counts first, then each that would count without those before
    it. `problem` says why none can be told to count; they are in the order of their folders' names then."""

    ordered: tuple[Version, ...]
    problem: str = ""


def store(collected: Collected, folder: Path) -> tuple[Path, ...]:
    """Writes each version that is not in `folder` yet, from its source; the new notebooks.

    What is there already stays as it is. Raises UsageError when a source has changed since, or the
    file system refuses; what was written until then stays, and the same call goes on.
    """
    missing: dict[Path, list[tuple[Taken, Path]]] = defaultdict(list)
    for taken in collected.taken:
        path = _path(taken, collected.topic, folder)
        if not os.path.lexists(path.parent):
            missing[taken.source].append((taken, path))
    written = []
    for source_path, versions in missing.items():
        with open_source(source_path) as source:
            for taken, path in versions:
                try:
                    data = source.read(taken.entry)
                except Rejected as reason:
                    raise UsageError(f"{source_path}: {taken.student}: {reason}") from None
                if hashlib.sha256(data).hexdigest() != taken.sha256:
                    raise UsageError(f"{source_path}: {taken.student}: it has changed; collect it again")
                files = {path.name: data}
                if taken.submitted is not None:
                    files[TIMESTAMP] = timestamp(taken.submitted).encode()
                if taken.secret:
                    files[SECRET] = taken.secret.encode()
                if _write_folder(path.parent, files):
                    written.append(path)
    return tuple(written)


def _path(taken: Taken, topic: str, folder: Path) -> Path:
    when = _UNKNOWN if taken.submitted is None else re.sub("[-:]", "", _iso(taken.submitted)) + "Z"
    found = split_suffix(taken.entry.parts[-1])
    suffix = found[1] if found else ".ipynb"
    return folder / taken.student / topic / f"{when}-{taken.sha256[:8]}" / f"{topic}{suffix}"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat("T", "microseconds")


def _write_folder(folder: Path, files: dict[str, bytes]) -> bool:
    """All of `files` in a new folder, or nothing; False when it came into being meanwhile."""
    temporary = unfinished(folder)
    try:
        temporary.mkdir(parents=True)
        with _open(temporary) as descriptor, held(descriptor):
            for name, data in files.items():
                with (temporary / name).open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            os.fsync(descriptor)
            try:
                temporary.rename(folder)
            except OSError:
                if folder.exists():
                    return False
                raise
        for above in list(folder.parents)[:3]:  # the topic's, the student's, and the one of all students
            with _open(above) as descriptor:
                os.fsync(descriptor)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return True


@contextlib.contextmanager
def _open(folder: Path) -> Iterator[int]:
    directory = os.open(folder, os.O_RDONLY)
    try:
        yield directory
    finally:
        os.close(directory)


def current(
    folder: Path,
    topic: str,
    rule: str = "latest",
    due: datetime | None = None,
    grace: timedelta = timedelta(0),
    extended: Mapping[str, datetime] | None = None,
) -> dict[str, Versions]:
    """The versions of every student with one in `folder`, by id.

    `latest` counts the latest. `latest_on_time` counts the latest that was not handed in after due +
    grace; when there is none, the earliest late one. `extended` has other due times, by student. Times
    have an offset. Versions without a time are in no order: two different ones are a problem.

    Raises UsageError for another rule, or a folder that cannot be read.
    """
    if rule not in RULES:
        raise UsageError(f"no rule {rule!r} for which version counts (rules: {', '.join(RULES)})")
    try:
        found = {}
        for student in sorted(entry.name for entry in folder.iterdir() if safe_name(entry.name)):
            versions = _stored(folder / student / topic, student, topic)
            last = (extended or {}).get(student, due)
            on_time = last + grace if last is not None and rule == "latest_on_time" else None
            if versions:
                found[student] = _ordered(versions, on_time)
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}") from None
    return found


def secret(folder: Path, topic: str, student: str, sha256: str, submitted: datetime | None) -> str:
    """What the feedback of a version in `folder` is found by in an exchange; empty when it was not
    collected from one. Raises UsageError for a folder that cannot be read."""
    try:
        for version in _stored(folder / student / topic, student, topic):
            file = version.path.with_name(SECRET)
            same = version.submitted == submitted and version.path.parent.name.endswith(f"-{sha256[:8]}")
            if same and file.is_file():
                return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}") from None
    return ""


def _stored(folder: Path, student: str, topic: str) -> list[Version]:
    """In the order of their folders' names: by time, those without one last. Raises OSError."""
    versions = []
    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = _NAME.fullmatch(entry.name)
        if name is None:
            continue
        try:
            moment = datetime.fromisoformat(f"{name[1]}+00:00") if name[1] else None
        except ValueError:
            continue
        for path in sorted(entry.iterdir()):
            parts = split_suffix(path.name)
            if parts is not None and parts[0] == topic:
                versions.append(Version(student, moment, path))
                break
    return versions


def _ordered(versions: list[Version], last: datetime | None) -> Versions:
    """`last` is the last moment that is on time; None when lateness does not matter."""
    timed: list[Version] = []
    untimed: list[Version] = []
    for one in versions:
        kept, earlier = (untimed, timed + untimed) if one.submitted is None else (timed, timed[-1:])
        if not any(_identical(one, other) for other in earlier):
            kept.append(one)
    distinct = [replace(one, number=n) for n, one in enumerate(timed + untimed, 1)]
    if len({one.submitted for one in timed}) < len(timed):
        return Versions(tuple(distinct), "different files were handed in at the same moment. Keep one")
    if len(untimed) > 1 or (untimed and timed):
        problem = f"of {len(distinct)} different files nothing says which is the latest. Keep one"
        return Versions(tuple(distinct), problem)
    late = [one for one in distinct if last is not None and one.submitted and one.submitted > last]
    on_time = [one for one in distinct if one not in late]
    return Versions((*reversed(on_time), *late))


def _identical(one: Version, other: Version) -> bool:
    return one.path.parent.name[-8:] == other.path.parent.name[-8:] and filecmp.cmp(
        one.path, other.path, shallow=False
    )
