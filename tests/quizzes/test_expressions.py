"""Authored arithmetic has a value or a reason, at once, and runs nothing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.expressions import FUNCTIONS, ExpressionError, evaluate, names


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("w - 0.1*g", 1.95),
        ("-w**2", -4),
        ("7 // 2 + 7 % 4", 6),
        ("1 if w > 1 and not g > 1 else 0", 1),
        ("1 < w <= 2", True),
        ("round(2/3, 2)", 0.67),
        ("sqrt(w + 2) * cos(pi)", -2.0),
        ("max(w, 3, g)", 3),
        ("sigmoid(0)", 0.5),
        ("comb(5, 2)", 10),
        ("log(e)", 1.0),
    ],
)
def test_the_value_is_that_of_arithmetic(text: str, value: float) -> None:
    assert evaluate(text, {"w": 2, "g": 0.5}) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no expression"),
        ("w +", "no expression"),
        ("x", "no parameter 'x'"),
        ("1 / 0", "division by zero"),
        ("log(0)", "has no value"),
        ("exp(1000)", "has no value"),
        ("1e308 * 10", "is inf"),
        ("(-1) ** 0.5", "no real number"),
        ("9**9**9", "power is too large"),
        ("2**250 * 2**250 * 2**250", "number is too large"),
        ("comb(10**9, 10**8)", "comb is for numbers up to"),
        ("round(1, -10**9)", "digits at most"),
        ("open('/etc/passwd')", "no function 'open'"),
        ("w.real", "only numbers"),
        ("[1][0]", "only numbers"),
        ("(lambda: 1)()", "only numbers"),
        ("'a' * 3", "only numbers"),
        ("max(*w)", "star"),
        ("min()", "has no value"),
        ("1 + " * 400 + "1", "at most 500 characters"),
        ("-" * 200 + "1", "nested too deep"),
        ("(" * 120 + "1" + ")" * 120 + "+ 1j", "only numbers"),
    ],
)
def test_what_has_no_value_says_why(text: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=says):
        evaluate(text, {"w": 2})


def test_the_parameters_needed_are_the_names_that_are_no_constants_or_functions() -> None:
    assert names("max(w, pi) + g * sqrt(w)") == {"w", "g"}
    assert names("max") == {"max"}


_leaf = st.one_of(st.integers(-(10**6), 10**6).map(str), st.floats(allow_nan=False).map(repr), st.just("w"))
_formulas = st.recursive(
    _leaf,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "<", "=="]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, max_size=3)).map(lambda t: f"{t[0]}({', '.join(t[1])})"),
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.one_of(_formulas, st.text(max_size=60)))
def test_any_text_has_a_finite_value_or_a_reason(text: str) -> None:
    try:
        value = evaluate(text, {"w": 3})
    except ExpressionError:
        return
    assert isinstance(value, int | float)
    assert math.isfinite(value)
