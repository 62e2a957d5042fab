"""The analysis, and the view of concepts, as pages of one file each: no script, nothing from the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graders.templates import environment
from graders.untrusted import CONTENT_SECURITY_POLICY, on_one_line
from quizzes.analysis.analyse import Analysis
from quizzes.analysis.estimates import Estimate
from quizzes.analysis.flags import ENOUGH
from quizzes.analysis.plots import item_curve, marks, option_curves

if TYPE_CHECKING:
    from jinja2 import Environment

    from quizzes.analysis.concepts import ConceptView

_CURVED = ("single", "true_false", "multi")  # kinds whose answers are few enough to be drawn


def analysis_html(analysis: Analysis) -> str:
    shown = [
        (
            item,
            marks(item.options) if item.kind in _CURVED else {},
            item_curve(item.id, item.groups, item.curve),
            option_curves(item.id, item.groups, item.options) if item.kind in _CURVED else "",
        )
        for item in analysis.items
    ]
    template = _templates().get_template("analysis.html")
    return template.render(analysis=analysis, shown=shown, enough=ENOUGH, policy=CONTENT_SECURITY_POLICY)


def concepts_html(view: ConceptView) -> str:
    return _templates().get_template("concepts.html").render(view=view, policy=CONTENT_SECURITY_POLICY)


def two_digits(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def with_interval(estimate: Estimate) -> str:
    """`0.42 (0.31 to 0.52)`, or the reason why there is none."""
    if estimate.value is None:
        return f"– ({estimate.reason})"
    if estimate.low is None or estimate.high is None:
        return two_digits(estimate.value)
    return f"{two_digits(estimate.value)} ({two_digits(estimate.low)} to {two_digits(estimate.high)})"


def _templates() -> Environment:
    """Those of this package, upon the base of graders'."""
    from jinja2 import ChoiceLoader, PackageLoader

    base = environment()
    loaders = [PackageLoader("quizzes"), *([base.loader] if base.loader else [])]
    found = base.overlay(loader=ChoiceLoader(loaders))
    found.filters = {**base.filters, "two": two_digits, "interval": with_interval, "plain": on_one_line}
    return found
