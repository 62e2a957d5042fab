"""What is said of a question: its explanation, with the source below it; and why it is left out."""

from __future__ import annotations

import re
from html import escape, unescape

from quizzes.formats.build import Builder
from quizzes.formats.html import to_html, to_markdown
from quizzes.schema import Question

_SOURCE = re.compile(r'\s*<p class="source">Source: ([^<]*)</p>\s*$')


class LeftOut(Exception):
    """A question that cannot be carried over; the message says why."""


def explanation(question: Question) -> str:
    """HTML; empty when nothing is said."""
    html = to_html(question.explain) if question.explain else ""
    if question.source:
        html += f'\n<p class="source">Source: {escape(question.source, quote=False)}</p>'
    return html.strip("\n")


def explained(html: str) -> dict[str, str]:
    """`explain` and `source` of what `explanation` gave, or of any HTML."""
    found = _SOURCE.search(html)
    source = unescape(found[1]) if found else ""
    return {"explain": to_markdown(html[: found.start()] if found else html), "source": source}


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
