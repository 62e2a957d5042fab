"""A graded quiz is released: what students get, and what stays behind to score it by.

.sorcery/quizzes/QUIZ/releases/RELEASE/QUIZ.quiz       the bundle (quizzes.bundle)
                                       release.json    its questions as they were, the variants' values
                                                       and the secrets; for staff alone
"""

from __future__ import annotations

import hashlib
import hmac
import random
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from graders.errors import UsageError
from graders.store import write_atomically
from quizzes.bank import Bank
from quizzes.bundle import SUFFIX, Bundle, digest, encode
from quizzes.expressions import ExpressionError, Number
from quizzes.items import Item, Option, draw, instantiate
from quizzes.paper import Part, as_written, with_rule
from quizzes.results import FOLDER
from quizzes.schema import Question, Quiz

VARIANTS = 8
RECORD = "release.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """`made` is UTC, ISO 8601; `sha256` the bundle's digest; `secret` makes names opaque, `private_key`
    opens what is handed in; `quiz` and `questions` are the quiz file's as they were, `values` the
    parameters' of each variant of a question."""

    version: Literal[1] = 1
    release: str
    made: str
    sha256: str
    secret: str
    private_key: str
    quiz: dict[str, Any]
    questions: tuple[dict[str, Any], ...]
    values: dict[str, tuple[dict[str, int | float], ...]]


class Opaque:
    """Names that tell nothing of what they stand for."""

    def __init__(self, secret: str) -> None:
        self._secret = bytes.fromhex(secret)

    def __call__(self, *names: str) -> str:
        text = "\0".join(names).encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:12]

    def question(self, item: Item) -> Item:
        """`item` with opaque names, its parts in the order of these; in their author's where they are not
        shuffled."""

        def parts(options: tuple[Option, ...], kind: str) -> tuple[Option, ...]:
            return tuple(Option(self(item.id, kind, one.id), one.text, one.pin) for one in options)

        options = item.options if item.kind == "true_false" else parts(item.options, "option")
        targets = sorted(parts(item.targets, "target"), key=lambda one: one.id)
        return Item(
            id=self(item.id),
            rev=1,
            kind=item.kind,
            stem=item.stem,
            points=item.points,
            options=tuple(sorted(options, key=lambda one: one.id)) if item.shuffle else options,
            targets=tuple(targets),
            unit=item.unit,
            hint=item.hint,
            shuffle=item.shuffle,
        )


def release(bank: Bank, state: Path, variants: int = VARIANTS) -> Path:
    """Writes a release, and returns its bundle. What has not changed since the latest one is not released
    again. Raises UsageError for a question that has no values."""
    latest = max(releases(state, bank.quiz.id).values(), key=lambda one: one.made, default=None)
    if latest is not None and _same(latest, bank, variants):
        return bundle_of(state, latest)
    from nacl.public import PrivateKey

    made, bundle = compose(bank, secrets.token_hex(8), secrets.token_hex(32), PrivateKey.generate(), variants)
    path = bundle_of(state, made)
    write_atomically(path.with_name(RECORD), msgspec.json.encode(made), mode=0o600)
    write_atomically(path, bundle)
    return path


def compose(bank: Bank, name: str, secret: str, key: Any, variants: int) -> tuple[Release, bytes]:
    """The record of a release and its bundle's bytes. Raises UsageError for a question without values."""
    opaque, quiz = Opaque(secret), bank.quiz
    asked = asked_questions(bank)
    values: dict[str, tuple[dict[str, Number], ...]] = {}
    items: dict[str, tuple[Item, ...]] = {}
    for question in asked:
        try:
            drawn = [
                draw(question, random.Random(f"{secret}:{question.id}:{number}"))
                for number in range(variants if question.params else 1)
            ]
            made = [as_written(quiz, question, instantiate(question, one)[0]) for one in drawn]
        except ExpressionError as error:
            raise UsageError(f"{bank.path}: {question.id}: {error}") from None
        values[question.id] = tuple(drawn)
        items[opaque(question.id)] = tuple(opaque.question(item) for item in made)
    bundle = Bundle(
        quiz=quiz.id,
        title=quiz.title,
        release=name,
        public_key=b64encode(bytes(key.public_key)).decode(),
        time_limit=quiz.time_limit,
        attempts=quiz.attempts.max,
        keep=quiz.attempts.keep,
        shuffle=quiz.shuffle.questions,
        sections=tuple(_part(bank, index, opaque) for index in range(len(bank.sections))),
        questions=dict(sorted(items.items())),
    )
    data = encode(bundle)
    record = Release(
        release=name,
        made=datetime.now(UTC).isoformat(),
        sha256=digest(data),
        secret=secret,
        private_key=b64encode(bytes(key)).decode(),
        quiz=_dumped(quiz),
        questions=tuple(question.model_dump(mode="json", by_alias=True) for question in asked),
        values=values,
    )
    return record, data


def asked_questions(bank: Bank) -> list[Question]:
    """What a paper may ask, by id, each with its rule."""
    names = {name for section in bank.sections for name in section.use}
    for section in bank.sections:
        if section.draw is not None:
            names.update(bank.candidates(section))
    return [with_rule(bank.quiz, bank.questions[name]) for name in sorted(names)]


def _part(bank: Bank, index: int, opaque: Opaque) -> Part:
    section = bank.sections[index]
    use = [opaque(name) for name in section.use]
    pool = () if section.draw is None else sorted(opaque(name) for name in bank.candidates(section))
    if bank.quiz.shuffle.questions:
        use.sort()
    return Part(section.title, tuple(use), section.draw, tuple(pool))


def releases(state: Path, quiz: str) -> dict[str, Release]:
    """By name. Raises UsageError for a record that cannot be read."""
    found = {}
    for path in sorted(_folder(state, quiz).glob(f"*/{RECORD}")):
        try:
            one = msgspec.json.decode(path.read_bytes(), type=Release)
        except (OSError, msgspec.DecodeError) as error:
            raise UsageError(f"{path} cannot be read: {error}") from None
        found[one.release] = one
    return found


def bundle_of(state: Path, made: Release) -> Path:
    quiz = str(made.quiz["id"])
    return _folder(state, quiz) / made.release / f"{quiz}{SUFFIX}"


def questions_of(made: Release) -> Mapping[str, Question]:
    """Its questions as they were released, by id."""
    from pydantic import TypeAdapter

    read: TypeAdapter[Question] = TypeAdapter(Question)
    return {one["id"]: read.validate_python(one) for one in made.questions}


def quiz_of(made: Release) -> Quiz:
    return Quiz.model_validate(made.quiz)


def _dumped(quiz: Quiz) -> dict[str, Any]:
    limit = None if quiz.time_limit is None else f"{quiz.time_limit:g}s"  # as people write it
    return quiz.model_dump(mode="json", by_alias=True) | {"time_limit": limit}


def _same(made: Release, bank: Bank, variants: int) -> bool:
    now = {question.id: question for question in asked_questions(bank)}
    counts = {len(made.values[name]) for name, one in now.items() if one.params and name in made.values}
    return quiz_of(made) == bank.quiz and questions_of(made) == now and counts <= {variants}


def _folder(state: Path, quiz: str) -> Path:
    return state / FOLDER / quiz / "releases"
