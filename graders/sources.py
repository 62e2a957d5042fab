"""Where an instructor's download lies: a folder or a zip file, as a flat list of its files.

Names in it are looked at and never become paths of ours; nothing is unpacked to a disk. A folder may
belong to students while it is read (nbgrader's exchange): no link in it is followed, at any level.
"""

from __future__ import annotations

import contextlib
import os
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from graders.errors import Rejected, UsageError
from graders.intake import MAX_BYTES, check_size
from graders.untrusted import on_one_line

MAX_ENTRIES = 200_000
MAX_NESTED = 32
MAX_NAME = 255
MAX_READ = 16 << 30  # of one zip file, all that is read of it together
MAX_RATIO = 500  # of a member beyond 1 MiB; no notebook comes near
COPIES = "__MACOSX"  # where a Mac puts its own beside every file of a zip

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC  # never waits, as a FIFO would make it


@dataclass(frozen=True, slots=True)
class Entry:
    """One file. `parts` are its folders and name below the source; `fault` is why it cannot be read;
    `owner` is a user's number, None in a zip file; `index` counts a zip file's members."""

    parts: tuple[str, ...]
    fault: str = ""
    owner: int | None = None
    index: int = 0


class Source:
    """A folder or a zip file, to be closed. `entries` are sorted by name."""

    path: Path
    entries: tuple[Entry, ...]

    def read(self, entry: Entry) -> bytes:
        """Raises Rejected for an entry that cannot be taken, UsageError for a source that is damaged."""
        raise NotImplementedError

    def close(self) -> None:
        pass

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_source(path: Path) -> Source:
    """Raises UsageError for what is neither a folder, a zip file nor a notebook, or cannot be read."""
    if path.is_dir():
        return Folder(path)
    if not path.is_file():
        raise UsageError(f"{on_one_line(str(path))}: no such file or folder")
    if path.suffix.lower() == ".ipynb":
        return Folder(path.resolve().parent, only=path.resolve().name)
    return Zip(path)


def shown(text: str, most: int = 80) -> str:
    """A name that a student chose: in quotes, on one line, harmless and not too long."""
    line = on_one_line(text)
    return f"'{line if len(line) <= most else f'{line[: most - 3]}...'}'"


class Folder(Source):
    def __init__(self, path: Path, only: str = "") -> None:
        self.path = path
        found = []
        try:
            for entry in _walk(path, only):
                found.append(entry)
                if len(found) > MAX_ENTRIES:
                    raise UsageError(f"{on_one_line(str(path))}: holds more than {MAX_ENTRIES:,} files")
        except OSError as error:
            raise UsageError(f"{on_one_line(str(path))}: {error.strerror}") from None
        self.entries = tuple(sorted(found, key=lambda entry: entry.parts))

    def read(self, entry: Entry) -> bytes:
        if entry.fault:
            raise Rejected(entry.fault)
        *folders, name = entry.parts
        try:
            with contextlib.ExitStack() as closing:
                place = os.open(self.path, _FOLDER)
                closing.callback(os.close, place)
                for folder in folders:
                    place = os.open(folder, _FOLDER | os.O_NOFOLLOW, dir_fd=place)
                    closing.callback(os.close, place)
                with os.fdopen(os.open(name, _FILE, dir_fd=place), "rb") as file:
                    status = os.fstat(file.fileno())
                    if not stat.S_ISREG(status.st_mode) or status.st_uid != entry.owner:
                        raise Rejected("another file was put in its place while it was read")
                    check_size(status.st_size)
                    data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise Rejected(f"cannot be read: {error.strerror}") from None
        check_size(len(data))
        return data

    def owner(self, *parts: str) -> int:
        """The user's number that a folder below belongs to. Raises Rejected when it is gone."""
        try:
            return self.path.joinpath(*parts).lstat().st_uid
        except OSError as error:
            raise Rejected(f"cannot be read: {error.strerror}") from None


def _walk(root: Path, only: str) -> Iterator[Entry]:
    """Hidden files and folders at the top are no submissions; further down they are listed, so that a
    student who handed in nothing else is."""
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        parts = waiting.pop()
        try:
            listing = os.scandir(root.joinpath(*parts))
        except OSError as error:
            if not parts:
                raise
            yield Entry(parts, f"cannot be read: {error.strerror}")
            continue
        empty = True
        with listing:
            for entry in listing:
                hidden = not parts and entry.name.startswith(".")
                if entry.name != only if only else hidden:
                    continue
                empty = False
                found = _entry((*parts, entry.name), entry)
                if found is not None:
                    yield found
                elif entry.name != COPIES:
                    waiting.append((*parts, entry.name))
        if empty and parts:
            yield Entry(parts, "this is an empty folder")


