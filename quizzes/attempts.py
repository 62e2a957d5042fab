"""Attempts at quizzes: events in a SQLite database, appended and never changed.

An event that was appended is on the disk when `append` returns, whatever ends the process or the
machine afterwards: the journal is written ahead with synchronous=FULL, or on a network's file
system, where that is not to be had, rolled back.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from graders.errors import UsageError

FILE = "attempts.db"
BUSY_SECONDS = 10.0

EventKind = Literal["started", "opened", "answered", "flagged", "checked", "ticked", "handed in", "expired"]
# A quiz whose key is here, one released without it, or wrong ones asked once more.
Series = Literal["open", "released", "again"]
# File systems of networks, on which shared memory beside a database is none.
_REMOTE = ("nfs", "cifs", "smb", "afs", "ceph", "glusterfs", "lustre", "9p", "fuse.sshfs", "davfs")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    attempt TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, active REAL NOT NULL,
    kind TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (attempt, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER IF NOT EXISTS never_removed BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
"""


@dataclass(frozen=True, slots=True)
class Event:
    """`at` is POSIX time; `active` the seconds the quiz had been open by then, by the monotonic clock."""

    number: int
    at: float
    active: float
    kind: EventKind
    body: dict[str, Any]


class Attempts:
    """The attempts kept in one folder. Raises UsageError when its database cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            journal = "DELETE" if _remote(folder) else "WAL"
            self._connection.execute(f"PRAGMA journal_mode={journal}")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise UsageError(f"{self.path} cannot be used: {error}") from None

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Attempts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, attempt: str, event: Event) -> None:
        """Puts an event on the disk. Raises UsageError when another session has appended one of that
        number, or the disk does not take it."""
        row = (attempt, event.number, event.at, event.active, event.kind, json.dumps(event.body))
        try:
            self._connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError:
            raise UsageError("this attempt is open in another window; go on there, or close it") from None
        except sqlite3.Error as error:
            raise UsageError(f"the answer is not kept: {self.path}: {error}") from None

    def events(self, attempt: str) -> list[Event]:
        rows = self._connection.execute(
            "SELECT number, at, active, kind, body FROM events WHERE attempt = ? ORDER BY number", (attempt,)
        )
        return [_event(row) for row in rows]

    def started(
        self, quiz: str, series: Series = "open", student: str | None = None
    ) -> Iterator[tuple[str, Event]]:
        """(attempt, its first event) of a quiz, the oldest first; of one student, or of whoever."""
        rows = self._connection.execute(
            "SELECT attempt, number, at, active, kind, body FROM events WHERE kind = 'started' ORDER BY at"
        )
        for attempt, *row in rows.fetchall():
            event = _event(row)
            paper = event.body["paper"]
            theirs = student is None or paper.get("student", "") == student
            if paper["quiz"] == quiz and series_of(paper) == series and theirs:
                yield attempt, event


def series_of(paper: Mapping[str, Any]) -> Series:
    return "again" if paper.get("again") else "released" if paper.get("release") else "open"


def _event(row: Any) -> Event:
    number, at, active, kind, body = row
    return Event(number, at, active, kind, json.loads(body))


def _remote(folder: Path) -> bool:
    """Whether `folder` is on a network's file system."""
    import psutil

    here = folder.resolve()
    try:
        parts = psutil.disk_partitions(all=True)
    except (OSError, RuntimeError):
        return False
    mounted = [part for part in parts if here.is_relative_to(part.mountpoint)]
    deepest = max(mounted, key=lambda part: len(part.mountpoint), default=None)
    return deepest is not None and deepest.fstype.lower().startswith(_REMOTE)
