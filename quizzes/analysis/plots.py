"""Curves of an item as inline SVG: no script, no font, no colour but the page's own.

Lines differ by dashes and by a letter at their end, so colour is never the only sign. All text that comes
from outside is escaped here; what is returned is markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import sqrt
from string import ascii_uppercase

from quizzes.analysis.groups import Group
from quizzes.analysis.irt import Curve
from quizzes.analysis.options import Option

_WIDTH, _HEIGHT = 340, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 26, 10, 40  # margins
_DASHES = ("6 3", "2 3", "8 3 2 3", "1 4", "12 4", "4 2 1 2")
_APART = 12  # letters at the ends of lines


def marks(table: Sequence[Option]) -> dict[str, str]:
    """A letter for each option that has a curve; more than 26 have none."""
    return {option.id: letter for option, letter in zip(table, ascii_uppercase, strict=False)}


def item_curve(name: str, groups: Sequence[Group], curve: Curve | None) -> str:
    """Shares by score group, with 95 % intervals, and the fitted curve, which is that of being wholly right,
    where there is one; empty without groups."""
    if not groups:
        return ""
    if curve is not None and curve.at(0.0) is not None:
        axis, label = _Axis(-3.0, 3.0, (-3, -2, -1, 0, 1, 2, 3), "ability θ"), "wholly right"
        dots = [(group.theta or 0.0, group.right, group.takers) for group in groups]
        line = [(x / 10, curve.at(x / 10) or 0.0) for x in range(-30, 31)]
        drawn = f'<polyline class="line key" points="{axis.points(line)}"/>'
    else:
        axis, label = _rest_axis(), "share of the points"
        dots = [(group.rest, group.share, group.takers) for group in groups]
        line = [(x, y) for x, y, _ in dots]
        drawn = f'<polyline class="line other" stroke-dasharray="2 3" points="{axis.points(line)}"/>'
    parts = [axis.frame(label), drawn]
    for x, share, takers in dots:
        p, at = min(1.0, max(0.0, share)), f"{axis.x(x):.1f}"
        half = 1.96 * sqrt(p * (1 - p) / takers)
        low, high = axis.y(max(0.0, p - half)), axis.y(min(1.0, p + half))
        parts.append(f'<line class="bar" x1="{at}" x2="{at}" y1="{low:.1f}" y2="{high:.1f}"/>')
        parts.append(f'<circle class="dot" cx="{at}" cy="{axis.y(p):.1f}" r="4"/>')
    told = "; ".join(f"{takers} takers {share:.0%}" for _, share, takers in dots)
    return _svg(f"{name}: {label} by score group, the weakest first: {told}", parts)


def option_curves(name: str, groups: Sequence[Group], table: Sequence[Option]) -> str:
    """How many of each score group chose each option; empty without groups."""
    shown = [option for option in table if option.id and option.count]
    if len(groups) < 2 or not shown:
        return ""
    axis = _rest_axis()
    letters = marks(table)
    parts = [axis.frame("chosen by")]
    ends: list[tuple[float, str]] = []
    dashes = iter(_DASHES * len(shown))
    for option in shown:
        line = [(group.rest, group.chosen.get(option.id, 0.0)) for group in groups]
        style = 'class="line key"' if option.key else f'class="line other" stroke-dasharray="{next(dashes)}"'
        parts.append(f'<polyline {style} points="{axis.points(line)}"/>')
        ends.append((axis.y(line[-1][1]), letters.get(option.id, "")))
    x = axis.x(groups[-1].rest) + 5
    parts += [f'<text x="{x:.1f}" y="{y + 4:.1f}">{letter}</text>' for y, letter in _apart(ends)]
    told = "; ".join(
        f"{letters.get(option.id, '')} {'(right) ' if option.key else ''}"
        + ", ".join(f"{group.chosen.get(option.id, 0.0):.0%}" for group in groups)
        for option in shown
    )
    return _svg(f"{name}: chosen by score group, the weakest first: {told}", parts)


def _apart(ends: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Letters moved up so that none lies upon another; y grows downwards."""
    placed: list[tuple[float, str]] = []
    for y, letter in sorted(ends, reverse=True):
        placed.append((min(y, placed[-1][0] - _APART) if placed else y, letter))
    return placed


class _Axis:
    """x from `low` to `high`, y from 0 to 1."""

    def __init__(self, low: float, high: float, ticks: Sequence[float], label: str) -> None:
        self._low, self._high, self._ticks, self._label = low, high, ticks, label

    def x(self, value: float) -> float:
        value = min(self._high, max(self._low, value))
        return _LEFT + (value - self._low) / (self._high - self._low) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _TOP + (1 - min(1.0, max(0.0, value))) * (_HEIGHT - _TOP - _BOTTOM)

    def points(self, line: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in line)

    def frame(self, label: str) -> str:
        bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
        parts = []
        for y in (0.0, 0.25, 0.5, 0.75, 1.0):
            at = f"{self.y(y):.1f}"
            parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{at}" y2="{at}"/>')
            if y in (0.0, 0.5, 1.0):
                parts.append(_tick(f'x="{_LEFT - 5}" y="{self.y(y) + 4:.1f}"', f"{y:g}", "end"))
        for x in self._ticks:
            parts.append(_tick(f'x="{self.x(x):.1f}" y="{bottom + 15}"', f"{x:g}".replace("-", "−")))
        parts.append(_tick(f'x="{(_LEFT + right) / 2}" y="{_HEIGHT - 6}"', self._label))
        parts.append(_tick(f'transform="translate(12,{(_TOP + bottom) / 2}) rotate(-90)"', label))
        return "".join(parts)


def _tick(place: str, text: str, anchor: str = "middle") -> str:
    return f'<text class="tick" text-anchor="{anchor}" {place}>{escape(text)}</text>'


def _rest_axis() -> _Axis:
    return _Axis(0.0, 1.0, (0, 0.25, 0.5, 0.75, 1), "share of the points on the rest")


def _svg(told: str, parts: Sequence[str]) -> str:
    head = f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(told)}">'
    return head + "".join(parts) + "</svg>"
