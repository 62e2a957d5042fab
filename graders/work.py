"""What a batch grades by, as a value: any pool can make graders of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from graders.engine.worker import Forks
from graders.grader import Graded, Subject, Task
from graders.sandbox.policy import Policy


class Grades(Protocol):
    def grade(self, task: Task) -> Graded: ...


@dataclass(frozen=True, slots=True)
class Work:
    """Whom it is for, how submissions are confined, the digest of the tests, and how a grading process makes
    its grader of the warm process's forks. `modules` are imported there, `judging` as for
    graders.engine.worker.Zygote."""

    subject: Subject
    policy: Policy
    digest: str
    modules: tuple[str, ...]
    make: Callable[[Forks], Grades]
    judging: tuple[str, ...] | None = None
