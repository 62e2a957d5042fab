"""What students get of a graded quiz: its questions without anything that tells their answers.

Which choices are right, how many, tolerances, expressions, explanations and feedback are not in it,
nor the ids and the order of the bank: every name is made opaque with a secret that stays behind, and
everything is sorted by those names. Parameters are not in it either; some variants of each such
question are, as texts.

    bundle, sha256 = read_bundle(Path("cnn.quiz"))
    paper = draw_released(bundle, sha256, "ada", 1)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from graders.errors import UsageError
from graders.store import safe_name
from quizzes.items import Item
from quizzes.paper import Paper, Part, Placed, chosen, pick, shuffled
from quizzes.schema import Keep

SUFFIX = ".quiz"
MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """`release` names what was released at once; `time_limit` is in seconds; `questions` are the variants
    of each, by opaque id; what is handed in is sealed for `public_key`, base64 of 32 bytes."""

    sorcery_quiz: Literal[1] = 1
    quiz: str
    title: str
    release: str
    public_key: str
    time_limit: float | None
    attempts: int | None
    keep: Keep
    shuffle: bool
    sections: tuple[Part, ...]
    questions: Mapping[str, tuple[Item, ...]]


def encode(bundle: Bundle) -> bytes:
    return msgspec.json.encode(bundle, order="deterministic") + b"\n"


def read_bundle(path: Path) -> tuple[Bundle, str]:
    """A bundle and the digest of its bytes. Raises UsageError for what is none."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path}: too large for a quiz")
    try:
        bundle = msgspec.json.decode(data, type=Bundle)
    except msgspec.DecodeError:
        raise UsageError(f"{path} is no quiz that was released, or is damaged; fetch it again") from None
    if not (safe_name(bundle.quiz) and safe_name(bundle.release)):  # files are named by them
        raise UsageError(f"{path} is damaged: {bundle.quiz!a} is no quiz's id; fetch it again")
    named = {name for part in bundle.sections for name in (*part.use, *part.pool)}
    if not named or not all(bundle.questions.get(name) for name in named):
        raise UsageError(f"{path} is damaged: questions are missing; fetch it again")
    return bundle, digest(data)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def draw_released(bundle: Bundle, sha256: str, student: str, number: int) -> Paper:
    """The paper of a student's attempt, the same wherever it is drawn; `sha256` is the bundle's digest.

    Raises UsageError where a pool is too small.
    """
    # Nobody chooses their questions: another paper needs another student, or another attempt.
    seed = int.from_bytes(hashlib.sha256(f"{bundle.release}:{student}:{number}".encode()).digest()[:6], "big")
    placed = []
    for section, name in chosen(bundle.sections, seed, bundle.shuffle):
        variant = pick(seed, name, len(bundle.questions[name]))
        item = bundle.questions[name][variant]
        placed.append(Placed(section, shuffled(item, seed), variant=variant))
    return Paper(
        quiz=bundle.quiz,
        title=bundle.title,
        mode="graded",
        seed=seed,
        questions=tuple(placed),
        time_limit=bundle.time_limit,
        attempts=bundle.attempts,
        keep=bundle.keep,
        release=bundle.release,
        bundle=sha256,
        student=student,
        number=number,
    )
