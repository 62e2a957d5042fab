"""Several right choices, as shares of the points for each (Moodle's fractions), and as one of our rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from quizzes.schema import MultiRule

SLACK = 0.001  # 33.3 % is meant as a third
# What a wrong choice costs; a right one of c brings 1/c. Of (c, w).
_COSTS: dict[MultiRule, Callable[[int, int], float]] = {
    "net": lambda c, w: 1 / c,
    "exams_none": lambda c, w: 0.0,
    "exams_false": lambda c, w: 1 / w,
    "exams_false2": lambda c, w: 1 / max(w, 2),
    "exams_all": lambda c, w: 1.0,
}
# Shares that Moodle takes (question/engine/bank.php).
_KNOWN = (
    *(1, 0.9, 5 / 6, 0.8, 0.75, 0.7, 2 / 3, 0.6, 0.5, 0.4, 1 / 3, 0.3, 0.25, 0.2, 1 / 6, 1 / 7, 0.125),
    *(1 / 9, 0.1, 0.05, 0),
)


def rule_of(weights: Sequence[float]) -> MultiRule | None:
    """The rule that gives these shares; None when none does, or none is above 0."""
    right = [weight for weight in weights if weight > 0]
    wrong = [weight for weight in weights if weight <= 0]
    if not right or not _near(right, 1 / len(right)):
        return None
    for rule, cost in _COSTS.items():
        if not wrong or _near(wrong, -cost(len(right), len(wrong))):
            return rule
    return None


def weights_of(rule: MultiRule, right: Sequence[bool]) -> list[float] | None:
    """The shares by which choices count under `rule`; None when it is no sum of shares."""
    c, w = sum(right), len(right) - sum(right)
    cost = _COSTS.get("net" if rule == "exams_true" else rule)
    if cost is None:
        return None
    return [1 / c if is_right else -cost(c, w) for is_right in right]


def known(weight: float) -> bool:
    """Whether Moodle takes this share, from -1 to 1."""
    return any(math.isclose(abs(weight), share, abs_tol=1e-5) for share in _KNOWN)


def _near(values: Sequence[float], wanted: float) -> bool:
    return all(abs(value - wanted) <= SLACK for value in values)
