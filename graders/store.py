"""Results on disk: one JSON file a student, replaced atomically, readable by anything.

.sorcery/results/TOPIC/STUDENT.json
.sorcery/submissions/SHA256.ipynb      what was graded, as it was handed in
.sorcery/autograded/STUDENT/TOPIC/      the notebook as it ran, as nbgrader's formgrader opens it
.sorcery/marks/TOPIC.json              what people gave, as the gradebook had it last
.sorcery/published/                     from what gradebook, pages and report were made (graders.published)
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

try:
    import fcntl
except ImportError:  # Windows: nothing is swept there, and nothing that is open can be renamed
    LOCKS = False
else:
    LOCKS = True

from graders.errors import UsageError
from graders.records import Mark, Result

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
# Names no file or folder may have on Windows, where students' commands run too.
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{16}")
_UNPORTABLE = re.compile(r'[\x00-\x1f<>:"/\\|?*\x7f]')
_decoder = msgspec.json.Decoder(Result)
_marks = msgspec.json.Decoder(dict[str, dict[str, Mark]])


def safe_name(name: str) -> bool:
    """Whether `name` may be a student's id, and so part of a path and of a line on a terminal."""
    return _SAFE.fullmatch(name) is not None


def portable_name(name: str) -> bool:
    """Whether a file or folder may be called `name` on Linux, macOS and Windows alike.

    https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
    """
    return (
        0 < len(name.encode("utf-8", "replace")) <= 255
        and not _UNPORTABLE.search(name)
        and not name.endswith((".", " "))
        and name.partition(".")[0].rstrip().lower() not in _RESERVED
    )


