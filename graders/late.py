"""What lateness costs: a pure function of when something was due and when it was handed in.

    penalty = min(days × per_day, cap) × possible        days: begun days past due and grace

As Canvas and nbgrader count it, a penalty is a share of the points possible, not of those earned,
and no grade falls below zero through it (graders.grades).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from graders.records import Lateness

DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePolicy:
    """`grace` in seconds; `per_day` and `cap` as shares of the points possible, 0 to 1. The default
    accepts late work at no cost."""

    grace: float = 0.0
    per_day: float = 0.0
    cap: float = 1.0


def lateness(
    submitted: datetime | None,
    due: datetime | None,
    policy: LatePolicy,
    possible: float,
    extension: datetime | None = None,
) -> Lateness:
    """How late, and what it costs of `possible` points; `extension` takes the place of `due`.

    All moments have an offset. Without a due date nothing is late, and what has no known time is taken
    to be on time: nobody pays for what we do not know.
    """
    until = extension or due
    if until is None:
        return Lateness()
    said = Lateness(due=until.astimezone(UTC).isoformat(), extended=extension is not None)
    if submitted is None:
        return said
    seconds = max(0.0, (submitted - until).total_seconds())
    days = math.ceil(max(0.0, seconds - policy.grace) / DAY_SECONDS)
    penalty = round(min(days * policy.per_day, policy.cap) * possible, 6)
    return Lateness(due=said.due, extended=said.extended, seconds=seconds, days=days, penalty=penalty)
