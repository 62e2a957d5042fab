"""Mathematics as people can read it in a terminal."""

import pytest

from quizzes.maths import broken, readable, segments, unicode


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\frac12 \sum_i (\mu_i^2 + \sigma_i^2 - \log \sigma_i^2 - 1)", "1/2∑ᵢ (μᵢ² + σᵢ² - log σᵢ² - 1)"),
        (r"\log p(x) + 2 \cdot 3", "log p(x) + 2 · 3"),
        (r"\frac{a+1}{b}", "(a+1)/b"),
        (r"\sqrt{x^2+1}", "√(x²+1)"),
        (r"x_{t+1}", "xₜ₊₁"),
        (r"x^{a,b}", "x^(a,b)"),
        (r"\mathbb{E}[X]", "𝔼[X]"),
        (r"\|w\|_2^2", "‖w‖₂²"),
        (r"\binom{n}{k}", "C(n, k)"),
        (r"\hat y", "ŷ"),
        (r"e^{-x}", "e⁻ˣ"),
        (r"\operatorname{softmax}(z)_i", "softmax(z)ᵢ"),
        (r"\max_a Q(s', a)", "maxₐ Q(s', a)"),
        (r"D_{KL}", "D_(KL)"),
    ],
)
def test_latex_becomes_unicode(latex: str, shown: str) -> None:
    assert unicode(latex) == shown
    assert broken(f"${latex}$") == []


def test_code_and_prices_are_no_mathematics() -> None:
    text = "costs $5 and $6, `a $x$ b`, and\n```\n$y$\n```\nor $z$"
    assert [kind for kind, _ in segments(text)] == ["text", "code", "text", "code", "text", "maths"]
    assert broken(text) == []
    assert "".join(f"${part}$" if kind == "maths" else part for kind, part in segments(text)) == text


def test_what_mathematics_becomes_is_no_markdown() -> None:
    assert readable(r"$a_{xy} * b$ and *this*") == r"a\_(xy) \* b and *this*"


@pytest.mark.parametrize("text", [r"$\frac{a$", "$a}$", r"$\nothing{x}$", "a $ b", r"\sigma alone"])
def test_what_is_broken_is_told(text: str) -> None:
    assert len(broken(text)) == 1
