"""Items that deserve a second look, a sentence each. A flag is a question to the author, not a verdict.

    key       r(item, rest) < 0.1 while a wrong answer attracts the best. Of several right choices: r(choice,
              rest) < 0 beyond chance. Ebel and Frisbie (1991) call less than 0.2 poor; 0.1 leaves room for
              chance.
    attracts  r(wrong answer, rest) > 0 beyond chance, given by 5 % of takers or more: fewer are no
              functioning distractor (Haladyna and Downing 1993)
    easy      p ≥ 0.95, as "extremely easy" in Moodle's quiz statistics report
    hard      p ≤ 0.20, as "difficult" there, and less than most guessing brings
    flat      r(item, rest) < 0.1, as for key, of what is neither easy nor hard
    unchosen  nobody takes a wrong choice, of what is not easy
    alpha     α would be higher by 0.01 or more without it; less is not worth a question

Beyond chance is z(r)·√(n − 3) > 2.33 with Fisher's z, which is met once in a hundred where r is 0. Most
wrong answers have r well below 0, so a flag in vain is rarer than that. With fewer than 30 takers nothing is
flagged: r then has a standard error of 0.2. One cause is told once: a wrong key also discriminates
badly and harms α.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from quizzes.analysis.estimates import Estimate
from quizzes.analysis.matrix import Column
from quizzes.analysis.options import Option

ENOUGH = 30  # takers
LOW = 0.1
BEYOND_CHANCE = 2.33
FUNCTIONS = 0.05
EASY, HARD = 0.95, 0.20
RISE = 0.01

Sign = Literal["key", "attracts", "easy", "hard", "unchosen", "flat", "alpha"]
_TYPED = ("numeric", "short")


@dataclass(frozen=True, slots=True)
class Flag:
    """`option` is the answer it is about, empty where it is about the whole item."""

    item: str
    sign: Sign
    sentence: str
    option: str = ""


def flags_of(
    column: Column,
    takers: int,
    facility: Estimate,
    discrimination: Estimate,
    table: Sequence[Option],
    alpha: Estimate,
    without: Estimate,
) -> tuple[Flag, ...]:
    if takers < ENOUGH or facility.value is None:
        return ()
    found = list(_flags(column, facility.value, discrimination.value, table))
    if (
        not found
        and alpha.value is not None
        and without.value is not None
        and without.value >= alpha.value + RISE
    ):
        sentence = f"α would rise from {alpha.value:.2f} to {without.value:.2f} without it."
        found.append(Flag(column.id, "alpha", sentence))
    return tuple(found)


def _flags(column: Column, p: float, r: float | None, table: Sequence[Option]) -> Iterator[Flag]:
    luring = [option for option in table if option.key is False and option.id and _lures(option)]
    shunned = [
        option
        for option in table
        if option.key and column.kind == "multi" and _chance(option.r) < -BEYOND_CHANCE
    ]
    if shunned:
        for option in shunned:
            taken = f"(r = {_r(option.r.value)}): a wrong key?"
            sentence = f"{_said(option)} counts as right, but the weaker take it {taken}"
            yield Flag(column.id, "key", sentence, option.id)
        return
    if luring and r is not None and r < LOW and column.kind != "multi":
        best = max(luring, key=lambda option: option.r.value or 0.0)
        instead = f"what counts as right has r = {_r(r)}, while {_attracts(best)}."
        sentence = f"the key is probably wrong: {instead}"
        yield Flag(column.id, "key", sentence, best.id)
        return
    for option in luring:
        ask = "should it be accepted?" if column.kind in _TYPED else "is it right in some reading?"
        yield Flag(column.id, "attracts", f"{_attracts(option)}: {ask}", option.id)
    if p >= EASY:
        yield Flag(column.id, "easy", f"too easy: p = {p:.2f}, it tells hardly anybody apart.")
    elif p <= HARD:
        yield Flag(column.id, "hard", f"too hard: p = {p:.2f}. Is it clear, and was it taught?")
    elif r is not None and r < LOW and not luring:
        yield Flag(column.id, "flat", f"does not tell the strong from the weak: r = {_r(r)}.")
    if p < EASY:
        for option in table:
            if option.key is False and option.id and not option.count:
                yield Flag(column.id, "unchosen", f"nobody chooses {_said(option)}.", option.id)


def _lures(option: Option) -> bool:
    return option.share >= FUNCTIONS and _chance(option.r) > BEYOND_CHANCE


def _chance(r: Estimate) -> float:
    """r in standard errors from 0; 0 where it is not defined."""
    if r.value is None or r.n <= 3:
        return 0.0
    return math.atanh(max(-0.999999, min(0.999999, r.value))) * math.sqrt(r.n - 3)


def _said(option: Option) -> str:
    text = " ".join(option.text.split())
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"


def _attracts(option: Option) -> str:
    return f"{_said(option)} attracts the best (r = {_r(option.r.value)}, {option.share:.0%} of takers)"


def _r(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")
