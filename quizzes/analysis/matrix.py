"""Takers × items: the share of its points that each question brought each taker.

One attempt of a student enters, the first unless another is asked for: later ones are of people who
have seen the feedback. A question whose parameters are drawn is one item, whatever was drawn; one whose
`rev` rose has changed its meaning and is another item. Shares, not points: every question counts one, so
that no statistic depends on how an author weighs.

NaN is "not drawn for this taker": missing by design, in no sum and no mean. Drawn and not answered is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from graders.errors import UsageError
from quizzes.results import Response, Scored
from quizzes.schema import Kind

Which = Literal["first", "last", "best"]
WHICH: tuple[Which, ...] = get_args(Which)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """One item. `id` is the question's, with its rev where the data have several."""

    id: str
    question: str
    rev: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Matrix:
    """`shares` has shape (takers, columns). `responses` holds, for each column, taker's row -> response."""

    takers: tuple[str, ...]
    columns: tuple[Column, ...]
    shares: Floats
    responses: tuple[Mapping[int, Response], ...]

    @property
    def drawn(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.shares)

    @property
    def complete(self) -> bool:
        """Whether everybody had every question."""
        return bool(self.drawn.all())

    def totals(self) -> Floats:
        """Each taker's mean share over what was drawn for them; NaN for nothing. Shape (takers,)."""
        return _divided(np.nansum(self.shares, axis=1), self.drawn.sum(axis=1))

    def rests(self) -> Floats:
        """Each taker's mean share over the *other* questions drawn for them, for each question; NaN where
        it, or every other, was not drawn. Shape (takers, columns).

        With complete papers this is (total − item)/(k − 1), so correlations with it are those with
        total − item.
        """
        drawn = self.drawn
        sums = np.nansum(self.shares, axis=1, keepdims=True) - np.where(drawn, self.shares, 0.0)
        rests = _divided(sums, drawn.sum(axis=1, keepdims=True) - 1)
        rests[~drawn] = np.nan
        return rests


def _divided(sums: Floats, counts: NDArray[np.int_]) -> Floats:
    out: Floats = np.full(np.broadcast_shapes(sums.shape, counts.shape), np.nan)
    np.divide(sums, counts, out=out, where=np.broadcast_to(counts > 0, out.shape))
    return out


def chosen(attempts: Iterable[Scored], which: Which = "first") -> list[Scored]:
    """One attempt a student, by student. Of equally good ones the earliest is the best."""
    of_student: dict[str, list[Scored]] = {}
    for attempt in attempts:
        of_student.setdefault(attempt.student, []).append(attempt)
    found = []
    for _, tried in sorted(of_student.items()):
        tried.sort(key=lambda attempt: attempt.number)
        match which:
            case "first":
                found.append(tried[0])
            case "last":
                found.append(tried[-1])
            case "best":
                found.append(max(tried, key=_share))
    return found


def _share(attempt: Scored) -> float:
    return attempt.points / attempt.possible if attempt.possible else 0.0


def matrix(attempts: Sequence[Scored], order: Iterable[str] = ()) -> Matrix:
    """Of attempts, one a student. Columns come in the `order` of questions' ids, then as they turn up.

    Raises UsageError for a share that no scoring gives.
    """
    place = {question: at for at, question in enumerate(order)}
    kinds: dict[tuple[str, int], Kind] = {}
    for attempt in attempts:
        for response in attempt.responses:
            kinds.setdefault((response.question, response.rev), response.kind)
    keys = sorted(kinds, key=lambda key: (place.get(key[0], len(place)), key[1] if key[0] in place else 0))
    revs: dict[str, int] = {}
    for question, _ in keys:
        revs[question] = revs.get(question, 0) + 1
    columns = tuple(
        Column(
            f"{question} (rev {rev})" if revs[question] > 1 else question, question, rev, kinds[question, rev]
        )
        for question, rev in keys
    )
    at = {key: column for column, key in enumerate(keys)}
    shares = np.full((len(attempts), len(columns)), np.nan)
    responses: list[dict[int, Response]] = [{} for _ in columns]
    for row, attempt in enumerate(attempts):
        for response in attempt.responses:
            if not -1 <= response.share <= 1:
                whose = f"{attempt.student}'s in {response.question}"
                raise UsageError(f"{whose} is a share of {response.share:g}; score the quiz again")
            column = at[response.question, response.rev]
            shares[row, column] = response.share
            responses[column][row] = response
    return Matrix(tuple(attempt.student for attempt in attempts), columns, shares, tuple(responses))
