"""What students are handed of a topic, and nothing else:

    TOPIC/TOPIC.ipynb   TOPIC/tests/*.py   TOPIC/data/**   TOPIC/course.yaml

A release is a folder or a zip file with that in it. Whoever reads one believes nothing of its names:
a file lands below its topic's folder on every system, or the release is refused whole.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from graders.course import COURSE_FILE, Course, Topic
from graders.errors import AuthorError, Problem, UsageError
from graders.exchange import FILE_MODE, OUTBOUND_MODE, Exchange, exchange_of
from graders.intake import MAX_MEMBERS, MAX_UNPACKED
from graders.store import portable_name, write_atomically
from graders.untrusted import printable

COURSE = COURSE_FILE.name
_FOLDERS = ("tests", "data")
_JUNK = ("__pycache__", "__MACOSX")

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """`files` maps paths below TOPIC/, with slashes, to contents. `written` is the POSIX time of its
    course.yaml, by which the newer of two is known; 0.0 without one."""

    topic: str
    files: Mapping[str, bytes]
    written: float = 0.0


def make_release(course: Course, topic: Topic) -> Release:
    """What is to be released. Raises UsageError when its notebook is stale, AuthorError for files that
    cannot be handed to everyone."""
    from graders.build import stale

    for fault in stale(course, topic):
        raise UsageError(f"{topic.id} is not released: {fault}")
    files, problems = {COURSE: course.file}, []
    for parts, path in _walk(topic.folder):
        if _linked(parts, path):
            problems.append(
                Problem(path, 0, "is a link, which leads nowhere for others", "put the file there")
            )
        elif _belongs(parts, topic.id) and parts != (COURSE,):
            files["/".join(parts)] = path
    if fault := _unfit(files):
        problems.append(Problem(topic.folder, 0, fault, "rename it, or have fewer"))
    if problems:
        raise AuthorError(problems)
    return Release(topic.id, _read(files, topic.folder), datetime.now(UTC).timestamp())


def read_release(source: Path, topic: str) -> Release:
    """A topic's release in a folder (TOPIC/, or what TOPIC/ lies in) or a zip file.

    Raises UsageError when there is none, or one that cannot be taken.
    """
    try:
        if source.is_dir():
            return _from_folder(source, topic)
        return _from_zip(source, topic)
    except FileNotFoundError:
        raise UsageError(f"{printable(source)}: no such file or folder") from None
    except OSError as error:
        raise UsageError(f"{printable(source)} cannot be read: {error.strerror or error}") from None


def zipped(releases: Sequence[Release]) -> bytes:
    """All of them in one zip file, each in its TOPIC/ folder."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for release in releases:
            moment = datetime.fromtimestamp(release.written, UTC).timetuple()[:6]
            for name, content in sorted(release.files.items()):
                info = zipfile.ZipInfo(f"{release.topic}/{name}", moment)
                info.external_attr = (stat.S_IFREG | FILE_MODE) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, content)
    return packed.getvalue()


def write_release(release: Release, folder: Path) -> Path:
    """Puts a release into `folder`, each file at once; returns where. Raises UsageError, before anything is
    written, when something else lies where it would go."""
    place = folder / release.topic
    others = [path for parts, path in _walk(place) if "/".join(parts) not in release.files]
    if others:
        raise UsageError(f"{printable(others[0])} is not of the release; remove it, or choose another folder")
    _write(release, place)
    return place


def publish(releases: Sequence[Release], exchange: Exchange) -> list[Path]:
    """Puts releases into an exchange in place of earlier ones; returns where. What else lies there goes.

    All topics that are released get the course.yaml of now: to a student it is one file.
    """
    exchange.prepare()
    places = []
    for release in releases:
        place = exchange.outbound / release.topic
        _write(release, place)
        _tidy(place, release)
        places.append(place)
    for topic in exchange.released() - {release.topic for release in releases}:
        if releases:
            _put(exchange.outbound / topic / COURSE, releases[0].files[COURSE])
    return places


def hand_out(
    course: Course, releases: Sequence[Release], folder: Path | None, archive: Path | None
) -> list[Path]:
    """Puts releases into a folder, a zip file, or else the course's exchange; returns where.

    Raises UsageError.
    """
    if folder is not None and archive is not None:
        raise UsageError("choose one of --to and --zip")
    if archive is not None:
        write_atomically(archive, zipped(releases))
        return [archive]
    if folder is not None:
        return [write_release(release, folder) for release in releases]
    exchange = exchange_of(course)
    if exchange is None:
        raise UsageError(
            f"{COURSE} names no exchange; add `exchange: /a/shared/folder`, or use --to or --zip"
        )
    return publish(releases, exchange)


def _write(release: Release, place: Path) -> None:
    # The notebook last: with it, the topic is released.
    names = sorted(release.files, key=lambda name: (name == f"{release.topic}.ipynb", name))
    for name in names:
        _put(place / name, release.files[name])
    folders = {place / inner for name in names for inner in PurePosixPath(name).parents}
    try:
        for folder in folders:
            folder.chmod(OUTBOUND_MODE)
    except OSError as error:
        raise UsageError(f"{printable(place)}: {error.strerror}") from None


def _put(path: Path, content: bytes) -> None:
    write_atomically(path, content)
    path.chmod(FILE_MODE)


def _tidy(place: Path, release: Release) -> None:
    try:
        for folder, folders, names in os.walk(place, topdown=False):
            for name in names:
                path = Path(folder, name)
                if path.relative_to(place).as_posix() not in release.files:
                    path.unlink()
            for name in folders:
                path = Path(folder, name)
                if path.is_symlink():
                    path.unlink()
                elif not any(path.iterdir()):
                    path.rmdir()
    except OSError as error:
        raise UsageError(f"{printable(place)}: {error.strerror}") from None


