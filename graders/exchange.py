"""nbgrader's exchange: a folder shared by a course's people, who are users of one system.

    ROOT/COURSE/outbound/TOPIC/                                        what is released
    ROOT/COURSE/inbound/STUDENT+TOPIC+TIME+RANDOM/TOPIC.ipynb          what was handed in
                                                  timestamp.txt
                                                  submission_secret.txt
    ROOT/COURSE/feedback/HASH.html                                     feedback, HASH.md the same as Markdown

Names, times and permissions are those of nbgrader 0.9.6 (nbgrader.exchange.default), so its tools and
ours can be used beside each other. Students may write into `inbound` and not look into it; they may read
in `feedback` what they can name, and each name comes of a secret that only who handed in has.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from graders.course import Course
from graders.errors import UsageError
from graders.lms import timestamp
from graders.store import write_atomically
from graders.untrusted import printable

OUTBOUND_MODE = 0o755
INBOUND_MODE = 0o2733
FEEDBACK_MODE = 0o711
HANDED_IN_MODE = 0o777  # staff collect, and remove, what is not theirs; its random name keeps others out
FILE_MODE = 0o644
SECRET = "submission_secret.txt"
TIMESTAMP = "timestamp.txt"
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

    @property
    def feedback(self) -> Path:
        return self.root / self.course / "feedback"

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

    def put_out(self, name: str, file: str, content: bytes) -> Path:
        """Puts one file where students fetch it, in place of an earlier one. Raises UsageError."""
        self.prepare()
        place = self.outbound / name / file
        with _reaching(self.outbound):
            write_atomically(place, content, mode=FILE_MODE)
            place.parent.chmod(OUTBOUND_MODE)
        return place

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

    def hand_in(self, place: Path, name: str, content: bytes, moment: datetime, secret: str) -> None:
        """Puts a file in. Whoever looks meanwhile, or whenever this is stopped, sees nothing of it. By the
        `secret` its feedback is found.

        Raises UsageError when it cannot be handed in.
        """
        # nbgrader's collect and ours look for no name that begins with a dot.
        unfinished = place.with_name(f".{place.name}")
        try:
            with _reaching(self.inbound):
                unfinished.mkdir()
                _write(unfinished / name, content)
                _write(unfinished / TIMESTAMP, timestamp(moment).encode())
                _write(unfinished / SECRET, secret.encode())
                unfinished.chmod(HANDED_IN_MODE)
                unfinished.rename(place)
        finally:
            with contextlib.suppress(OSError):
                shutil.rmtree(unfinished)

    def hand_back(self, secret: str, topic: str, page: bytes, markdown: bytes) -> None:
        """Puts feedback where whoever handed in with `secret` finds it. Raises UsageError."""
        with _reaching(self.feedback):
            if not self.feedback.is_dir():
                self.feedback.mkdir(mode=FEEDBACK_MODE)
                self.feedback.chmod(FEEDBACK_MODE)
            for suffix, content in ((".html", page), (".md", markdown)):
                place = self.feedback / f"{_name(secret, topic)}{suffix}"
                unfinished = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
                try:
                    _write(unfinished, content)
                    unfinished.replace(place)
                finally:
                    unfinished.unlink(missing_ok=True)

    def handed_back(self, secret: str, topic: str) -> tuple[bytes, bytes] | None:
        """Feedback as a page and as Markdown, which is empty where another tool handed it back; None when
        there is none yet. Raises UsageError."""
        name = _name(secret, topic)
        with _reaching(self.feedback):
            try:
                page = (self.feedback / f"{name}.html").read_bytes()
            except FileNotFoundError:
                return None
            try:
                return page, (self.feedback / f"{name}.md").read_bytes()
            except FileNotFoundError:
                return page, b""


def _name(secret: str, topic: str) -> str:
    """As nbgrader.utils.notebook_hash (0.9.6) names it."""
    return hashlib.md5(f"{secret}{topic}".encode(), usedforsecurity=False).hexdigest()


def exchange_of(course: Course) -> Exchange | None:
    return None if course.exchange is None else Exchange(course.exchange, course.id)


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
