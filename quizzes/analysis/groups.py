"""Takers by how they did on the rest: what the curves of an item are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quizzes.analysis.matrix import Floats

GROUPS = 5
SMALLEST = 5  # takers


@dataclass(frozen=True, slots=True)
class Group:
    """`rest` and `share` are means over the group; `right` is the part of it that was wholly right, `chosen`
    that which took each option; `theta` the mean ability, where a model was fitted."""

    takers: int
    rest: float
    share: float
    right: float
    chosen: Mapping[str, float]
    theta: float | None = None


def groups(
    shares: Floats, rest: Floats, chose: Mapping[str, Floats], abilities: Sequence[float]
) -> tuple[Group, ...]:
    """At most five groups of about equal size, the weakest first; who ties on the rest stays together.
    None at all where they would be smaller than five takers."""
    here = np.flatnonzero(~(np.isnan(shares) | np.isnan(rest)))
    if len(here) < 2 * SMALLEST:
        return ()
    count = min(GROUPS, len(here) // SMALLEST)
    values = np.round(rest[here], 9)
    edges = np.unique(np.quantile(values, np.arange(1, count) / count, method="lower"))
    place = np.searchsorted(edges, values, side="left")  # a value on an edge belongs below it
    thetas = np.array(abilities)
    found = []
    for number in np.unique(place):
        rows = here[place == number]
        if len(rows) >= SMALLEST:
            found.append(
                Group(
                    takers=len(rows),
                    rest=float(rest[rows].mean()),
                    share=float(shares[rows].mean()),
                    right=float((shares[rows] >= 1.0).mean()),
                    chosen={name: float(column[rows].mean()) for name, column in chose.items()},
                    theta=float(thetas[rows].mean()) if len(thetas) else None,
                )
            )
    return tuple(found)
