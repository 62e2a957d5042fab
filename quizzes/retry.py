"""Wrong ones once more: which questions to ask again, and when.

A question enters the deck when it is not answered rightly. From then on every answer to it, in whatever
attempt, is a review, and FSRS (Ye, Su and Cao 2022, https://doi.org/10.1145/3534678.3539081) says when it
is due: right is Good, partly right Hard, all else Again. The reviews are the attempts' events, so there
is nothing to keep beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from quizzes.attempts import Attempts
from quizzes.bank import Bank
from quizzes.history import finished
from quizzes.session import Session, SystemClock

if TYPE_CHECKING:
    from fsrs import Card

# As in Anki, what is still being learnt is not waited for.
AHEAD = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Again:
    """A question of the deck; `due` is UTC."""

    question: str
    due: datetime


def deck(attempts: Attempts, bank: Bank) -> list[Again]:
    """Every question that was answered wrongly once, the first that is due first. One whose meaning changed
    since (`rev`) begins anew."""
    from fsrs import Card, Rating, Scheduler

    scheduler = Scheduler(enable_fuzzing=False)
    cards: dict[str, Card] = {}
    for moment, session in _sessions(attempts, bank.quiz.id):
        for placed in session.paper.questions:
            name, question = placed.item.id, bank.questions.get(placed.item.id)
            if question is None or question.rev != placed.item.rev:
                continue
            found = session.scored(name)
            if name not in cards and found.right:
                continue
            rating = Rating.Good if found.right else Rating.Hard if found.share > 0 else Rating.Again
            cards[name], _ = scheduler.review_card(cards.get(name) or Card(card_id=1), rating, moment)
    return sorted((Again(name, card.due) for name, card in cards.items()), key=lambda one: one.due)


def due(found: list[Again], now: datetime) -> list[str]:
    return [one.question for one in found if one.due <= now + AHEAD]


def _sessions(attempts: Attempts, quiz: str) -> list[tuple[datetime, Session]]:
    """Attempts that are over and whose key is here, in the order of their ends."""
    names = finished(attempts, quiz) + finished(attempts, quiz, "again")
    sessions = [Session.resume(attempts, name, SystemClock()) for name in names]
    found = [(datetime.fromtimestamp(one.times[2], UTC), one) for one in sessions if one.keys is not None]
    return sorted(found, key=lambda one: one[0])
