"""What an instructor sees of one topic: how it went, which questions were hard, what failed, for whom.

Facility and discrimination are those of classical test theory (L. Crocker, J. Algina, "Introduction to
Classical and Modern Test Theory", 1986, ch. 14): the mean share of a question's points that was earned,
and the correlation of its points with those of all other questions together.
"""

from __future__ import annotations

import io
import math
import multiprocessing
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graders.course import Course, Topic
from graders.overview import Overview
from graders.pools import end_with_parent
from graders.records import CaseVerdict, Counting, Grade, Result
from graders.similarity import Comparison, Source, compare, side_by_side
from graders.store import write_atomically
from graders.templates import environment
from graders.untrusted import CONTENT_SECURITY_POLICY, for_terminal, on_one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = 10
STRAGGLERS = 10
COMMONEST = 15
PAIRS = 20  # shown side by side
FEWEST = 3  # students, for a correlation to be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question over all students with a grade. `facility` is from 0 to 1 (above for extra points),
    None without points; `discrimination` is from −1 to 1, None where it is not defined or nobody would
    believe it."""

    id: str
    possible: float
    counting: Counting
    answers: int
    mean: float | None
    facility: float | None
    discrimination: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One case that failed, and for whom, with the same message."""

    question: str
    case: str
    hidden: bool
    verdict: CaseVerdict
    message: str
    students: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    student: str
    seconds: float
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the page shows, as values. Scores are totals in points; `seconds` are of grading.
    `in_process` are cases that ran beside students' code, as `q1/2`."""

    topic: str
    students: int
    graded: int
    possible: float
    scores: tuple[float, ...]
    mean: float | None
    median: float | None
    deviation: float | None
    needs_manual: tuple[str, ...]
    late: tuple[str, ...]
    verdicts: dict[str, tuple[str, ...]]
    reasons: dict[str, str]
    missing: tuple[str, ...]
    items: tuple[Item, ...]
    failures: tuple[Failure, ...]
    median_seconds: float | None
    stragglers: tuple[Slow, ...]
    in_process: tuple[str, ...] = ()


def summarise(topic: Topic, grades: Sequence[Grade], results: Mapping[str, Result]) -> Report:
    """`grades` of everyone who is expected, by whatever order; `results` by student."""
    graded = [grade for grade in grades if grade.total is not None]
    scores = tuple(sorted(grade.total for grade in graded if grade.total is not None))
    verdicts: dict[str, list[str]] = defaultdict(list)
    for grade in grades:
        if grade.verdict is not None:
            verdicts[grade.verdict].append(grade.student)
    return Report(
        topic=topic.id,
        students=len(grades),
        graded=len(graded),
        possible=max((grade.possible for grade in grades), default=0.0),
        scores=scores,
        mean=statistics.fmean(scores) if scores else None,
        median=statistics.median(scores) if scores else None,
        deviation=statistics.stdev(scores) if len(scores) > 1 else None,
        needs_manual=_names(grade for grade in graded if grade.needs_manual),
        late=_names(grade for grade in graded if grade.late.days),
        verdicts={verdict: tuple(sorted(names)) for verdict, names in sorted(verdicts.items())},
        reasons={grade.student: on_one_line(grade.reason) for grade in grades if grade.reason},
        missing=_names(grade for grade in grades if grade.verdict is None),
        items=_items(graded),
        failures=_failures([results[grade.student] for grade in graded if grade.student in results]),
        median_seconds=statistics.median(r.seconds for r in results.values()) if results else None,
        stragglers=_stragglers(results),
        in_process=tuple(sorted({case for result in results.values() for case in result.in_process})),
    )


def _names(grades: Iterable[Grade]) -> tuple[str, ...]:
    return tuple(sorted(grade.student for grade in grades))


def _items(graded: Sequence[Grade]) -> tuple[Item, ...]:
    if not graded:
        return ()
    found = []
    for place, question in enumerate(graded[0].questions):
        own, others = [], []
        for grade in graded:
            points = grade.questions[place].points
            if points is not None:
                own.append(points)
                others.append(math.fsum(_counted(grade)) - (points if _counts(grade, place) else 0.0))
        mean = statistics.fmean(own) if own else None
        asked = question.possible
        found.append(
            Item(
                id=question.id,
                possible=asked,
                counting=question.counting,
                answers=len(own),
                mean=mean,
                facility=mean / asked if mean is not None and asked else None,
                discrimination=_correlation(own, others),
            )
        )
    return tuple(found)


def _counts(grade: Grade, place: int) -> bool:
    return grade.questions[place].counting is not Counting.DROPPED


def _counted(grade: Grade) -> list[float]:
    return [question.points or 0.0 for place, question in enumerate(grade.questions) if _counts(grade, place)]


