"""What formats of XML say alike: the explanation of a question with its source, what choices are worth, and
why a question is left out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape, unescape

from quizzes.bank import WORTH_SLACK
from quizzes.formats.build import Builder
from quizzes.formats.html import to_html, to_markdown
from quizzes.formats.weights import rule_of
from quizzes.schema import Question

_SOURCE = '<p class="source">Source: '


class LeftOut(Exception):
    """A question that cannot be carried over; the message says why."""


def explanation(question: Question) -> str:
    """HTML; empty when nothing is said."""
    html = to_html(question.explain) if question.explain else ""
    if question.source:
        html += f"\n{_SOURCE}{escape(question.source, quote=False)}</p>"
    return html.strip("\n")


def explained(html: str) -> dict[str, str]:
    """`explain` and `source` of what `explanation` gave, or of any HTML."""
    before, mark, after = html.rstrip().rpartition(_SOURCE)
    if mark and after.endswith("</p>") and "<" not in after[:-4]:
        return {"explain": to_markdown(before), "source": unescape(after[:-4])}
    return {"explain": to_markdown(html), "source": ""}


def told_right(builder: Builder, fields: dict[str, object], feedback: str) -> None:
    """What is said of a right answer, which has a place here only in the explanation."""
    if not feedback or feedback == fields.get("explain"):
        return
    name = str(fields["id"])
    if fields.get("explain"):
        builder.lose(name, "feedback for the right answer is not carried, beside the explanation")
    else:
        fields["explain"] = feedback
        builder.lose(name, "feedback for the right answer becomes the explanation, shown to all")


def counted(weights: Sequence[float], lost: list[str]) -> tuple[str, list[float | None]]:
    """The rule by which several choices with these shares of the points count (empty for `net`), and what
    each is worth where the rule is `worth`."""
    rule = rule_of(weights)
    if rule is not None:
        return "" if rule == "net" else rule, [None] * len(weights)
    if abs(sum(weight for weight in weights if weight > 0) - 1) > WORTH_SLACK:
        lost.append("what its right choices bring is not all of the points; they count by `net`")
        return "", [None] * len(weights)
    return "worth", [max(-1.0, weight) or None for weight in weights]
