"""The two-parameter logistic model, by marginal maximum likelihood.

    P(right | θ) = 1 / (1 + exp(−a(θ − b))),  θ ~ N(0, 1)

without the constant 1.7 (Birnbaum 1968). The likelihood of a taker's answers is integrated over θ on 61
points from −6 to 6; it is climbed by EM (Bock and Aitkin 1981), with one Newton step an item in each M step,
and then by a quasi-Newton method in slopes a and intercepts d = −ab until the gradient is nothing. Standard
errors are from the observed information, the inverse of minus the Hessian at the maximum, and for b by the
delta method.

A question that was not drawn for a taker is not in their likelihood. The model knows right and wrong only:
the full share counts as right and all else as wrong, which is said of each item with partial credit. Items
that all answer alike have no maximum and are filtered before (they would also pull at the others).
Not with fewer than 200 takers, of the quiz or of an item: estimates of slopes are then noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quizzes.analysis.matrix import Floats, Matrix

ENOUGH = 200
FEWEST_ITEMS = 3  # two have fewer patterns than parameters
NODES: Floats = np.linspace(-6, 6, 61)
_STEEPEST = 10.0  # a slope at this bound is a step: the likelihood grows for ever
_FLAT = 0.05  # below, b is where a level line crosses one half
_CYCLES = 200
_CLOSE = 1e-4


@dataclass(frozen=True, slots=True)
class Curve:
    """One item's. `partial` says that shares between nothing and all counted as wrong. What cannot be
    estimated is None, and `reason` says why."""

    a: float | None
    b: float | None
    a_error: float | None = None
    b_error: float | None = None
    partial: bool = False
    reason: str = ""

    def at(self, theta: float) -> float | None:
        """P(right | θ)."""
        if self.a is None or self.b is None:
            return None
        return float(_logistic(np.array(self.a * (theta - self.b))))


@dataclass(frozen=True, slots=True)
class Fit:
    """`curves` by column, None with the `reason` where nothing was fitted. `abilities` are the takers'
    posterior means of θ."""

    curves: tuple[Curve, ...] | None
    log_likelihood: float | None = None
    takers: int = 0
    reason: str = ""
    abilities: tuple[float, ...] = ()


def fit(data: Matrix) -> Fit:
    takers, columns = data.shares.shape
    if takers < ENOUGH:
        return Fit(None, takers=takers, reason=f"needs {ENOUGH} takers; there are {takers}")
    reasons = [_why_not(data.shares[:, column]) for column in range(columns)]
    kept = [column for column, reason in enumerate(reasons) if not reason]
    if len(kept) < FEWEST_ITEMS:
        return Fit(None, takers=takers, reason=f"needs {FEWEST_ITEMS} questions that tell takers apart")
    right = np.where(data.drawn, data.shares >= 1.0, np.nan)[:, kept]
    patterns = _Patterns.of(right)
    a, d = patterns.maximum()
    errors = patterns.errors(a, d)
    curves = [Curve(None, None, reason=reason) for reason in reasons]
    for at, column in enumerate(kept):
        shares = data.shares[:, column]
        partial = bool(((shares != 0.0) & (shares != 1.0) & ~np.isnan(shares)).any())
        curves[column] = _curve(float(a[at]), float(d[at]), errors[at], partial)
    log_likelihood, posterior = patterns.expected(a, d)
    return Fit(
        tuple(curves), log_likelihood, takers, abilities=tuple((posterior @ NODES)[patterns.row].tolist())
    )


def _why_not(shares: Floats) -> str:
    known = shares[~np.isnan(shares)]
    if len(known) < ENOUGH:
        return f"needs {ENOUGH} takers; {len(known)} had it"
    right = int((known >= 1.0).sum())
    return "nobody was wholly right" if not right else "all were right" if right == len(known) else ""


def _curve(a: float, d: float, covariance: Floats | None, partial: bool) -> Curve:
    if abs(a) > _STEEPEST * 0.999:
        return Curve(None, None, partial=partial, reason="a step: the slope grows without end")
    if abs(a) < _FLAT:
        return Curve(a, None, partial=partial, reason="level: no θ is where the curve crosses one half")
    b = -d / a
    if covariance is None:
        return Curve(a, b, partial=partial, reason="the information at the maximum is singular: no errors")
    slope = np.array([d / a**2, -1 / a])  # of b in (a, d)
    return Curve(a, b, float(np.sqrt(covariance[0, 0])), float(np.sqrt(slope @ covariance @ slope)), partial)


def _logistic(values: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(0.5 * values))


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Takers with the same answers, once. `ones` and `zeros` are 1 where the answer is right, or wrong;
    `count` is how many takers gave the pattern; `row` is the pattern of each taker."""

    ones: Floats
    zeros: Floats
    count: Floats
    row: Any

    @classmethod
    def of(cls, right: Floats) -> _Patterns:
        coded = np.where(np.isnan(right), -1, right)
        patterns, row, count = np.unique(coded, axis=0, return_inverse=True, return_counts=True)
        return cls((patterns == 1) * 1.0, (patterns == 0) * 1.0, count.astype(float), row.reshape(-1))

    def expected(self, a: Floats, d: Floats) -> tuple[float, Floats]:
        """The log-likelihood, and each pattern's posterior over the nodes: (patterns, nodes)."""
        scores = np.outer(a, NODES) + d[:, None]
        joint = self.ones @ -np.logaddexp(0, -scores) + self.zeros @ -np.logaddexp(0, scores) + _LOG_WEIGHTS
        top = joint.max(axis=1, keepdims=True)
        likelihood = top[:, 0] + np.log(np.exp(joint - top).sum(axis=1))
        return float(self.count @ likelihood), np.exp(joint - likelihood[:, None])

    def counts(self, posterior: Floats) -> tuple[Floats, Floats]:
        """How many are expected right, and to have answered, of each item at each node."""
        heavy = posterior * self.count[:, None]
        right = self.ones.T @ heavy
        return right, right + self.zeros.T @ heavy

    def slope(self, point: Floats) -> tuple[float, Floats]:
        """Minus the log-likelihood and minus its gradient in (a, d)."""
        a, d = np.split(point, 2)
        value, posterior = self.expected(a, d)
        right, all_ = self.counts(posterior)
        residual = right - all_ * _logistic(np.outer(a, NODES) + d[:, None])
        return -value, -np.concatenate([residual @ NODES, residual.sum(axis=1)])

    def maximum(self) -> tuple[Floats, Floats]:
        from scipy.optimize import minimize

        answered = self.count @ (self.ones + self.zeros)
        p = (self.count @ self.ones) / answered
        a, d = np.ones(len(p)), np.log(p / (1 - p))
        for _ in range(_CYCLES):
            before = np.concatenate([a, d])
            _, posterior = self.expected(a, d)
            a, d = _newton(a, d, *self.counts(posterior))
            if np.abs(np.concatenate([a, d]) - before).max() < _CLOSE:
                break
        bounds = [(-_STEEPEST, _STEEPEST)] * len(a) + [(None, None)] * len(a)
        options = {"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-6}
        found = minimize(
            self.slope, np.concatenate([a, d]), jac=True, method="L-BFGS-B", bounds=bounds, options=options
        )
        a, d = np.split(np.asarray(found.x, dtype=float), 2)
        # θ and −θ fit alike: most items are to grow with θ.
        return (a, d) if a.sum() > 0 else (-a, d)

    def errors(self, a: Floats, d: Floats) -> list[Floats | None]:
        """Each item's covariance matrix of (a, d), from central differences of the gradient; None where
        the information is singular."""
        point, step = np.concatenate([a, d]), 1e-4
        information = np.empty((len(point), len(point)))
        for at in range(len(point)):
            shift = np.zeros(len(point))
            shift[at] = step
            information[at] = (self.slope(point + shift)[1] - self.slope(point - shift)[1]) / (2 * step)
        items = len(a)
        free = np.tile(np.abs(a) < _STEEPEST * 0.999, 2)
        try:
            inverse = np.full_like(information, np.nan)
            inner = np.linalg.inv((information + information.T)[np.ix_(free, free)] / 2)
            inverse[np.ix_(free, free)] = inner
        except np.linalg.LinAlgError:
            return [None] * items
        found: list[Floats | None] = []
        for at in range(items):
            own = inverse[np.ix_([at, items + at], [at, items + at])]
            found.append(own if (np.diag(own) > 0).all() else None)
        return found


_LOG_WEIGHTS: Floats = -(NODES**2) / 2 - np.log(np.exp(-(NODES**2) / 2).sum())


def _newton(a: Floats, d: Floats, right: Floats, all_: Floats) -> tuple[Floats, Floats]:
    """One step of a logistic regression of the expected counts on the nodes, for each item."""
    p = _logistic(np.outer(a, NODES) + d[:, None])
    residual, weight = right - all_ * p, all_ * p * (1 - p)
    ga, gd = residual @ NODES, residual.sum(axis=1)
    haa, had, hdd = weight @ NODES**2, weight @ NODES, weight.sum(axis=1)
    determinant = np.maximum(haa * hdd - had**2, 1e-9)
    step_a = (hdd * ga - had * gd) / determinant
    step_d = (haa * gd - had * ga) / determinant
    longest = np.maximum(1.0, np.maximum(np.abs(step_a), np.abs(step_d)))  # a full step may overshoot
    return (a + step_a / longest).clip(-_STEEPEST, _STEEPEST), d + step_d / longest
