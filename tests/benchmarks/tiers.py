"""Milliseconds from asking for a confined process until it takes its first order, with torch warm: the median
in each tier this machine has, and how often that of none.

    python tests/benchmarks/tiers.py
"""

from __future__ import annotations

import contextlib
import json
import statistics
import time

from graders.engine.worker import Zygote
from graders.records import Limits, Tier
from graders.sandbox.policy import policy
from graders.sandbox.tiers import missing

FORKS = 100


def medians() -> dict[str, float]:
    """Each tier in turn, so that a busy moment is shared."""
    tiers = [tier for tier in (Tier.FULL, Tier.FLAT, Tier.NONE) if tier is Tier.NONE or not missing(tier)]
    taken: dict[str, list[float]] = {tier: [] for tier in tiers}
    with contextlib.ExitStack() as stack:
        zygotes = {
            tier: stack.enter_context(Zygote(["torch", "sklearn.datasets"], policy(tier, Limits())))
            for tier in tiers
        }
        for _ in range(FORKS):
            for tier, zygote in zygotes.items():
                started = time.perf_counter()
                worker = zygote.fork()
                worker.read(b'{"cells": []}', "")
                taken[tier].append(1000 * (time.perf_counter() - started))
                worker.close()
    found = {f"{tier}_ms": statistics.median(times) for tier, times in taken.items()}
    return found | {f"{tier}_ratio": found[f"{tier}_ms"] / found["none_ms"] for tier in tiers}


if __name__ == "__main__":
    print(json.dumps({key: round(value, 3) for key, value in medians().items()}))
