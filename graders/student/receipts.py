"""What a student handed in, every version of it, and the receipt of each.

submitted/TOPIC/20260130T203010.123456Z-1a2b3c4d/TOPIC.ipynb
                                                 receipt.json
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from graders.course import Course

RECEIPT = "receipt.json"
FOLDER = "submitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`submitted` and `due` are UTC, ISO 8601, by the clock of the student's machine; `due` is empty for
    none. `exchange` is the folder it was put into, empty for a file that the student uploads; `secret` is
    what its feedback there is found by."""

    version: Literal[1] = 1
    course: str
    topic: str
    student: str
    number: int  # of the versions of this topic, from 1
    sha256: str
    submitted: str
    due: str = ""
    late_seconds: float = 0.0
    unanswered: tuple[str, ...] = ()
    exchange: str = ""
    secret: str = ""
    sorcery: str

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.submitted).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Version:
    """A version on disk, in `folder`."""

    folder: Path
    receipt: Receipt

    @property
    def notebook(self) -> Path:
        return self.folder / f"{self.receipt.topic}.ipynb"


_decoder = msgspec.json.Decoder(Receipt)


def versions(course: Course, topic: str) -> list[Version]:
    """All that were handed in here, the latest last. What is no receipt of ours is passed over."""
    found = []
    for path in (course.root / FOLDER / topic).glob(f"*/{RECEIPT}"):
        try:
            receipt = _decoder.decode(path.read_bytes())
            moment = receipt.moment
        except (OSError, ValueError, OverflowError, msgspec.DecodeError):
            continue
        if not path.parent.name.startswith("."):
            found.append((moment, receipt.number, Version(path.parent, receipt)))
    return [version for *_, version in sorted(found, key=lambda one: one[:2])]


def encode(receipt: Receipt) -> bytes:
    return msgspec.json.format(msgspec.json.encode(receipt), indent=1) + b"\n"
