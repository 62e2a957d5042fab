"""What every format has in common: what is read, what is written, and what is lost on the way.

A format is a module with `read` and `write`. It reads bytes that nobody vouches for, and raises
FormatError with the line, where there is one, for what it cannot read. What it can read but not carry
over is a Loss, in words that a teacher understands; nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graders.errors import UsageError
from quizzes.schema import Question, QuizFile

# More than any bank needs, and less than fills a machine.
MAX_BYTES = 64 << 20
MAX_MEDIA = 16 << 20
MAX_QUESTIONS = 20_000


class FormatError(UsageError):
    """A file that is not of its format. The message names the line, where there is one."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What could not be carried over; `question` is its id in our file, empty for the whole quiz."""

    question: str
    what: str

    def __str__(self) -> str:
        return f"{self.question}: {self.what}" if self.question else self.what


@dataclass(frozen=True, slots=True)
class Imported:
    """A quiz file; `media` are files its texts name, by path relative to it."""

    file: QuizFile
    media: Mapping[str, bytes] = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported:
    """One file of another program."""

    data: bytes
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """What is written: the quiz file, with its parameters drawn (`QuizFile` of questions without
    parameters), and the files its texts name."""

    file: QuizFile
    media: Mapping[str, bytes] = field(default_factory=dict)


def in_order(file: QuizFile) -> Iterable[Question]:
    """Questions in the order in which they are asked."""
    if not file.sections:
        return file.questions
    by_id = {question.id: question for question in file.questions}
    return [by_id[name] for section in file.sections for name in section.use]
