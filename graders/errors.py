"""Every error sorcery raises on purpose, by who can mend it.

    SorceryError
    ├── UsageError          whoever typed the command
    ├── AuthorError         whoever writes the course: a list of Problems, each with file:line and the mend
    ├── Rejected            the student: their file cannot be graded, and why
    ├── InternalError       us: the submission is reported as ungraded, never scored
    │   └── SandboxError        the asked-for isolation could not be set up
    └── ChannelError        the student's process stopped answering by the rules
        ├── PeerGone            it ended, or closed the channel
        ├── PeerTimeout         no answer before the deadline
        └── Tampered            it answered with bytes no honest process sends

What the student's own code raises while a test calls it reaches the test as
`graders.remote.RemoteError`; that is a test's business and no error of sorcery's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class SorceryError(Exception):
    """Base of all; `str()` is one line a user can act on. `exit_code` is the command's."""

    exit_code = 1


class UsageError(SorceryError):
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in an authored file. `line` and `column` count from 1; 0 means the whole file."""

    file: Path
    line: int
    message: str
    mend: str = ""
    column: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else f"{self.file}"
        if self.column:
            place += f":{self.column}"
        return f"{place}: {self.message}" + (f"; {self.mend}" if self.mend else "")


class AuthorError(SorceryError):
    """Faults in course material. `problems` holds all that were found, in file order."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[AuthorError], tuple[tuple[Problem, ...]]]:
        return AuthorError, (self.problems,)  # it crosses from a grading process to the command


class Rejected(SorceryError):
    """A submission that cannot be graded; `str()` is the reason, worded for its student."""


class InternalError(SorceryError):
    """Our fault. The submission stays ungraded and the batch goes on."""


class SandboxError(InternalError):
    pass


class ChannelError(SorceryError):
    pass


class PeerGone(ChannelError):
    pass


class PeerTimeout(ChannelError):
    pass


class Tampered(ChannelError):
    pass