class ResultStore:
    """The results of one topic below `folder`, the course's state directory. `suffix` is that of what is
    handed in."""

    def __init__(self, folder: Path, topic: str, suffix: str = ".ipynb") -> None:
        self._root, self._topic, self._suffix = folder, topic, suffix
        self._folder = folder / "results" / topic
        self._submissions = folder / "submissions"

    def path(self, student: str) -> Path:
        return self._folder / f"{student}.json"

    def write(self, result: Result) -> Path:
        """A result that says what is there already, if for another time of grading, leaves it as it is."""
        path = self.path(result.student)
        earlier = self.find(result.student)
        if earlier is not None and replace(result, started=earlier.started) == earlier:
            return path
        write_atomically(path, msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
        return path

    def write_notebook(self, student: str, data: bytes) -> None:
        """The notebook as it ran, where nbgrader keeps it; nothing when none ran."""
        if data:
            write_atomically(self.notebook(student), data)

    def notebook(self, student: str) -> Path:
        return self._root / "autograded" / student / self._topic / f"{self._topic}.ipynb"

    def identities(self, student: str) -> tuple[str, str]:
        """Of the student's result, and of the notebook as it ran."""
        notebook = f"{self._root}/autograded/{student}/{self._topic}/{self._topic}.ipynb"
        return identity(f"{self._folder}/{student}.json"), identity(notebook)

    def keep(self, sha256: str, data: bytes) -> None:
        """The submission itself, by its hash, so that it can be graded again later."""
        path = self.submission(sha256)
        if not path.exists():
            write_atomically(path, data)

    def kept(self, sha256: str) -> bytes:
        """Raises UsageError when that submission was never kept here."""
        try:
            return self.submission(sha256).read_bytes()
        except OSError:
            raise UsageError(f"the submission of this result is not in {self._submissions}") from None

    def submission(self, sha256: str) -> Path:
        return self._submissions / f"{sha256}{self._suffix}"

    def read(self, student: str) -> Result:
        """The student's result. Raises UsageError when there is none."""
        return read_result(self.path(student))

    def find(self, student: str) -> Result | None:
        """The student's result; None when there is none, or one of another version of sorcery."""
        try:
            return self.read(student)
        except UsageError:
            return None

    def any(self) -> bool:
        return next(self._folder.glob("*.json"), None) is not None

    def students(self) -> list[str]:
        """Of whom there is a result, in order."""
        try:
            with os.scandir(self._folder) as entries:
                names = [entry.name for entry in entries]
        except OSError:
            return []
        results = (name for name in names if name.endswith(".json") and not name.startswith("."))
        return sorted(name.removesuffix(".json") for name in results)

    def __iter__(self) -> Iterator[Result]:
        for student in self.students():
            yield self.read(student)


class StoredResults(Mapping[str, Result]):
    """The results of a topic as they stand, by student. Each is read when it is asked for, and only the last
    is kept in memory. Reading raises UsageError for a file that is no result."""

    def __init__(self, store: ResultStore) -> None:
        self._store = store
        self._students = dict.fromkeys(store.students())
        self._last: Result | None = None

    def __getitem__(self, student: str) -> Result:
        if self._last is None or self._last.student != student:
            if student not in self._students:
                raise KeyError(student)
            self._last = self._store.read(student)
        return self._last

    def __iter__(self) -> Iterator[str]:
        return iter(self._students)

    def __len__(self) -> int:
        return len(self._students)

    def __contains__(self, student: object) -> bool:
        return student in self._students

    def of(self, students: Iterable[str]) -> Iterator[Result]:
        return (self[student] for student in students)


class Marks:
    """What people gave the answers of one topic, kept beside the results so that a lost gradebook can be
    made anew: .sorcery/marks/TOPIC.json, student -> question -> Mark."""

    def __init__(self, folder: Path, topic: str) -> None:
        self._path = folder / "marks" / f"{topic}.json"

    def read(self) -> dict[str, dict[str, Mark]]:
        """Empty when none were ever kept. Raises UsageError for a file that is not ours."""
        try:
            return _marks.decode(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{self._path} cannot be read: {error}") from None

    def merge(
        self, found: Mapping[str, Mapping[str, Mark]], dropped: Collection[str] = ()
    ) -> dict[str, dict[str, Mark]]:
        """Keeps `found`, what the gradebook says of the students it has, and returns all that is known.
        Of others, and of `dropped` questions, which it forgets, what was known stays."""
        known = self.read()
        for student, marks in found.items():
            before = known.get(student, {})
            known[student] = {**{name: before[name] for name in dropped if name in before}, **marks}
        known = {student: marks for student, marks in known.items() if marks}
        data = msgspec.json.format(msgspec.json.encode(known), indent=1) + b"\n"
        if (known or self._path.exists()) and not holds(self._path, data):
            write_atomically(self._path, data)
        return known


def read_result(path: Path) -> Result:
    """Raises UsageError when the file is missing or no result."""
    try:
        return _decoder.decode(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a result of this version of sorcery: {error}") from None


def unfinished(path: Path) -> Path:
    """Where what is to be at `path` is made; `sweep` knows it by its name."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


@contextlib.contextmanager
def held(descriptor: int) -> Iterator[None]:
    """An unfinished file or folder, open, while its maker is at work: `sweep` leaves it alone.

    Raises OSError when `sweep` was there first.
    """
    if LOCKS:
        with contextlib.suppress(OSError):  # a file system without locks, where nothing is swept either
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        if not os.fstat(descriptor).st_nlink:
            raise OSError(errno.EAGAIN, "it was taken for what a killed process left; try again")
    yield


def sweep(folder: Path) -> list[Path]:
    """Removes what writers that were killed left unfinished below `folder`, and says what."""
    if not LOCKS:
        return []
    found = []
    for place, folders, files in os.walk(folder):  # follows no link
        left = [name for name in (*folders, *files) if _UNFINISHED.fullmatch(name)]
        folders[:] = [name for name in folders if name not in left]
        for name in left:
            path = Path(place, name)
            with contextlib.suppress(OSError):  # somebody holds it, or it is finished
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                    found.append(path)
                finally:
                    os.close(descriptor)
    return found


def holds(path: Path, data: bytes) -> bool:
    """Whether `data` is what lies at `path`."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def identity(path: Path | str) -> str:
    """What tells a file at `path` from one that is written there later; empty for none."""
    try:
        found = os.stat(path)  # noqa: PTH116 (thousands of them: a Path costs more than the call)
    except OSError:
        return ""
    return f"{found.st_ino:x}.{found.st_size:x}.{found.st_mtime_ns:x}"


def write_atomically(path: Path, data: bytes, mode: int | None = None, *, durable: bool = True) -> None:
    """The whole of `data` at `path`, or nothing: never a torn file, whatever stops us. With `mode` nobody
    else ever sees it with another.

    Not `durable`, it may be lost or empty after the machine itself stopped: for what can be made again.
    Raises UsageError when the file system refuses.
    """
    temporary = unfinished(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file, held(file.fileno()):
            if mode is not None:
                temporary.chmod(mode)
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
            if LOCKS:
                temporary.replace(path)
        if not LOCKS:
            temporary.replace(path)
        if durable and hasattr(os, "O_DIRECTORY"):  # Windows opens no folder
            directory = os.open(path.parent, os.O_DIRECTORY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
