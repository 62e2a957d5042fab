"""Hands a notebook in: checked as the grader will check it, kept with a receipt, sent to the exchange.

What is kept is written whole into a hidden folder, then sent, then named: stopped at any point, no
version is half there, here or in the exchange.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from graders import __version__
from graders.answers import Unanswered, unanswered, unchecked
from graders.course import Course, Topic
from graders.errors import AuthorError, UsageError
from graders.exchange import Exchange, exchange_of
from graders.grades import possible_points
from graders.late import away, lateness, reckoning
from graders.records import Lateness
from graders.store import safe_name, write_atomically
from graders.student.listing import moment
from graders.student.place import read
from graders.student.receipts import FOLDER, RECEIPT, Receipt, Version, encode, versions
from graders.untrusted import printable


@dataclass(frozen=True, slots=True)
class Submission:
    """A notebook that is good to be handed in, and what its student should know before."""

    course: Course
    topic: Topic
    student: str
    data: bytes
    moment: datetime
    possible: float
    late: Lateness
    unanswered: tuple[Unanswered, ...]
    unchecked: tuple[str, ...]
    login: str = ""  # where it is another name than the student's

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def warnings(self) -> list[str]:
        """A sentence for each thing that may cost points."""
        told = []
        if self.unanswered:
            told.append(f"unanswered: {', '.join(map(str, self.unanswered))}")
        if self.unchecked:
            names = ", ".join(self.unchecked)
            told.append(f"no check cell: {names}; tested after the last cell that belongs to it")
        if self.late.seconds:
            cost = reckoning(self.late, self.topic.late, self.possible)
            told.append(f"past the due time, unless you were given longer. {cost}")
        if self.login and self.course.exchange is not None:
            told.append(
                f"you are logged in as {self.login}: what {self.student} hands in may not be taken from you"
            )
        return told


def who(given: str = "") -> str:
    """The student's id: as given, or the login name. Raises UsageError for one that cannot be used."""
    name = given or _login()
    if not name:
        raise UsageError("you have no login name here; use --as")
    if not safe_name(name):
        where = "" if given else "your login name "
        raise UsageError(
            f"{where}{name!a} cannot be a student's id; use --as with letters, digits and . _ @ -"
        )
    return name


def _login() -> str:
    try:
        login = getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
    # On a JupyterHub everybody is jovyan, as nbgrader knows too.
    return os.environ.get("JUPYTERHUB_USER", login) if login == "jovyan" else login


def prepare(course: Course, topic: Topic, notebook: Path, student: str) -> Submission:
    """Reads and judges a notebook. Raises UsageError for what the grader would reject, with the reason."""
    data, assignment, cells = read(course, topic, notebook)
    now = datetime.now(UTC)
    try:
        possible = possible_points(topic, assignment)
    except AuthorError:  # a question is not in the notebook that the student has
        possible = topic.auto_points + topic.manual_points
    return Submission(
        course=course,
        topic=topic,
        student=student,
        data=data,
        moment=now,
        possible=possible,
        late=lateness(now, topic.due, topic.late, possible),
        unanswered=unanswered(assignment, cells),
        unchecked=unchecked(assignment, cells),
        login="" if _login() == student else _login(),
    )


def earlier(submission: Submission, *, upload: bool) -> Version | None:
    """The latest version, when it was these very bytes, by the same student, to the same place."""
    exchange = _exchange(submission.course, upload)
    for last in versions(submission.course, submission.topic.id)[-1:]:
        same = (last.receipt.sha256, last.receipt.student) == (submission.sha256, submission.student)
        if same and bool(last.receipt.exchange) == (exchange is not None):
            return last
    return None


def hand_in(submission: Submission, *, upload: bool) -> Version:
    """Keeps a version and, unless it is for `upload`, puts it into the course's exchange if there is one.

    Raises UsageError when that cannot be done; then there is no new version either.
    """
    course, topic = submission.course, submission.topic.id
    exchange = _exchange(course, upload)
    if exchange is not None:
        exchange.check_inbound(submission.student)
    folder = course.root / FOLDER / topic
    name = f"{submission.moment.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{submission.sha256[:8]}"
    unfinished, whole = folder / f".{name}", folder / name
    place = None if exchange is None else exchange.place(submission.student, topic, submission.moment)
    receipt = Receipt(
        course=course.id,
        topic=topic,
        student=submission.student,
        number=1 + max((one.receipt.number for one in versions(course, topic)), default=0),
        sha256=submission.sha256,
        submitted=submission.moment.astimezone(UTC).isoformat(),
        due=submission.late.due,
        late_seconds=submission.late.seconds,
        unanswered=tuple(one.question for one in submission.unanswered),
        exchange="" if place is None else printable(place),
        secret="" if place is None else secrets.token_hex(64),  # as long as nbgrader's
        sorcery=__version__,
    )
    try:
        write_atomically(unfinished / f"{topic}.ipynb", submission.data)
        write_atomically(unfinished / RECEIPT, encode(receipt))
        if exchange is not None and place is not None:
            exchange.hand_in(place, f"{topic}.ipynb", submission.data, submission.moment, receipt.secret)
        unfinished.rename(whole)
    except OSError as error:
        raise UsageError(f"{printable(whole)} cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(unfinished)
    return Version(whole, receipt)


def _exchange(course: Course, upload: bool) -> Exchange | None:
    return None if upload else exchange_of(course)


def lines(submission: Submission, version: Version, *, again: bool) -> list[str]:
    """The essentials of a receipt, for a person; `again` where it is of an earlier time."""
    course, receipt = submission.course, version.receipt
    place = version.folder.relative_to(course.root)
    head = f"{receipt.topic} of {receipt.course}, by {receipt.student}, version {receipt.number}"
    if again:
        head = f"not handed in again, for nothing has changed (--again does it): {head}"
    elif receipt.exchange:
        head = f"handed in: {head}"
    else:
        head = f"now upload {printable(place / version.notebook.name)}: {head}"
    due = moment(course, receipt.due)
    told = {
        "time": moment(course, receipt.submitted),
        "due": f"{due} ({away(datetime.fromisoformat(receipt.due), submission.moment)})" if due else "",
        "sha256": receipt.sha256,
        "exchange": receipt.exchange,
        "receipt": printable(place / RECEIPT),
        "counts": _COUNTS[submission.topic.versions] if receipt.number > 1 else "",
    }
    return [head, *(f"  {name:<8}  {text}" for name, text in told.items() if text)]


_COUNTS = {
    "latest": "your latest version",
    "latest_on_time": "your latest version that is on time, or else the latest",
}
