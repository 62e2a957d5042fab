"""Numbers with how sure they are; what is not defined is None with the reason, never NaN.

Intervals are percentile bootstrap intervals over takers (Efron and Tibshirani 1993, chapter 13): takers are
drawn with replacement as whole rows, so everything a taker answered stays together. The draw is seeded.
Of a taker's row nothing changes by the draw of others, so a resample is a vector of counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quizzes.analysis.matrix import Floats

FEWEST = 3  # takers, for a correlation to be told
RESAMPLES = 1000
LEVEL = 0.95
_CHUNK = 100  # resamples at once: bounds memory to 100 × takers
_DEFINED = 0.9  # of the resamples, else there is no interval
_TINY = 1e-12  # a variance below is that of a constant, and rounding


@dataclass(frozen=True, slots=True)
class Estimate:
    """`value` is None where it is not defined, and `reason` says why. `low` and `high` are the ends of its
    95 % interval, None without one. `n` is how many takers it rests on."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    reason: str = ""


def undefined(n: int, reason: str) -> Estimate:
    return Estimate(None, n, reason=reason)


def resamples(takers: int, seed: int) -> Iterator[Floats]:
    """How often each taker is drawn, for `RESAMPLES` resamples, some at a time: (resamples, takers)."""
    chance = np.random.default_rng(seed)
    for start in range(0, RESAMPLES, _CHUNK):
        size = min(_CHUNK, RESAMPLES - start)
        yield chance.multinomial(takers, np.full(takers, 1 / takers), size=size).astype(float)


def interval(values: Floats) -> tuple[float | None, float | None]:
    """The percentile interval of resampled values; NaN among them is a resample without one."""
    known = values[~np.isnan(values)]
    if len(known) < max(1.0, _DEFINED * len(values)):
        return None, None
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def means(values: Floats, seed: int) -> list[Estimate]:
    """The mean of each column over the rows that have it, with intervals."""
    rows, columns = values.shape
    here = ~np.isnan(values)
    counts = here.sum(axis=0)
    if not rows:
        return [undefined(0, "nobody had it") for _ in range(columns)]
    filled = np.where(here, values, 0.0)
    drawn = np.concatenate([_ratio(w @ filled, w @ here) for w in resamples(rows, seed)])
    found = []
    for column in range(columns):
        n = int(counts[column])
        if not n:
            found.append(undefined(0, "nobody had it"))
            continue
        low, high = interval(drawn[:, column])
        found.append(Estimate(float(filled[:, column].sum() / n), n, low, high))
    return found


def correlations(first: Floats, second: Floats, seed: int | None) -> list[Estimate]:
    """Pearson's r of each column of `first` with that of `second`, over the rows that have both; without
    a seed, without intervals."""
    rows, columns = first.shape
    if not rows:
        return [undefined(0, "nobody had it") for _ in range(columns)]
    here = ~(np.isnan(first) | np.isnan(second))
    x, y = _centred(first, here), _centred(second, here)
    parts = (here.astype(float), x, y, x * x, y * y, x * y)
    values = _pearson(np.ones((1, rows)), *parts)[0]
    drawn = np.full((1, columns), np.nan)
    if seed is not None:
        drawn = np.concatenate([_pearson(w, *parts) for w in resamples(rows, seed)])
    found = []
    for column in range(columns):
        n = int(here[:, column].sum())
        reason = _why_not(x[:, column], y[:, column], n)
        if reason:
            found.append(undefined(n, reason))
            continue
        low, high = interval(drawn[:, column])
        found.append(Estimate(float(values[column]), n, low, high))
    return found


def _why_not(x: Floats, y: Floats, n: int) -> str:
    if n < FEWEST:
        return f"fewer than {FEWEST} takers"
    if (x * x).sum() / n < _TINY:
        return "all had the same share"
    if (y * y).sum() / n < _TINY:
        return "all did equally well on the rest"
    return ""


def _centred(values: Floats, here: Floats | np.ndarray) -> Floats:
    """0 where not `here`; centred only so that sums of squares lose no digits."""
    filled: Floats = np.where(here, values, 0.0)
    return np.where(here, filled - _ratio(filled.sum(axis=0), here.sum(axis=0)), 0.0)


def _pearson(w: Floats, here: Floats, x: Floats, y: Floats, xx: Floats, yy: Floats, xy: Floats) -> Floats:
    """r of each column, for each row of weights `w`; NaN where it is not defined."""
    n, sx, sy = w @ here, w @ x, w @ y
    across = w @ xy - _ratio(sx * sy, n)
    vx, vy = w @ xx - _ratio(sx * sx, n), w @ yy - _ratio(sy * sy, n)
    defined = (n >= FEWEST) & (vx > _TINY * n) & (vy > _TINY * n)
    return np.where(defined, _ratio(across, np.sqrt(np.where(defined, vx * vy, 1.0))), np.nan).clip(-1, 1)


def _ratio(above: Floats, below: Floats | np.ndarray) -> Floats:
    out: Floats = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=out, where=below != 0)
    return out
