"""The paper: what one attempt asks, drawn once and then frozen.

Questions, their order, that of their choices and the values of parameters are all in it, as texts
and ids, so that a later edit of the bank changes no attempt under way. Answers are ids, never
positions. Keys are drawn beside it, not in it.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from graders.errors import UsageError
from quizzes.bank import Bank
from quizzes.expressions import ExpressionError, Number
from quizzes.items import Item, Key, Option, draw, instantiate
from quizzes.schema import Keep, Mode, Multi, Question

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A question at its place; its options and targets are in the order in which they are shown."""

    section: str
    item: Item
    values: Mapping[str, Number]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """`time_limit` is in seconds; `floor` the least share of its points that a question can bring;
    `attempts` how many there may be, and `keep` which of them counts."""

    schema: int = SCHEMA
    quiz: str
    title: str
    mode: Mode
    seed: int
    questions: tuple[Placed, ...]
    time_limit: float | None = None
    floor: float = 0.0
    attempts: int | None = None
    keep: Keep = "best"
    bundle: str = ""  # of a graded quiz: the digest of what was released

    @property
    def points(self) -> float:
        return sum(placed.item.points for placed in self.questions)


def new_seed() -> int:
    """More than can be tried out, and no more than JSON's readers keep."""
    return secrets.randbits(53)


def draw_paper(bank: Bank, seed: int, only: Sequence[str] = ()) -> tuple[Paper, dict[str, Key]]:
    """A paper and the keys of its questions, by id: the same for the same bank and seed.

    With `only`, these questions alone, in their order, whatever the sections. Raises UsageError for a
    question that has no values.
    """
    chance = random.Random(seed)
    placed: list[Placed] = []
    keys: dict[str, Key] = {}
    for section, question in _chosen(bank, chance, only):
        try:
            values = draw(question, _own(seed, question.id, "values"))
            item, key = instantiate(_with_rule(bank, question), values)
        except ExpressionError as error:
            raise UsageError(f"{bank.path}: {question.id}: {error} (sorcery quiz lint {bank.path})") from None
        shuffled = bank.quiz.shuffle.choices if item.shuffle is None else item.shuffle
        written = [part.id for part in getattr(question, "choices", ())]
        placed.append(Placed(section, _ordered(item, written, shuffled, seed), values))
        keys[question.id] = key
    quiz = bank.quiz
    paper = Paper(
        quiz=quiz.id,
        title=quiz.title,
        mode=quiz.mode,
        seed=seed,
        questions=tuple(placed),
        time_limit=quiz.time_limit,
        floor=quiz.scoring.floor,
        attempts=quiz.attempts.max,
        keep=quiz.attempts.keep,
    )
    return paper, keys


def _chosen(bank: Bank, chance: random.Random, only: Sequence[str]) -> list[tuple[str, Question]]:
    if only:
        return [("Again", bank.questions[name]) for name in only]
    taken: set[str] = {name for section in bank.sections for name in section.use}
    found: list[tuple[str, Question]] = []
    for section in bank.sections:
        names = list(section.use)
        if section.draw is not None:
            pool = [name for name in bank.candidates(section) if name not in taken]
            if len(pool) < section.draw:
                raise UsageError(
                    f"{bank.path}: section {section.title!r} draws {section.draw} of {len(pool)}"
                )
            names = chance.sample(pool, section.draw)
            taken.update(names)
        if bank.quiz.shuffle.questions:
            chance.shuffle(names)
        found += [(section.title, bank.questions[name]) for name in names]
    return found


def _with_rule(bank: Bank, question: Question) -> Question:
    if isinstance(question, Multi) and question.scoring is None:
        return question.model_copy(update={"scoring": bank.quiz.scoring.multi})
    return question


def _own(seed: int, question: str, purpose: str) -> random.Random:
    """A question's own chance, which no other question's draws disturb."""
    digest = hashlib.sha256(f"{seed}:{question}:{purpose}".encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))


def _ordered(item: Item, written: Sequence[str], shuffled: bool, seed: int) -> Item:
    chance = _own(seed, item.id, "order")
    options = list(item.options)
    if item.kind == "ordering" or (shuffled and item.kind != "true_false"):
        chance.shuffle(options)
    elif written:
        options.sort(key=lambda option: written.index(option.id))
    targets = list(item.targets)
    chance.shuffle(targets)
    return replace(item, options=_pinned(options), targets=tuple(targets))


def _pinned(options: Sequence[Option]) -> tuple[Option, ...]:
    first = [option for option in options if option.pin == "first"]
    last = [option for option in options if option.pin == "last"]
    return (*first, *(option for option in options if option.pin is None), *last)
