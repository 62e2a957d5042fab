"""One attempt at a quiz, from the first question to its result: what may be done when, and how time counts.

    session = Session.start(attempts, paper, keys, clock)    # or Session.resume(attempts, name, clock)
    session.open(0)
    session.answer(["var", "cost"])
    session.hand_in()

Every change is an event on the disk before it counts, so a session that ends at any moment is resumed
where it was. A graded quiz's time runs by the clock on the wall from its start, whether it is open or
not, and setting that clock back gains nothing; other quizzes' time runs only while they are open.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import msgspec

from graders.errors import UsageError
from quizzes.attempts import Attempts, Event, EventKind, series_of
from quizzes.items import Answer, ChoiceKey, Item, Key, MatchingKey, NumericKey, OrderingKey, ShortKey
from quizzes.paper import Paper
from quizzes.score import Scored, score

# What somebody types is cut here: no pattern of an author's is run on more.
MAX_TYPED = 1000

_JUDGES: dict[str, Any] = {
    kind.__name__: kind for kind in (ChoiceKey, NumericKey, ShortKey, MatchingKey, OrderingKey)
}

State = Literal["under way", "handed in", "expired"]


class Clock(Protocol):
    """`wall` is POSIX time; `steady` never goes back, and has no beginning of meaning."""

    def wall(self) -> float: ...
    def steady(self) -> float: ...


class SystemClock:
    def wall(self) -> float:
        return time.time()

    def steady(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Total:
    """What an attempt brought. `answered` and `right` count questions."""

    points: float
    possible: float
    answered: int
    right: int
    questions: int


@dataclass(slots=True)
class _Known:
    """What the events say."""

    answers: dict[str, Answer] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    checked: set[str] = field(default_factory=set)
    seconds: dict[str, float] = field(default_factory=dict)
    answered_at: float = 0.0
    current: int = 0
    state: State = "under way"


class Session:
    """One attempt. `keys` is None where they are not here: a graded quiz's."""

    def __init__(
        self, attempts: Attempts, name: str, paper: Paper, keys: Mapping[str, Key] | None, clock: Clock
    ) -> None:
        self.name, self.paper, self.keys = name, paper, keys
        self._attempts, self._clock = attempts, clock
        self._known = _Known()
        self._number = 0
        self._active = 0.0  # by the last event
        self._latest = 0.0  # the latest wall time of any event
        self._began = 0.0
        self._since = clock.steady()

    @classmethod
    def start(cls, attempts: Attempts, paper: Paper, keys: Mapping[str, Key] | None, clock: Clock) -> Session:
        """A new attempt. Raises UsageError when there have been as many as the quiz allows."""
        packed = msgspec.to_builtins(paper)
        before = len(list(attempts.started(paper.quiz, series_of(packed), paper.student)))
        if paper.attempts is not None and before >= paper.attempts:
            raise UsageError(f"{paper.quiz}: all {paper.attempts} attempts are used")
        session = cls(attempts, secrets.token_hex(8), paper, keys, clock)
        body = {"paper": packed, "keys": None if keys is None else _packed(keys)}
        session._append("started", body)
        return session

    @classmethod
    def resume(cls, attempts: Attempts, name: str, clock: Clock) -> Session:
        """An attempt as its events left it. Raises UsageError when there is none of that name."""
        events = attempts.events(name)
        if not events:
            raise UsageError(f"no attempt {name!r}")
        body = events[0].body
        paper = msgspec.convert(body["paper"], Paper)
        session = cls(attempts, name, paper, None if body["keys"] is None else _unpacked(body["keys"]), clock)
        for event in events:
            session._take(event)
        return session

    @property
    def state(self) -> State:
        return self._known.state

    @property
    def current(self) -> int:
        """Index of the question that is open."""
        return self._known.current

    @property
    def item(self) -> Item:
        return self.paper.questions[self.current].item

    def answer_to(self, question: str) -> Answer | None:
        return self._known.answers.get(question)

    def flagged(self, question: str) -> bool:
        return question in self._known.flags

    def checked(self, question: str) -> bool:
        """Whether its feedback was shown, after which its answer stands."""
        return question in self._known.checked

    def seconds(self, question: str) -> float:
        """How long it was open."""
        return self._known.seconds.get(question, 0.0)

    @property
    def times(self) -> tuple[float, float, float]:
        """POSIX times of the start, of the last answer (that of the start before there is one) and of the
        last event."""
        return self._began, self._known.answered_at or self._began, self._latest

    def unanswered(self) -> list[int]:
        answers = self._known.answers
        return [index for index, placed in enumerate(self.paper.questions) if placed.item.id not in answers]

    def elapsed(self) -> float:
        """Seconds of the quiz's time that are gone."""
        active = self._active + self._clock.steady() - self._since
        if self.paper.mode != "graded" or not self._began:
            return active
        # A clock set back, here or before a resume, cannot win time.
        return max(active, max(self._clock.wall(), self._latest) - self._began)

    def remaining(self) -> float | None:
        """Seconds left; None without a limit."""
        limit = self.paper.time_limit
        return None if limit is None else max(0.0, limit - self.elapsed())

    def open(self, index: int) -> None:
        """Goes to a question. Raises UsageError when there is none of that index."""
        if not 0 <= index < len(self.paper.questions):
            raise UsageError(f"no question {index + 1}: there are {len(self.paper.questions)}")
        if index != self.current:
            self._change("opened", {"index": index})

    def answer(self, answer: Answer | None) -> bool:
        """Keeps an answer to the open question, or takes it back with None; False when it can no longer be
        given. Raises UsageError for one that does not fit the question."""
        item = self.item
        if self.checked(item.id) or self.state != "under way":
            return False
        fitted = None if answer is None else fitting(item, answer)
        if fitted == self.answer_to(item.id):
            return True
        return self._change("answered", {"question": item.id, "answer": fitted})

    def flag(self) -> bool:
        """Flags the open question, or takes its flag away."""
        item = self.item
        return self._change("flagged", {"question": item.id, "on": not self.flagged(item.id)})

    def check(self) -> Scored | None:
        """In practice: the open question's score and feedback, after which its answer stands; else None."""
        item = self.item
        if self.paper.mode != "practice" or self.keys is None or self.answer_to(item.id) is None:
            return None
        if not self.checked(item.id):
            self._change("checked", {"question": item.id})
        return self.scored(item.id)

    def tick(self) -> None:
        """Writes down the time that has passed, and ends the attempt when it is over."""
        if self.state == "under way":
            self._change("ticked", {})

    def hand_in(self) -> None:
        """Ends the attempt. What is handed in after its time is expired, with the answers it had."""
        if self.state == "under way":
            self._change("handed in", {})

    def scored(self, question: str) -> Scored:
        """Raises UsageError where keys are not here."""
        if self.keys is None:
            raise UsageError(f"{self.paper.quiz} is scored by its instructor")
        placed = next(placed for placed in self.paper.questions if placed.item.id == question)
        item = placed.item
        return score(self.keys[question], self.answer_to(question), len(item.options), self.paper.floor)

    def total(self) -> Total:
        """Raises UsageError where keys are not here."""
        scores = {placed.item.id: self.scored(placed.item.id) for placed in self.paper.questions}
        points = sum(placed.item.points * scores[placed.item.id].share for placed in self.paper.questions)
        return Total(
            points=max(0.0, points),
            possible=self.paper.points,
            answered=len(self._known.answers),
            right=sum(found.right for found in scores.values()),
            questions=len(scores),
        )

    def _change(self, kind: EventKind, body: dict[str, Any]) -> bool:
        if self.state != "under way":
            return False
        remaining = self.remaining()
        if remaining is not None and remaining <= 0:
            self._append("expired", {})
            return False
        self._append(kind, body)
        return True

    def _append(self, kind: EventKind, body: dict[str, Any]) -> None:
        active = self._active + self._clock.steady() - self._since
        event = Event(self._number, max(self._clock.wall(), self._latest), active, kind, body)
        self._attempts.append(self.name, event)
        self._take(event)

    def _take(self, event: Event) -> None:
        known, body = self._known, event.body
        open_ = self.item.id
        known.seconds[open_] = known.seconds.get(open_, 0.0) + event.active - self._active
        match event.kind:
            case "started":
                self._began = event.at
            case "opened":
                known.current = body["index"]
            case "answered":
                known.answered_at = event.at
                if body["answer"] is None:
                    known.answers.pop(body["question"], None)
                else:
                    known.answers[body["question"]] = body["answer"]
            case "flagged":
                (known.flags.add if body["on"] else known.flags.discard)(body["question"])
            case "checked":
                known.checked.add(body["question"])
            case "handed in":
                known.state = "handed in"
            case "expired":
                known.state = "expired"
        self._number = event.number + 1
        self._active, self._latest = event.active, max(self._latest, event.at)
        self._since = self._clock.steady()


