"""What is handed in of a graded quiz: answers, sealed so that only staff can open them.

    {"sorcery_quiz_response": 1, "quiz": ..., "release": ..., "student": ..., "number": 1, "bytes": 812,
     "sealed": base64}

The seal is libsodium's sealed box (X25519, XSalsa20-Poly1305; https://doc.libsodium.org/public-key_cryptography/sealed_boxes):
whoever has the bundle can make one, nobody but staff can open one, and a changed bit breaks it. So it
keeps answers from others, and tells a file that was edited; it does not say who made it.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import msgspec

from quizzes.items import Answer
from quizzes.session import Session

SUFFIX = ".response"
MAX_BYTES = 8 << 20
_HEAD = b'{"sorcery_quiz_response":'


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a paper, by its opaque names. `seconds` is how long it was open."""

    question: str
    variant: int
    answer: Answer | None
    seconds: float
    flagged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One attempt, whose random name is `attempt`. Times are UTC, ISO 8601, by the clock of the student's
    machine: of the start, of the last answer and of the end. `bundle` is the digest of what the paper was
    drawn from."""

    quiz: str
    release: str
    bundle: str
    student: str
    number: int
    attempt: str
    started: str
    answered: str
    ended: str
    state: Literal["handed in", "expired"]
    asked: tuple[Asked, ...]


class _Envelope(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    sorcery_quiz_response: Literal[1] = 1
    quiz: str
    release: str
    student: str
    number: int
    bytes: int
    sealed: str


Fault = Literal["truncated", "edited", "no response"]


class Broken(Exception):
    """Why a file cannot be opened; `fault` is of which kind."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Envelope:
    """A response that is still closed: what is written on it, which the seal does not vouch for."""

    quiz: str
    release: str
    student: str
    number: int
    sealed: bytes


def sheet_of(session: Session) -> Sheet:
    """What a session that is over says."""
    paper = session.paper
    started, answered, ended = (datetime.fromtimestamp(time, UTC).isoformat() for time in session.times)
    return Sheet(
        quiz=paper.quiz,
        release=paper.release,
        bundle=paper.bundle,
        student=paper.student,
        number=paper.number,
        attempt=session.name,
        started=started,
        answered=answered,
        ended=ended,
        state="expired" if session.state == "expired" else "handed in",
        asked=tuple(
            Asked(
                placed.item.id,
                placed.variant,
                session.answer_to(placed.item.id),
                round(session.seconds(placed.item.id), 1),
                session.flagged(placed.item.id),
            )
            for placed in paper.questions
        ),
    )


def seal(sheet: Sheet, public_key: str) -> bytes:
    """The file to hand in."""
    from nacl.public import PublicKey, SealedBox

    sealed = SealedBox(PublicKey(b64decode(public_key))).encrypt(msgspec.json.encode(sheet))
    text = b64encode(sealed).decode()
    envelope = _Envelope(
        quiz=sheet.quiz,
        release=sheet.release,
        student=sheet.student,
        number=sheet.number,
        bytes=len(sealed),
        sealed=text,
    )
    return msgspec.json.encode(envelope) + b"\n"


def read(data: bytes) -> Envelope:
    """Raises Broken for what is no response, or not a whole one."""
    text = data.strip()
    if not text.startswith(_HEAD):
        cut = _HEAD.startswith(text)
        raise Broken("truncated" if cut else "no response", "empty" if cut else "not a response to a quiz")
    try:
        found = msgspec.json.decode(text, type=_Envelope)
    except msgspec.DecodeError as error:
        if text.endswith(b"}"):
            raise Broken("edited", f"changed after it was sealed: {error}") from None
        raise Broken("truncated", "cut off; ask for it again") from None
    if len(found.sealed) * 3 < found.bytes * 4:
        there = len(found.sealed) * 3 // 4
        raise Broken("truncated", f"{there} of {found.bytes} bytes are there; ask for it again")
    try:
        sealed = b64decode(found.sealed, validate=True)
    except (binascii.Error, ValueError):
        raise Broken("edited", "changed after it was sealed") from None
    return Envelope(found.quiz, found.release, found.student, found.number, sealed)


def unseal(envelope: Envelope, private_key: str) -> Sheet:
    """Raises Broken for what was changed after it was sealed."""
    from nacl.exceptions import CryptoError
    from nacl.public import PrivateKey, SealedBox

    try:
        opened = SealedBox(PrivateKey(b64decode(private_key))).decrypt(envelope.sealed)
        sheet = msgspec.json.decode(opened, type=Sheet)
    except (CryptoError, ValueError, msgspec.DecodeError):
        raise Broken("edited", "changed after it was sealed") from None
    written = (envelope.quiz, envelope.release, envelope.student, envelope.number)
    if written != (sheet.quiz, sheet.release, sheet.student, sheet.number):
        raise Broken("edited", f"what is written on it was changed: inside it is {sheet.student}'s")
    return sheet
