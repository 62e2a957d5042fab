"""What an instructor sees of one topic: how it went (graders.summary), and who shares code."""

from __future__ import annotations

import io
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graders.course import Course, Topic
from graders.overview import Overview
from graders.pools import end_with_parent
from graders.similarity import Comparison, compare_notebooks, read_source
from graders.similarity_page import side_by_side
from graders.store import ResultStore, write_atomically
from graders.summary import Report
from graders.templates import environment
from graders.untrusted import CONTENT_SECURITY_POLICY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = 10
PAIRS = 20  # shown side by side


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
    comparison = compared(view.store, list(view.results), view.topic.notebook)
    shown = []
    for pair in comparison.pairs[:PAIRS] if comparison else ():
        first, second = (read_source(name, view.store.notebook(name)) for name in (pair.first, pair.second))
        shown.append(side_by_side(pair, first, second))
    page = report_html(view.course, view.topic, report, _alike(comparison) + "".join(shown))
    path = view.course.state / "reports" / f"{view.topic.id}.html"
    write_atomically(path, page.encode(), durable=False)
    return path


def compared(store: ResultStore, students: Sequence[str], template: Path) -> Comparison | None:
    """In a process of its own that reads the notebooks, for Python's parser is made to read what students
    wrote; None if it ends. Matches are those of the pairs that are shown."""
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), end_with_parent) as pool:
            return pool.submit(compare_notebooks, store, students, template, PAIRS).result()
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