def fitting(item: Item, answer: Answer) -> Answer | None:
    """`answer` in the form in which it is kept; None where it says nothing. Raises UsageError when it does
    not fit the item."""
    ids = [option.id for option in item.options]
    match item.kind, answer:
        case ("single" | "true_false", str()) if answer in ids:
            return answer
        case "multi", list() if set(answer) <= set(ids):
            return sorted(set(answer)) or None
        case ("numeric" | "short", str()):
            return answer.strip()[:MAX_TYPED] or None
        case "matching", dict() if set(answer) <= set(ids):
            targets = {target.id for target in item.targets}
            if set(answer.values()) <= targets:
                return dict(sorted(answer.items())) or None
        case "ordering", list() if sorted(answer) == sorted(ids):
            return list(answer)
    raise UsageError(f"that is no answer to {item.id}")


def kept(totals: Sequence[Total], rule: str) -> float | None:
    """The points that count of several attempts, the oldest first; None of none."""
    points = [total.points for total in totals]
    if not points:
        return None
    match rule:
        case "best":
            return max(points)
        case "first":
            return points[0]
        case "latest":
            return points[-1]
    return sum(points) / len(points)


def _packed(keys: Mapping[str, Key]) -> dict[str, Any]:
    packed: dict[str, Any] = {}
    for name, key in keys.items():
        kind = type(key.judge).__name__
        packed[name] = {"kind": kind, "key": msgspec.to_builtins(key, order="deterministic")}
    return packed


def _unpacked(packed: Mapping[str, Any]) -> dict[str, Key]:
    found = {}
    for name, entry in packed.items():
        body = dict(entry["key"])
        judge = msgspec.convert(body.pop("judge"), _JUDGES[entry["kind"]])
        found[name] = Key(judge, **body)
    return found
