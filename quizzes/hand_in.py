"""Hands in an attempt at a graded quiz: the sealed file, here and in the course's exchange."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from graders.course import Course, find_course
from graders.errors import UsageError
from graders.exchange import exchange_of
from graders.store import write_atomically
from quizzes.bundle import digest
from quizzes.results import FOLDER
from quizzes.sealed import SUFFIX, seal, sheet_of
from quizzes.session import Session


@dataclass(frozen=True, slots=True)
class Handed:
    """`exchange` is None where the student uploads `path`."""

    path: Path
    exchange: Path | None
    sha256: str


def hand_in(session: Session, public_key: str, state: Path) -> Handed:
    """Hands in an attempt that is over, or does so again. What was handed in is noted in `state`.

    Raises UsageError when that cannot be done; it can be tried again.
    """
    paper, noted = session.paper, _noted(session, state)
    path = Path(f"{paper.quiz}-{paper.student}-{paper.number}{SUFFIX}")
    data = noted.read_bytes() if noted.is_file() else seal(sheet_of(session), public_key)
    write_atomically(path, data)
    exchange = None if (course := _course()) is None else exchange_of(course)
    place = None
    if exchange is not None:
        now = datetime.now(UTC)
        exchange.check_inbound(paper.student)
        place = exchange.place(paper.student, f"quiz-{paper.quiz}", now)
        exchange.hand_in(place, path.name, data, now, secrets.token_hex(64))
    write_atomically(noted, data)
    return Handed(path, place, digest(data))


def handed_in(session: Session, state: Path) -> bool:
    return _noted(session, state).is_file()


def _noted(session: Session, state: Path) -> Path:
    return state / FOLDER / session.paper.quiz / "handed in" / f"{session.name}{SUFFIX}"


def _course() -> Course | None:
    try:
        return find_course()
    except UsageError:
        return None
