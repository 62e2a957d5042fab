"""What a batch grades by, as a value: any pool can make graders of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from graders.assignment import read_assignment
from graders.course import Topic
from graders.digests import digests
from graders.engine.worker import Forks
from graders.errors import AuthorError, Problem
from graders.grader import Graded, Grader, Subject, Task
from graders.records import Tier
from graders.rules import SUPPORT, read_rules
from graders.sandbox.policy import Policy, policy


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


def work_of(topic: Topic, tier: Tier) -> Work:
    """A topic's. Raises AuthorError for material that cannot be used."""
    _check_readable(topic.data, tier)
    return Work(
        subject=topic,
        policy=_policy(topic, tier),
        digest=digests(topic, read_assignment(topic)).whole,
        modules=warm_modules(topic),
        make=partial(Grader, topic, tier),
    )


def warm_modules(topic: Topic) -> tuple[str, ...]:
    """What the warm process imports for a topic. Raises AuthorError for a notebook that is not as built."""
    found = [name for name in read_assignment(topic).imports if not _in_data(topic, name)]
    return (*found, *topic.warm)


def _in_data(topic: Topic, module: str) -> bool:
    """Whether a module lies in the topic's data, where only the notebook finds it."""
    top = module.partition(".")[0]
    return (topic.data / f"{top}.py").is_file() or (topic.data / top).is_dir()


def _check_readable(data: Path, tier: Tier) -> None:
    """Raises AuthorError for data that submissions, who are other users when root grades, cannot read."""
    if os.geteuid() != 0 or tier is Tier.NONE or not data.is_dir():
        return
    wanted = {True: stat.S_IROTH | stat.S_IXOTH, False: stat.S_IROTH}
    closed = [
        path for path in sorted((data, *data.rglob("*"))) if ~path.lstat().st_mode & wanted[path.is_dir()]
    ]
    if closed:
        mend = "run: chmod -R a+rX " + str(data)
        raise AuthorError([Problem(path, 0, "cannot be read by submissions", mend) for path in closed])


def _policy(topic: Topic, tier: Tier) -> Policy:
    shown_as = SUPPORT if read_rules(topic) else "data"
    return policy(tier, topic.limits, data=topic.data, shown_as=shown_as, hidden=topic.root)
