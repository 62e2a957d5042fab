"""What students' attempts at a quiz brought: one JSON file a student.

.sorcery/quizzes/QUIZ/scored/STUDENT.json
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from graders.errors import UsageError
from graders.store import write_atomically
from quizzes.items import Answer
from quizzes.schema import Kind

FOLDER = "quizzes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One question of an attempt. `answer` is in the bank's ids (of a matching's right sides: their
    texts), None where there was none; `values` are the parameters' that were drawn; `share` is that of
    the `possible` points; `seconds` how long it was open."""

    question: str
    rev: int
    kind: Kind
    answer: Answer | None
    right: bool
    share: float
    possible: float
    values: Mapping[str, int | float] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One attempt. `number` counts a student's attempts from 1; `started` and `ended` are UTC, ISO 8601,
    by the clock of the student's machine. Questions that were not drawn are not in `responses`."""

    student: str
    quiz: str
    number: int
    started: str
    ended: str
    responses: tuple[Response, ...]
    points: float
    possible: float


def write_scored(state: Path, quiz: str, student: str, attempts: tuple[Scored, ...]) -> None:
    """Raises UsageError when the disk does not take it."""
    data = msgspec.json.format(msgspec.json.encode(attempts, order="deterministic"), indent=1) + b"\n"
    write_atomically(_folder(state, quiz) / f"{student}.json", data)


def read_scored(state: Path, quiz: str) -> list[Scored]:
    """All attempts at a quiz, by student and number. Raises UsageError for a file that is none of ours."""
    found: list[Scored] = []
    for path in sorted(_folder(state, quiz).glob("*.json")):
        try:
            found += msgspec.json.decode(path.read_bytes(), type=list[Scored])
        except (OSError, msgspec.DecodeError) as error:
            raise UsageError(f"{path} cannot be read: {error}") from None
    return found


def _folder(state: Path, quiz: str) -> Path:
    return state / FOLDER / quiz / "scored"
