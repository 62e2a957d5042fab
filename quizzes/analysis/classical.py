"""Classical test theory: facility, discrimination, reliability.

facility        p = mean share                                     (mean / max)
discrimination  r(item, rest), rest = mean share of the other questions drawn: corrected, the item
                is not in what it is held against (Henrysson 1963)
uncorrected     r(item, total), total = mean share of all questions drawn; too high by the item itself
D27             p among the best 27 % by total less p among the weakest 27 % (Kelley 1939). A group has
                0.27·n takers, and n is of those who had the question. Whoever ties at its edge
                enters in part: the places left are shared equally among all who tie, so the order of
                takers cannot matter.
α               m·c̄ / (v̄ + (m − 1)·c̄), v̄ the mean variance of a question, c̄ the mean covariance of two,
                m the mean number of questions drawn (Cronbach 1951; in this form, pairwise and weighted by
                the pairs' numbers of takers, Stata's `alpha`, Methods and formulas). With complete
                papers it is k/(k − 1)·(1 − Σs²ᵢ/s²ₜ) exactly; with pools it is that of a paper of
                m questions drawn from these, and labelled so.
KR-20           k/(k − 1)·(1 − Σpq/s²ₜ), with the same ddof for both variances; where all is right or wrong
SEM             s·√(1 − α), s² = m·v̄ + m(m − 1)·c̄: with complete papers the variance of the sums of shares
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quizzes.analysis.estimates import FEWEST, Estimate, interval, resamples, undefined
from quizzes.analysis.matrix import Floats, Matrix

TAIL = 0.27
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Reliability:
    """`questions` is m: how many questions a paper has, on average. `sem` and `deviation` are in questions;
    `pairwise` says that not everybody had every question. `without` is α of the same papers without each
    column."""

    questions: float
    pairwise: bool
    alpha: Estimate
    deviation: float | None
    sem: float | None
    kr20: Estimate
    without: tuple[Estimate, ...]


def reliability(data: Matrix, seed: int) -> Reliability:
    takers, columns = data.shares.shape
    here = data.drawn
    m = float(here.sum() / takers) if takers else 0.0
    pairwise = not data.complete
    reason = _why_not(takers, columns, m)
    moments = _Moments.of(data.shares)
    value, variance = (None, 0.0) if reason else moments.alpha()
    if value is None:
        none = undefined(takers, reason or "the totals do not differ")
        return Reliability(m, pairwise, none, None, None, none, tuple(none for _ in range(columns)))
    drawn = [moments.weighted(w).alpha()[0] for chunk in resamples(takers, seed) for w in chunk]
    low, high = interval(np.array([np.nan if one is None else one for one in drawn]))
    return Reliability(
        questions=m,
        pairwise=pairwise,
        alpha=Estimate(value, takers, low, high),
        deviation=float(np.sqrt(variance)),
        sem=float(np.sqrt(variance * max(0.0, 1 - value))),
        kr20=_kr20(data),
        without=tuple(_without(moments, column, takers) for column in range(columns)),
    )


def _why_not(takers: int, columns: int, m: float) -> str:
    if takers < FEWEST:
        return f"fewer than {FEWEST} takers"
    if columns < 2 or m <= 1:
        return "fewer than two questions"
    return ""


@dataclass(frozen=True, slots=True)
class _Moments:
    """Sums over takers from which variances and covariances follow. `known` has 1 where a question was
    drawn and, in as many columns again, the shares, centred by question and 0 where not drawn; `weights` are
    how often each taker counts."""

    known: Floats
    weights: Floats

    @classmethod
    def of(cls, shares: Floats) -> _Moments:
        here = ~np.isnan(shares)
        means = np.where(here, shares, 0.0).sum(axis=0) / np.maximum(here.sum(axis=0), 1)
        centred = np.where(here, shares - means, 0.0)
        return cls(np.concatenate([here.astype(float), centred], axis=1), np.ones(len(shares)))

    def weighted(self, weights: Floats) -> _Moments:
        return _Moments(self.known, weights)

    def without(self, column: int) -> _Moments:
        k = self.known.shape[1] // 2
        return _Moments(np.delete(self.known, [column, k + column], 1), self.weights)

    def drawn(self) -> float:
        """How many questions a taker had, on average."""
        k = self.known.shape[1] // 2
        return float(self.weights @ self.known[:, :k].sum(axis=1) / self.weights.sum())

    def alpha(self) -> tuple[float | None, float]:
        """α, None where it is not defined, and the variance of the totals, in questions²."""
        k = self.known.shape[1] // 2
        products = (self.known * self.weights[:, None]).T @ self.known
        n = products[:k, :k]  # takers who had both
        sums = products[k:, :k]  # of the first, over those who had both
        enough = n >= 2
        pairs = np.where(enough, n, 2.0)
        covariances = (products[k:, k:] - sums * sums.T / pairs) / (pairs - 1)
        n = np.where(enough, n, 0.0)
        diagonal = np.eye(k, dtype=bool)
        if not n[diagonal].sum() or not n[~diagonal].sum():
            return None, 0.0
        v = float((n * covariances)[diagonal].sum() / n[diagonal].sum())
        c = float((n * covariances)[~diagonal].sum() / n[~diagonal].sum())
        m = self.drawn()
        variance = m * (v + (m - 1) * c)
        return (m * m * c / variance, variance) if variance > _TINY else (None, 0.0)


def _without(moments: _Moments, column: int, takers: int) -> Estimate:
    rest = moments.without(column)
    if rest.drawn() <= 1:
        return undefined(takers, "one question would be left")
    value, _ = rest.alpha()
    return undefined(takers, "the totals would not differ") if value is None else Estimate(value, takers)


def _kr20(data: Matrix) -> Estimate:
    takers, k = data.shares.shape
    if not data.complete:
        return undefined(takers, "defined for complete papers only")
    if not np.isin(data.shares, (0.0, 1.0)).all():
        return undefined(takers, "defined where all is right or wrong")
    p = data.shares.mean(axis=0)
    variance = data.shares.sum(axis=1).var()  # ddof 0, as p·q is
    return Estimate(float(k / (k - 1) * (1 - (p * (1 - p)).sum() / variance)), takers)


def upper_less_lower(shares: Floats, totals: Floats) -> Estimate:
    """D27 of one item; takers who did not have it are NaN in `shares`."""
    here = ~np.isnan(shares)
    shares, totals = shares[here], totals[here]
    n = len(shares)
    size = TAIL * n
    if size < FEWEST:
        return undefined(n, f"27 % are fewer than {FEWEST} takers")
    upper, lower = _tail(-totals, size), _tail(totals, size)
    return Estimate(float((upper - lower) @ shares / size), n)


def _tail(values: Floats, size: float) -> Floats:
    """How much of each taker belongs to the `size` with the smallest values."""
    share = np.zeros(len(values))
    left = size
    for value in np.unique(
        np.round(values, 9)
    ):  # what was summed in another order may differ in the last bit
        tied = np.round(values, 9) == value
        share[tied] = min(1.0, left / tied.sum())
        left -= tied.sum()
        if left <= 0:
            break
    return share
