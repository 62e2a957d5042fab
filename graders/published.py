"""From what the gradebook's rows, the pages and the report of a topic were made, so that what still says
the same is left alone.

.sorcery/published/TOPIC.json       digests by student: of what the row was made from, and of what the page
                                    was, with the files that were written; and one of the report
.sorcery/published/gradebook.json   which gradebook that was, as sorcery left it, and whose marks are known

A page is made again when its result, notebook, marks, extension, topic, course, released notebook,
template or sorcery itself changed, and when it is not the file that was written: gone, or another by
inode, size or time. What depends on the gradebook is looked up in it when its file is not as it was left:
then somebody graded by hand, or it is another one. A gradebook in a server is always looked into.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import msgspec

from graders import __version__
from graders.assignment import read_assignment
from graders.course import Course, Topic
from graders.records import Mark
from graders.store import ResultStore, holds, identity, write_atomically

_SQLITE = "sqlite:///"
_CHANGES = slice(24, 28)  # of an SQLite file: a counter of its transactions (sqlite.org/fileformat.html)


T = TypeVar("T", bound="_Stamp | _Seen")


class _Stamp(msgspec.Struct):
    basis: str = ""
    rows: dict[str, str] = {}
    pages: dict[str, str] = {}
    report: str = ""


class _Seen(msgspec.Struct):
    gradebook: str = ""
    topics: dict[str, str] = {}


class Published:
    """What was published of one topic, and from what. With `afresh` nothing counts as published."""

    def __init__(self, course: Course, topic: Topic, *, afresh: bool = False) -> None:
        self.basis = _basis(course, topic)
        self._file = course.state / "published" / f"{topic.id}.json"
        known = _read(self._file, _Stamp)
        self._stamp = known if known.basis == self.basis and not afresh else _Stamp(self.basis)
        self._store = ResultStore(course.state, topic.id)
        state, name = f"{course.state}", f"{topic.id}/{topic.id}"
        self._made = [
            (f"{state}/feedback/", f"/{name}.html"),
            (f"{state}/submitted/", f"/{name}.ipynb"),
            (f"{state}/submitted/", f"/{topic.id}/timestamp.txt"),
        ]
        self.report = course.state / "reports" / f"{topic.id}.html"

    def made_of(
        self, student: str, extension: datetime | None, marks: Mapping[str, Mark] | None
    ) -> tuple[str, str]:
        """What a row says, apart from what people gave; and what a page says."""
        result, notebook = self._store.identities(student)
        row = f"{result} {extension.isoformat()}" if extension else result
        return (
            row,
            f"{row} {notebook} {msgspec.json.encode(marks).decode()}" if marks else f"{row} {notebook}",
        )

    def has_row(self, student: str, row: str) -> bool:
        return self._stamp.rows.get(student) == row

    def has_page(self, student: str, page: str) -> bool:
        known = self._stamp.pages.get(student)
        return known is not None and known == self._with_files(student, page)

    def has_report(self, report: str) -> bool:
        return self._stamp.report == f"{report} {identity(self.report)}"

    def rows_written(self, rows: Mapping[str, str], *, only: bool) -> None:
        """With `only` these are all there are of which that is known."""
        self._stamp.rows = {**({} if only else self._stamp.rows), **rows}
        self.save()

    def page_written(self, student: str, page: str) -> None:
        self._stamp.pages[student] = self._with_files(student, page)

    def report_written(self, report: str) -> None:
        self._stamp.report = f"{report} {identity(self.report)}"

    def save(self) -> None:
        _write(self._file, self._stamp)

    def _with_files(self, student: str, page: str) -> str:
        made = " ".join([identity(f"{before}{student}{after}") for before, after in self._made])
        return blake2b(f"{page} {made}".encode(), digest_size=16).hexdigest()


class GradebookSeen:
    """The gradebook as sorcery left it, and the topics of which everything in it is known since then."""

    def __init__(self, course: Course) -> None:
        self._file = course.state / "published" / "gradebook.json"
        self._seen = _read(self._file, _Seen)
        self._url = course.gradebook

    def now(self) -> str:
        """Which state of which file the gradebook is; empty where that cannot be told."""
        if not self._url.startswith(_SQLITE):
            return ""
        database = Path(self._url.removeprefix(_SQLITE).partition("?")[0])
        try:
            with database.open("rb") as file:
                changes = file.read(_CHANGES.stop)[_CHANGES].hex()
        except OSError:
            return ""
        return f"{database} {identity(database)} {changes} {identity(f'{database}-wal')}"

    def knows(self, topic: str, basis: str) -> bool:
        """Whether nothing was written there since, and the topic is reckoned as it was then."""
        return self._seen.topics.get(topic) == basis and self._seen.gradebook == self.now() != ""

    def leave(self, topic: str, basis: str, before: str, *, alone: bool) -> None:
        """Now all is known of the topic that was there `before`, and of others what was; `alone`: since then
        nobody but us has written."""
        others = self._seen.topics if self._seen.gradebook == before else {}
        now = self.now() if alone else before
        self._seen = _Seen(now, {**others, topic: basis})
        _write(self._file, self._seen)


class Together:
    """What a report says that is made of all pages that are added."""

    def __init__(self) -> None:
        self._digest = blake2b(digest_size=16)

    def add(self, page: str) -> None:
        self._digest.update(f"{page}\n".encode())

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def _basis(course: Course, topic: Topic) -> str:
    """What everything of a topic depends on. Raises AuthorError for a released notebook that is none."""
    read_assignment(topic)
    templates = sorted((Path(__file__).parent / "templates").glob("*.*"))
    digest = blake2b(f"{__version__} {course.title!r} {course.timezone} {topic!r}".encode(), digest_size=16)
    for path in (topic.notebook, *templates):
        digest.update(blake2b(path.read_bytes()).digest())
    return digest.hexdigest()


def _read(file: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return kind()  # at worst everything is made once more


def _write(file: Path, stamp: _Stamp | _Seen) -> None:
    data = msgspec.json.encode(stamp)
    if not holds(file, data):
        write_atomically(file, data, durable=False)