def _from_folder(source: Path, topic: str) -> Release:
    places = [place for place in (source / topic, source) if (place / f"{topic}.ipynb").is_file()]
    if not places:
        raise UsageError(f"{printable(source)}: no {topic}.ipynb in it")
    files: dict[str, Path] = {}
    for parts, path in _walk(places[0]):
        if _linked(parts, path):
            raise UsageError(f"{printable(path)} is a link, and no release holds one")
        if _belongs(parts, topic):
            files["/".join(parts)] = path
    beside = places[0].parent / COURSE
    if COURSE not in files and beside.is_file():
        files[COURSE] = beside
    if fault := _unfit(files):
        raise UsageError(f"{printable(source)}: {fault}")
    written = files[COURSE].stat().st_mtime if COURSE in files else 0.0
    return Release(topic, _read(files, source), written)


def _from_zip(source: Path, topic: str) -> Release:
    if source.stat().st_size > MAX_UNPACKED:
        raise UsageError(f"{printable(source)} is larger than {MAX_UNPACKED >> 20} MiB")
    try:
        with zipfile.ZipFile(source) as archive:
            return _from_archive(archive, source, topic)
    except (UsageError, OSError):
        raise
    except Exception:  # Python's reader raises more than errors of its own kinds
        raise UsageError(
            f"{printable(source)} is no zip file that can be unpacked; download it again"
        ) from None


def _from_archive(archive: zipfile.ZipFile, source: Path, topic: str) -> Release:
    members: dict[Parts, zipfile.ZipInfo] = {}
    names: list[str] = []
    for info in archive.infolist():
        parts = tuple(info.filename.split("/"))
        if info.is_dir() or _junk(parts):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UsageError(
                f"{printable(source)}: {printable(info.filename)} is a link, and no release holds one"
            )
        names.append(info.filename)
        members[parts] = info
    if fault := _unfit(names):
        raise UsageError(f"{printable(source)}: {fault}")
    notebooks = [parts for parts in members if parts[-1] == f"{topic}.ipynb"]
    if not notebooks:
        raise UsageError(f"{printable(source)}: no {topic}.ipynb in it")
    prefix = min(notebooks, key=lambda parts: (len(parts), parts[-2:-1] != (topic,), parts))[:-1]
    chosen = {
        "/".join(parts[len(prefix) :]): info
        for parts, info in members.items()
        if parts[: len(prefix)] == prefix and _belongs(parts[len(prefix) :], topic)
    }
    beside = members.get((*prefix[:-1], COURSE))
    if COURSE not in chosen and beside is not None:
        chosen[COURSE] = beside
    files: dict[str, bytes] = {}
    left = MAX_UNPACKED
    for name, info in chosen.items():
        with archive.open(info) as member:
            files[name] = member.read(left + 1)
        left -= len(files[name])
        if left < 0:
            raise UsageError(f"{printable(source)} unpacks to more than {MAX_UNPACKED >> 20} MiB")
    return Release(topic, files, _when(chosen[COURSE]) if COURSE in chosen else 0.0)


def _when(info: zipfile.ZipInfo) -> float:
    try:
        return datetime(*info.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _walk(folder: Path) -> Iterator[tuple[Parts, Path]]:
    """Everything below `folder` that is no folder, links included and not followed; no junk."""
    for place, folders, names in os.walk(folder):
        inside = Path(place).relative_to(folder).parts
        links = [name for name in folders if Path(place, name).is_symlink()]
        folders[:] = sorted(name for name in folders if not _junk((name,)))
        for name in sorted([*names, *links]):
            if not _junk((name,)):
                yield (*inside, name), Path(place, name)


def _junk(parts: Parts) -> bool:
    """What other programs leave beside files. A name that leads upwards is none of it, to be refused."""
    hidden = any(part.startswith(".") and not part.startswith("..") for part in parts)
    return hidden or not set(_JUNK).isdisjoint(parts) or parts[-1].endswith(".pyc")


def _belongs(parts: Parts, topic: str) -> bool:
    match parts:
        case (name,):
            return name in (f"{topic}.ipynb", COURSE)
        case ("tests", name):
            return name.endswith(".py")
        case ("data", *_):
            return True
    return False


def _linked(parts: Parts, path: Path) -> bool:
    """Whether a link stands where a file of a release, or a folder of it, would."""
    return path.is_symlink() and (parts[0] in _FOLDERS or len(parts) == 1)


def _unfit(names: Iterable[str]) -> str:
    """Why files of these names cannot be put into a folder on every system; empty when they can."""
    seen: dict[str, str] = {}
    for count, name in enumerate(names, 1):
        if count > MAX_MEMBERS:
            return f"it has more than {MAX_MEMBERS:,} files"
        if len(name) > 1000 or not all(portable_name(part) for part in name.split("/")):
            return f"a file is called {name[:100]!a}, which not every system can have below a folder"
        other = seen.setdefault(name.casefold(), name)
        if other != name or count > len(seen):
            return f"it has {other[:100]!a} and {name[:100]!a}, which are one file on some systems"
    return ""


def _read(files: Mapping[str, Path], source: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_UNPACKED
    for name, path in files.items():
        try:
            if not path.is_file():
                raise UsageError(f"{printable(path)} is no file")
            with path.open("rb") as file:
                found[name] = file.read(left + 1)
        except OSError as error:
            raise UsageError(f"{printable(path)} cannot be read: {error.strerror}") from None
        left -= len(found[name])
        if left < 0:
            raise UsageError(f"{printable(source)} holds more than {MAX_UNPACKED >> 20} MiB")
    return found
