"""The paper: what one attempt asks, drawn once and then frozen.

Questions, their order, that of their choices and the values of parameters are all in it, as texts
and ids, so that a later edit of the bank changes no attempt under way. Answers are ids, never
positions. Keys are drawn beside it, not in it.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graders.errors import UsageError
from quizzes.bank import Bank
from quizzes.expressions import ExpressionError, Number
from quizzes.items import Item, Key, Option, draw, instantiate
from quizzes.schema import Keep, Mode, Multi, Question, Quiz

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A question at its place; its options and targets are in the order in which they are shown. Where the
    keys are not, the values are not either: one of them may be the answer."""

    section: str
    item: Item
    values: Mapping[str, Number] = field(default_factory=dict)
    variant: int = 0  # of a released question: which of those that were rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """`time_limit` is in seconds; `floor` the least share of its points that a question can bring;
    `attempts` how many there may be, and `keep` which of them counts.

    A graded quiz's paper is drawn for the attempt `number` of `student` at a `release`; `bundle` is the
    digest of what it was drawn from.
    """

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
    release: str = ""
    bundle: str = ""
    student: str = ""
    number: int = 0
    again: bool = False  # wrong ones once more: no attempt that counts

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
    placed: list[Placed] = []
    keys: dict[str, Key] = {}
    parts = [Part("Again", tuple(only))] if only else _parts(bank)
    for section, name in chosen(parts, seed, bank.quiz.shuffle.questions and not only):
        question = bank.questions[name]
        try:
            values = draw(question, random.Random(_hash(seed, name, "values")))
            item, key = instantiate(with_rule(bank.quiz, question), values)
        except ExpressionError as error:
            raise UsageError(f"{bank.path}: {name}: {error} (sorcery quiz lint {bank.path})") from None
        placed.append(Placed(section, shuffled(as_written(bank.quiz, question, item), seed), values))
        keys[name] = key
    quiz = bank.quiz
    paper = Paper(
        quiz=quiz.id,
        title=quiz.title,
        mode="practice" if only else quiz.mode,
        seed=seed,
        questions=tuple(placed),
        time_limit=None if only else quiz.time_limit,
        floor=quiz.scoring.floor,
        attempts=None if only else quiz.attempts.max,
        keep=quiz.attempts.keep,
        again=bool(only),
    )
    return paper, keys


@dataclass(frozen=True, slots=True)
class Part:
    """A section: the questions it asks, or how many of which."""

    title: str
    use: tuple[str, ...] = ()
    draw: int | None = None
    pool: tuple[str, ...] = ()


def _parts(bank: Bank) -> list[Part]:
    found = []
    for section in bank.sections:
        pool = () if section.draw is None else tuple(bank.candidates(section))
        found.append(Part(section.title, section.use, section.draw, pool))
    return found


def chosen(parts: Sequence[Part], seed: int, shuffle: bool) -> list[tuple[str, str]]:
    """(section, question), in the order in which they are asked. Raises UsageError where a pool is too
    small."""
    taken: set[str] = {name for part in parts for name in part.use}
    found: list[tuple[str, str]] = []
    for number, part in enumerate(parts):
        names = list(part.use)
        if part.draw is not None:
            pool = [name for name in part.pool if name not in taken]
            if len(pool) < part.draw:
                raise UsageError(f"section {part.title!r} draws {part.draw} of {len(pool)} questions")
            names = _ranked(pool, seed, number, "pool")[: part.draw]
            taken.update(names)
        if shuffle:
            names = _ranked(names, seed, number, "order")
        found += [(part.title, name) for name in names]
    return found


def with_rule(quiz: Quiz, question: Question) -> Question:
    """`question` with the rule by which its right choices count."""
    if isinstance(question, Multi) and question.scoring is None:
        return question.model_copy(update={"scoring": quiz.scoring.multi})
    return question


def as_written(quiz: Quiz, question: Question, item: Item) -> Item:
    """`item` saying whether its options are shuffled; where they are not, in their author's order."""
    shuffle = quiz.shuffle.choices if item.shuffle is None else item.shuffle
    shuffle = item.kind == "ordering" or (shuffle and item.kind != "true_false")
    written = [part.id for part in getattr(question, "choices", ())]
    if shuffle or not written:
        return replace(item, shuffle=shuffle)
    options = sorted(item.options, key=lambda option: written.index(option.id))
    return replace(item, shuffle=shuffle, options=tuple(options))


def shuffled(item: Item, seed: int) -> Item:
    """`item` in the order of one paper: options, where they are shuffled, and targets."""
    options = list(item.options)
    if item.shuffle:
        by_id = {option.id: option for option in options}
        options = [by_id[name] for name in _ranked(by_id, seed, item.id, "options")]
    targets = {target.id: target for target in item.targets}
    order = _ranked(targets, seed, item.id, "targets")
    return replace(item, options=_pinned(options), targets=tuple(targets[name] for name in order))


def _pinned(options: Sequence[Option]) -> tuple[Option, ...]:
    first = [option for option in options if option.pin == "first"]
    last = [option for option in options if option.pin == "last"]
    return (*first, *(option for option in options if option.pin is None), *last)


def _ranked(names: Iterable[str], seed: int, *purpose: str | int) -> list[str]:
    """`names` in an order by chance that no version of Python changes: a release's papers are drawn again
    where they are scored."""
    return sorted(names, key=lambda name: _hash(seed, *purpose, name))


def _hash(*parts: str | int) -> int:
    return int.from_bytes(hashlib.sha256(":".join(map(str, parts)).encode()).digest(), "big")


def pick(seed: int, name: str, count: int) -> int:
    """Which of `count` variants of a question, from 0."""
    return _hash(seed, name, "variant") % count
