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
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graders.course import Course, Topic
from graders.overview import Overview
from graders.pools import end_with_parent
from graders.records import CaseVerdict, Counting, Grade, QuestionGrade, Result
from graders.similarity import Comparison, compare_notebooks, read_source, side_by_side
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


def summarise(topic: Topic, grades: Collection[Grade], results: Mapping[str, Result]) -> Report:
    """`grades` of everyone who is expected, by whatever order; `results` by student. Both are gone through
    one by one, twice at most: of each only numbers and names are kept."""
    scores, seconds = array("d"), array("d")
    questions: list[_Question] = []
    verdicts: dict[str, list[str]] = defaultdict(list)
    needs_manual, late, missing = list[str](), list[str](), list[str]()
    reasons: dict[str, str] = {}
    failures = _Failures()
    slowest: list[Slow] = []
    in_process: set[str] = set()
    possible = 0.0
    for grade in grades:
        possible = max(possible, grade.possible)
        if grade.reason:
            reasons[grade.student] = on_one_line(grade.reason)
        if grade.verdict is None:
            missing.append(grade.student)
        else:
            verdicts[grade.verdict].append(grade.student)
        if grade.late.days and grade.total is not None:
            late.append(grade.student)
        result = results.get(grade.student)
        if result is not None:
            seconds.append(result.seconds)
            slowest.append(Slow(student=result.student, seconds=result.seconds, verdict=result.verdict))
            slowest = sorted(slowest, key=lambda slow: (-slow.seconds, slow.student))[:STRAGGLERS]
            in_process.update(result.in_process)
        if grade.total is None:
            continue
        scores.append(grade.total)
        if grade.needs_manual:
            needs_manual.append(grade.student)
        questions = questions or [_Question(question) for question in grade.questions]
        counted = math.fsum(_counted(grade))
        for place, question in enumerate(questions):
            question.add(grade, place, counted)
        if result is not None:
            failures.count(result)
    ordered = tuple(sorted(scores))
    return Report(
        topic=topic.id,
        students=len(grades),
        graded=len(ordered),
        possible=possible,
        scores=ordered,
        mean=statistics.fmean(ordered) if ordered else None,
        median=statistics.median(ordered) if ordered else None,
        deviation=statistics.stdev(ordered) if len(ordered) > 1 else None,
        needs_manual=tuple(sorted(needs_manual)),
        late=tuple(sorted(late)),
        verdicts={verdict: tuple(sorted(names)) for verdict, names in sorted(verdicts.items())},
        reasons=reasons,
        missing=tuple(sorted(missing)),
        items=tuple(question.item() for question in questions),
        failures=failures.commonest(results),
        median_seconds=statistics.median(seconds) if seconds else None,
        stragglers=tuple(slowest),
        in_process=tuple(sorted(in_process)),
    )


class _Question:
    """The points of one question, and beside each the student's points of all others."""

    def __init__(self, first: QuestionGrade) -> None:
        self._first = first
        self._own, self._others = array("d"), array("d")

    def add(self, grade: Grade, place: int, counted: float) -> None:
        points = grade.questions[place].points
        if points is not None:
            self._own.append(points)
            self._others.append(counted - (points if _counts(grade, place) else 0.0))

    def item(self) -> Item:
        mean = statistics.fmean(self._own) if self._own else None
        asked = self._first.possible
        return Item(
            id=self._first.id,
            possible=asked,
            counting=self._first.counting,
            answers=len(self._own),
            mean=mean,
            facility=mean / asked if mean is not None and asked else None,
            discrimination=_correlation(self._own, self._others),
        )


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


class _Failures:
    """Which cases failed, with what message, for whom. Messages may be long and no two alike: until it is
    known which are the commonest, only their digests are kept."""

    def __init__(self) -> None:
        self._who: dict[bytes, list[str]] = defaultdict(list)

    def count(self, result: Result) -> None:
        for place in _failed(result):
            self._who[_digest(place)].append(result.student)

    def commonest(self, results: Mapping[str, Result]) -> tuple[Failure, ...]:
        least = sorted((len(names) for names in self._who.values()), reverse=True)[:COMMONEST]
        wanted = {digest: names for digest, names in self._who.items() if len(names) >= least[-1]}
        found: dict[bytes, _Place] = {}
        for student in dict.fromkeys(name for names in wanted.values() for name in names):
            for place in _failed(results[student]):
                if (digest := _digest(place)) in wanted:
                    found[digest] = place
            if len(found) > 10 * COMMONEST:
                found = dict(self._ranked(found))
        return tuple(
            Failure(
                question=question,
                case=case,
                hidden=hidden,
                verdict=verdict,
                message=message,
                students=tuple(sorted(wanted[digest])),
            )
            for digest, (question, case, hidden, verdict, message) in self._ranked(found)
        )

    def _ranked(self, found: Mapping[bytes, _Place]) -> list[tuple[bytes, _Place]]:
        ranked = sorted(found.items(), key=lambda item: (-len(self._who[item[0]]), item[1]))
        return ranked[:COMMONEST]


_Place = tuple[str, str, bool, CaseVerdict, str]


def _failed(result: Result) -> Iterator[_Place]:
    for question in result.questions:
        for case in question.cases:
            if case.verdict is not CaseVerdict.PASSED:
                message = for_terminal(case.message)
                yield question.id, on_one_line(case.name), case.hidden, case.verdict, message


def _digest(place: _Place) -> bytes:
    return blake2b(repr(place).encode("utf-8", "backslashreplace"), digest_size=16).digest()


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
    notebooks = [(student, view.store.notebook(student)) for student in view.results]
    comparison = compared(notebooks, view.topic.notebook)
    pairs = comparison.pairs[:PAIRS] if comparison else ()
    shown = [
        side_by_side(
            pair, *(read_source(name, view.store.notebook(name)) for name in (pair.first, pair.second))
        )
        for pair in pairs
    ]
    page = report_html(view.course, view.topic, report, _alike(comparison) + "".join(shown))
    path = view.course.state / "reports" / f"{view.topic.id}.html"
    write_atomically(path, page.encode(), durable=False)
    return path


def compared(notebooks: Sequence[tuple[str, Path]], template: Path) -> Comparison | None:
    """Pairs of student and notebook, in a process of its own that reads them, for Python's parser is made to
    read what students wrote; None if it ends. Matches are those of the pairs that are shown."""
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), end_with_parent) as pool:
            return pool.submit(compare_notebooks, notebooks, template, PAIRS).result()
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