def _entry(parts: tuple[str, ...], entry: os.DirEntry[str]) -> Entry | None:
    """None for a folder to look into."""
    fault = _absurd(parts)
    try:
        if fault:
            return Entry(parts, fault)
        if entry.is_symlink():
            return Entry(parts, LINK)
        if entry.is_dir(follow_symlinks=False):
            return None if not entry.name.startswith(".") else Entry(parts, "this is a hidden folder")
        if not entry.is_file(follow_symlinks=False):
            return Entry(parts, DEVICE)
        return Entry(parts, owner=entry.stat(follow_symlinks=False).st_uid)
    except OSError as error:
        return Entry(parts, f"cannot be read: {error.strerror}")


LINK = "this is a link to a file, not the file"
DEVICE = "this is no file but a device, a pipe or a socket"


def _absurd(parts: tuple[str, ...]) -> str:
    """What is wrong with a path that no honest download has."""
    if len(parts) > MAX_NESTED:
        return f"folders are nested more than {MAX_NESTED} deep"
    if not all(parts) or {".", ".."}.intersection(parts):
        return "its path leads out of the download"
    if any(len(part) > MAX_NAME for part in parts):
        return f"a name is longer than {MAX_NAME} characters"
    if any(unicodedata.category(char) in ("Cc", "Cs") for part in parts for char in part):
        return "a name holds what is no text"
    return ""


class Zip(Source):
    def __init__(self, path: Path) -> None:
        self.path = path
        self._left = MAX_READ
        with _reading(path):
            self._archive = zipfile.ZipFile(path)
            self._members = self._archive.infolist()
        fault = ""
        if len(self._members) > MAX_ENTRIES:
            fault = f"holds more than {MAX_ENTRIES:,} files"
        elif any(member.flag_bits & 1 for member in self._members):
            fault = "it is encrypted. Unpack it and name the folder"
        if fault:
            self.close()
            raise UsageError(f"{on_one_line(str(path))}: {fault}")
        entries = (_member(member, index) for index, member in enumerate(self._members))
        self.entries = tuple(sorted(filter(None, entries), key=lambda entry: (entry.parts, entry.index)))

    def close(self) -> None:
        self._archive.close()

    def read(self, entry: Entry) -> bytes:
        if entry.fault:
            raise Rejected(entry.fault)
        member = self._members[entry.index]
        check_size(member.file_size)
        with _reading(self.path), self._archive.open(member) as file:
            data = file.read(MAX_BYTES + 1)  # to its end, where its checksum is compared
        self._left -= len(data)
        if self._left < 0:
            raise UsageError(f"{on_one_line(str(self.path))}: more than {MAX_READ >> 30} GiB are in it")
        return data


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Around zipfile, which raises more than errors of its own kind where it takes a field for granted."""
    try:
        yield
    except MemoryError:
        raise
    except OSError as error:
        raise UsageError(f"{on_one_line(str(path))}: {error.strerror or 'cannot be read'}") from None
    except Exception:
        reason = "no zip file, or a damaged one. Download it again, or unpack it and name the folder"
        raise UsageError(f"{on_one_line(str(path))}: {reason}") from None


def _member(member: zipfile.ZipInfo, index: int) -> Entry | None:
    """None for a folder, and for what is no submission."""
    parts = tuple(_member_name(member).split("/"))
    # Not is_dir(), which takes for granted that there is a name.
    if (
        member.filename.endswith("/")
        or COPIES in parts
        or (parts[0].startswith(".") and parts[0] not in (".", ".."))
    ):
        return None
    kind = stat.S_IFMT(member.external_attr >> 16)  # 0 where it was not packed on Unix
    fault = _absurd(parts)
    if not fault and kind == stat.S_IFLNK:
        fault = LINK
    elif not fault and kind not in (0, stat.S_IFREG):
        fault = DEVICE
    elif not fault and member.file_size > max(1 << 20, MAX_RATIO * member.compress_size):
        fault = f"it unpacks to more than {MAX_RATIO} times its size"
    return Entry(parts, fault, index=index)


def _member_name(member: zipfile.ZipInfo) -> str:
    """Without the flag for UTF-8, zipfile reads a name as cp437, as the format says. Canvas's packer
    (rubyzip) and others write UTF-8 without it, which bytes of cp437 are hardly ever by chance."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename
