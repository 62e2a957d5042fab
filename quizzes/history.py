"""What the attempts at a quiz say together."""

from __future__ import annotations

from dataclasses import dataclass

from quizzes.attempts import Attempts, Series
from quizzes.bank import Bank
from quizzes.session import Session, SystemClock, kept


@dataclass(frozen=True, slots=True)
class Summary:
    """One quiz to somebody. `points` are those that count by its rule, None before an attempt is handed
    in, of `possible`; `allowed` is how many attempts there may be."""

    quiz: str
    title: str
    mode: str
    questions: int
    attempts: int
    allowed: int | None
    under_way: bool
    points: float | None
    possible: float | None


def under_way(
    attempts: Attempts, quiz: str, series: Series = "open", student: str | None = None
) -> str | None:
    """The attempt that is neither handed in nor expired; None when there is none."""
    for name, _ in attempts.started(quiz, series, student):
        session = Session.resume(attempts, name, SystemClock())
        session.tick()  # its time may have run out since
        if session.state == "under way":
            return name
    return None


def finished(attempts: Attempts, quiz: str, series: Series = "open", student: str | None = None) -> list[str]:
    """Attempts that are over, the oldest first."""
    names = [name for name, _ in attempts.started(quiz, series, student)]
    return [name for name in names if Session.resume(attempts, name, SystemClock()).state != "under way"]


def summary(attempts: Attempts, bank: Bank) -> Summary:
    quiz = bank.quiz
    sessions = [Session.resume(attempts, name, SystemClock()) for name, _ in attempts.started(quiz.id)]
    for session in sessions:
        if session.remaining() == 0:
            session.tick()  # it ended while nobody looked
    over = [session for session in sessions if session.state != "under way" and session.keys is not None]
    totals = [session.total() for session in over]
    asked = sum(section.draw or len(section.use) for section in bank.sections)
    return Summary(
        quiz=quiz.id,
        title=quiz.title,
        mode=quiz.mode,
        questions=asked,
        attempts=len(sessions),
        allowed=quiz.attempts.max,
        under_way=len(over) < len(sessions) and any(one.state == "under way" for one in sessions),
        points=kept(totals, quiz.attempts.keep),
        possible=totals[-1].possible if totals else None,
    )
