"""A quiz's scored attempts and its bank, put together to all that is said of its items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quizzes.analysis.classical import Reliability, reliability, upper_less_lower
from quizzes.analysis.estimates import Estimate, correlations, means
from quizzes.analysis.flags import Flag, flags_of
from quizzes.analysis.groups import Group, groups
from quizzes.analysis.irt import Curve, fit
from quizzes.analysis.matrix import Which, chosen, matrix
from quizzes.analysis.options import Option, options
from quizzes.bank import Bank
from quizzes.maths import readable
from quizzes.results import Scored
from quizzes.schema import Kind

SEED = 20250101  # of the bootstrap: the same data give the same intervals


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """One item; definitions are in quizzes.analysis.classical, options and irt. `seconds` is the median
    time it was open, `stem` empty when the question is no longer in the bank at that rev."""

    id: str
    question: str
    rev: int
    kind: Kind
    stem: str
    takers: int
    facility: Estimate
    discrimination: Estimate
    uncorrected: Estimate
    d27: Estimate
    alpha_without: Estimate
    seconds: float | None
    options: tuple[Option, ...]
    groups: tuple[Group, ...]
    curve: Curve | None
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Of the 2PL: `fitted` or the `reason` why not."""

    fitted: bool
    log_likelihood: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """`takers` are students with an attempt, one of which (`attempt`) counts. `mean` and `deviation` are of
    their mean shares. `unseen` are questions the quiz may ask that nobody had."""

    quiz: str
    title: str
    attempt: Which
    takers: int
    attempts: int
    mean: float | None
    deviation: float | None
    reliability: Reliability
    model: Model
    items: tuple[ItemStatistics, ...]
    unseen: tuple[str, ...]

    @property
    def flags(self) -> list[Flag]:
        return [flag for item in self.items for flag in item.flags]


def analyse(bank: Bank, attempts: Sequence[Scored], which: Which = "first", seed: int = SEED) -> Analysis:
    """`attempts` are all there are at the bank's quiz."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # on matrices so small two threads wait for each other longer than they work
        return _analyse(bank, attempts, which, seed)


def _analyse(bank: Bank, attempts: Sequence[Scored], which: Which, seed: int) -> Analysis:
    questions = bank.questions
    data = matrix(chosen(attempts, which), questions)
    shares, rests, totals = data.shares, data.rests(), data.totals()
    facilities = means(shares, seed)
    discriminations = correlations(shares, rests, seed)
    uncorrected = correlations(shares, np.repeat(totals[:, None], len(data.columns), axis=1), seed)
    reliable = reliability(data, seed)
    model = fit(data)
    items = []
    for at, column in enumerate(data.columns):
        question = questions.get(column.question)
        if question is not None and (question.rev, question.type) != (column.rev, column.kind):
            question = None
        responses = data.responses[at]
        table, chose = options(column.kind, responses, rests[:, at], question)
        item = ItemStatistics(
            id=column.id,
            question=column.question,
            rev=column.rev,
            kind=column.kind,
            stem=readable(question.stem) if question else "",
            takers=len(responses),
            facility=facilities[at],
            discrimination=discriminations[at],
            uncorrected=uncorrected[at],
            d27=upper_less_lower(shares[:, at], totals),
            alpha_without=reliable.without[at],
            seconds=float(np.median([response.seconds for response in responses.values()])),
            options=table,
            groups=groups(shares[:, at], rests[:, at], chose, model.abilities),
            curve=model.curves[at] if model.curves else None,
            flags=flags_of(
                column,
                len(responses),
                facilities[at],
                discriminations[at],
                table,
                reliable.alpha,
                reliable.without[at],
            ),
        )
        items.append(item)
    known = totals[~np.isnan(totals)]
    asked = {column.question for column in data.columns}
    return Analysis(
        quiz=bank.quiz.id,
        title=bank.quiz.title,
        attempt=which,
        takers=len(data.takers),
        attempts=len(attempts),
        mean=float(known.mean()) if len(known) else None,
        deviation=float(known.std(ddof=1)) if len(known) > 1 else None,
        reliability=reliable,
        model=Model(model.curves is not None, model.log_likelihood, model.reason),
        items=tuple(items),
        unseen=tuple(name for name in _may_ask(bank) if name not in asked),
    )


def _may_ask(bank: Bank) -> list[str]:
    wanted = {name for section in bank.sections for name in section.use or bank.candidates(section)}
    return [name for name in bank.questions if name in wanted]
