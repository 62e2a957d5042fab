"""Numbers as other programs write them, without what binary fractions would add."""

from __future__ import annotations

import re
from decimal import Context, Decimal, localcontext

from quizzes.expressions import ExpressionError, evaluate

# Enough for sums of any two doubles that somebody would write into a quiz.
EXACT = Context(prec=700)
LARGEST = Decimal("1e300")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)


def number(text: str) -> Decimal | None:
    """A number in figures, with a point or a comma before its fraction; None when it is none."""
    plain = text.strip().replace("−", "-")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if len(plain) > 60 or not _NUMBER.fullmatch(plain):
        return None
    found = Decimal(plain)
    return found if abs(found) < LARGEST else None


def decimal(value: float) -> Decimal:
    """The shortest decimal number that is read as this one."""
    return Decimal(repr(float(value)))


def shown(value: Decimal | float) -> str:
    """As short as it is read back the same: 3, 0.25, 1e-09."""
    found = float(value)
    return str(int(found)) if found.is_integer() and abs(found) < 1e15 else repr(found)


def duration(seconds: Decimal) -> str | None:
    """A time limit as it stands in YAML; None when it is none, or longer than a year."""
    return f"{float(seconds):.3f}".rstrip("0").rstrip(".") + "s" if 0 < seconds < 366 * 86_400 else None


def computed(expression: str) -> float | None:
    """The value of an expression without parameters; None when it has none."""
    try:
        return float(evaluate(expression, {}))
    except (ExpressionError, OverflowError):
        return None


def ends(value: float, tolerance: float) -> tuple[str, str]:
    """The interval of a tolerance about a value, exactly."""
    with localcontext(EXACT):
        middle, width = decimal(value), decimal(tolerance)
        return figures(middle - width), figures(middle + width)


def between(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    """The value and the tolerance of an interval."""
    with localcontext(EXACT):
        return (low + high) / 2, (high - low) / 2


def figures(value: Decimal) -> str:
    """All of its figures, without an exponent where that is short."""
    if not value:
        return "0"
    digits = value.as_tuple()
    short = abs(value.adjusted()) < 25 and len(digits.digits) < 40
    return f"{value.normalize(EXACT):f}" if short else str(value.normalize(EXACT))
