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
from graders.templates import number

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


def reckoning(late: Lateness, policy: LatePolicy, possible: float) -> str:
    """What `lateness` found, as a sentence with its arithmetic."""
    if not late.seconds:
        return "On time."
    if not late.days:
        return f"{duration(late.seconds)} late, within {duration(policy.grace)} of grace."
    if not policy.per_day:
        return f"{duration(late.seconds)} late, which costs nothing."
    capped = round(late.days * policy.per_day - policy.cap, 6) > 0
    cap = f", at most {_percent(policy.cap)}," if capped else ""
    return (
        f"{_count(late.days, 'day')} late: {late.days} × {_percent(policy.per_day)}{cap}"
        f" of {number(possible)} points = {number(late.penalty)} points."
    )


def duration(seconds: float) -> str:
    """`1 day 3 hours`, rounded up to minutes: nobody is late by nothing."""
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    days, hours = divmod(hours, 24)
    told = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    return " ".join(_count(amount, unit) for amount, unit in told if amount) or "0 minutes"


def away(moment: datetime, now: datetime) -> str:
    """`in 3 days`, `2 hours ago`: in the largest unit, whole ones that have passed or are left."""
    seconds = (moment - now).total_seconds()
    minutes = int(abs(seconds) // 60)
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            span = _count(minutes // size, unit)
            return f"in {span}" if seconds > 0 else f"{span} ago"
    return "now"


def _percent(share: float) -> str:
    return f"{number(100 * share)} %"


def _count(amount: int, unit: str) -> str:
    return f"{amount} {unit}" if amount == 1 else f"{amount} {unit}s"
