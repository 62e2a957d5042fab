"""nbgrader's exchange: a folder shared by a course's people, who are users of one system.

    ROOT/COURSE/outbound/TOPIC/                                        what is released
    ROOT/COURSE/inbound/STUDENT+TOPIC+TIME+RANDOM/TOPIC.ipynb          what was handed in
                                                  timestamp.txt

Names, times and permissions are those of nbgrader 0.9.6 (nbgrader.exchange.default), so its tools and
ours can be used beside each other. Students may write into `inbound` and not look into it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from graders.course import Course
from graders.errors import UsageError
from graders.untrusted import printable

OUTBOUND_MODE = 0o755
INBOUND_MODE = 0o2733
HANDED_IN_MODE = 0o777  # staff collect, and remove, what is not theirs; its random name keeps others out
FILE_MODE = 0o644
WINDOWS = os.name == "nt"  # no name there may have nbgrader's times in it


@dataclass(frozen=True, slots=True)
class Exchange:
    """One course's part of an exchange."""

    root: Path
    course: str

    @property
    def outbound(self) -> Path:
        return self.root / self.course / "outbound"

    @property
    def inbound(self) -> Path:
        return self.root / self.course / "inbound"

    def released(self) -> frozenset[str]:
        """Ids of the topics that are released. Raises UsageError when nobody can tell."""
        with _reaching(self.outbound):
            return frozenset(
                entry.name for entry in self.outbound.iterdir() if (entry / f"{entry.name}.ipynb").is_file()
            )

    def prepare(self) -> None:
        """Makes the course's folders, for an instructor. Raises UsageError, also for a missing root."""
        if not self.root.is_dir():
            raise UsageError(
                f"{printable(self.root)}: no such folder; make it, and let all of the course reach it"
            )
        with _reaching(self.outbound):
            for folder, mode in (
                (self.root / self.course, OUTBOUND_MODE),
                (self.outbound, OUTBOUND_MODE),
                (self.inbound, INBOUND_MODE),
            ):
                if not folder.is_dir():
                    folder.mkdir()
                    folder.chmod(mode)

    def check_inbound(self, student: str) -> None:
        """Raises UsageError when `student` cannot hand in here, before anything is begun."""
        if WINDOWS:
            raise UsageError("an exchange cannot be written to from Windows; use --upload")
        if "+" in student:
            raise UsageError(f"{student}: no + may be in an id in an exchange; use --as")
        with _reaching(self.inbound):
            if not self.inbound.is_dir():
                raise FileNotFoundError(2, "no such folder")
            if not os.access(self.inbound, os.W_OK | os.X_OK):
                raise PermissionError(13, "you may not write there")

    def place(self, student: str, topic: str, moment: datetime) -> Path:
        """The folder for what `student` hands in at `moment`; another at every call."""
        return self.inbound / f"{student}+{topic}+{timestamp(moment)}+{secrets.token_urlsafe(9)}"

    def hand_in(self, place: Path, topic: str, notebook: bytes, moment: datetime) -> None:
        """Puts a notebook in. Whoever looks meanwhile, or whenever this is stopped, sees nothing of it.

        Raises UsageError when it cannot be handed in.
        """
        # nbgrader's collect and ours look for no name that begins with a dot.
        unfinished = place.with_name(f".{place.name}")
        try:
            with _reaching(self.inbound):
                unfinished.mkdir()
                _write(unfinished / f"{topic}.ipynb", notebook)
                _write(unfinished / "timestamp.txt", timestamp(moment).encode())
                unfinished.chmod(HANDED_IN_MODE)
                unfinished.rename(place)
        finally:
            with contextlib.suppress(OSError):
                shutil.rmtree(unfinished)


def exchange_of(course: Course) -> Exchange | None:
    return None if course.exchange is None else Exchange(course.exchange, course.id)


def timestamp(moment: datetime) -> str:
    """As nbgrader writes it: `2026-01-30 20:30:10.123456 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(FILE_MODE)


@contextlib.contextmanager
def _reaching(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"the exchange cannot be used: {printable(folder)}: {error.strerror}") from None