def _correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    if len(first) < FEWEST:
        return None
    try:
        return statistics.correlation(first, second)
    except statistics.StatisticsError:  # one of the two is the same for all
        return None


def _failures(results: Sequence[Result]) -> tuple[Failure, ...]:
    """The commonest first."""
    who: dict[tuple[str, str, bool, CaseVerdict, str], list[str]] = defaultdict(list)
    for result in results:
        for question in result.questions:
            for case in question.cases:
                if case.verdict is not CaseVerdict.PASSED:
                    message = for_terminal(case.message)
                    place = (question.id, on_one_line(case.name), case.hidden, case.verdict, message)
                    who[place].append(result.student)
    ranked = sorted(who.items(), key=lambda item: (-len(item[1]), item[0]))[:COMMONEST]
    return tuple(
        Failure(
            question=question,
            case=case,
            hidden=hidden,
            verdict=verdict,
            message=message,
            students=tuple(sorted(names)),
        )
        for (question, case, hidden, verdict, message), names in ranked
    )


def _stragglers(results: Mapping[str, Result]) -> tuple[Slow, ...]:
    slowest = sorted(results.values(), key=lambda result: (-result.seconds, result.student))[:STRAGGLERS]
    return tuple(Slow(student=r.student, seconds=r.seconds, verdict=r.verdict) for r in slowest)


def report_html(course: Course, topic: Topic, report: Report, similar: str = "") -> str:
    """The page. `similar` is HTML of pairs of submissions that are much alike (graders.similarity)."""
    return (
        environment()
        .get_template("report.html")
        .render(
            course=course,
            topic=topic,
            report=report,
            bins=histogram(report.scores, report.possible),
            score_plot=_svg(_score_plot(report)) if report.scores else "",
            item_plot=_svg(_item_plot(report)) if report.items else "",
            similar=similar,
            policy=CONTENT_SECURITY_POLICY,
        )
    )


def write_report(view: Overview, report: Report) -> Path:
    """The page of a topic, .sorcery/reports/TOPIC.html, with the submissions that are much alike."""
    sources = {student: view.source(student) for student in view.results}
    comparison = compared(list(sources.values()), view.template())
    pairs = comparison.pairs[:PAIRS] if comparison else ()
    shown = [side_by_side(pair, sources[pair.first], sources[pair.second]) for pair in pairs]
    page = report_html(view.course, view.topic, report, _alike(comparison) + "".join(shown))
    path = view.course.state / "reports" / f"{view.topic.id}.html"
    write_atomically(path, page.encode())
    return path


def compared(sources: list[Source], template: Source) -> Comparison | None:
    """In a process of its own, for Python's parser is made to read what students wrote; None if it ends."""
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), end_with_parent) as pool:
            return pool.submit(compare, sources, template).result()
    except BrokenProcessPool:
        return None


def _alike(comparison: Comparison | None) -> str:
    return environment().get_template("alike.html").render(comparison=comparison, shown=PAIRS)


def histogram(scores: Sequence[float], possible: float) -> list[tuple[float, float, int]]:
    """(from, to, how many) of `BINS` equal bins from 0 to `possible`; the last takes what is above it."""
    if not possible:
        return []
    width = possible / BINS
    counts = Counter(min(BINS - 1, int(score / width + 1e-9)) for score in scores)
    return [(place * width, (place + 1) * width, counts[place]) for place in range(BINS)]


def _score_plot(report: Report) -> Figure:
    from matplotlib.ticker import MaxNLocator

    figure = _figure()
    axes = figure.add_subplot()
    bins = histogram(report.scores, report.possible)
    places, counts = [low for low, _, _ in bins], [count for _, _, count in bins]
    axes.bar(places, counts, width=report.possible / BINS * 0.95, align="edge")
    axes.set_xlabel("total, points")
    axes.set_ylabel("students")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _item_plot(report: Report) -> Figure:
    figure = _figure()
    axes = figure.add_subplot()
    known = [(item.id, item.facility) for item in report.items if item.facility is not None]
    axes.bar([name for name, _ in known], [facility for _, facility in known])
    axes.set_ylim(0, max(1.0, *(facility for _, facility in known), 0.0))
    axes.set_xlabel("question")
    axes.set_ylabel("facility")
    return figure


def _figure() -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(7, 3), layout="constrained")


def _svg(figure: Figure) -> str:
    """An `svg` element whose text is text and whose black is the page's colour of text."""
    import matplotlib

    written = io.StringIO()
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "sorcery"}
    with matplotlib.rc_context(settings):
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    text = written.getvalue()
    return text[text.index("<svg") :].replace("#000000", "currentColor")
