r"""Our questions as GIFT, in HTML as Moodle shows it, with mathematics as \( … \).

A question's id is its title, its tags are in a comment, the quiz and its sections are categories.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from quizzes.formats.base import Exported, Loss, Source
from quizzes.formats.categories import placed
from quizzes.formats.gift_syntax import escaped
from quizzes.formats.html import to_html
from quizzes.formats.lost import lost, told
from quizzes.formats.weights import known, weights_of
from quizzes.schema import (
    Matching,
    Multi,
    Numeric,
    Ordering,
    Question,
    QuizFile,
    Short,
    Single,
    TrueFalse,
)

CARRIES = {
    "title", "sections", "scoring", "tags", "explain", "choice feedback", "feedback", "rule", "traps",
    "extra", "worth",
}  # fmt: skip
_UNKNOWN = "Moodle may not take its weights; let it match them to the nearest grade"


def write(source: Source) -> Exported:
    file = source.file
    losses = list(lost(file, CARRIES))
    lines: list[str] = []
    for category, questions in placed(file):
        lines += [f"$CATEGORY: {escaped(category)}", ""]
        for question in questions:
            lines += [*_question(file, question, losses), ""]
    return Exported("\n".join(lines).encode(), told(losses))


def _question(file: QuizFile, question: Question, losses: list[Loss]) -> Iterator[str]:
    answers = list(_answers(file, question, losses))
    if not answers:
        return
    if question.tags:
        tags = [re.sub(r"([\\\]])", r"\\\1", tag) for tag in question.tags]
        yield "// " + " ".join(f"[tag:{tag}]" for tag in tags)
    start = "{>" if isinstance(question, Ordering) else "{#" if isinstance(question, Numeric) else "{"
    first, *rest = answers if start == "{>" else ["", *answers]
    yield f"::{escaped(question.id)}::[html]{_stem(question.stem)}{start}{first}"
    for answer in rest:
        yield f"\t{answer}"
    if question.explain and start != "{>":
        yield f"\t####{_html(question.explain)}"
    yield "}"


def _stem(text: str) -> str:
    return escaped(to_html(text))


def _html(text: str) -> str:
    """A text after the stem, whose format it has unless it looks like the name of one."""
    html = to_html(text)
    return ("[html]" if re.match(r"[\[%]", html) else "") + escaped(html)


def _answers(file: QuizFile, question: Question, losses: list[Loss]) -> Iterator[str]:
    def lose(what: str) -> None:
        losses.append(Loss(question.id, what))

    match question:
        case Single():
            if not all(known(choice.worth or 0.0) for choice in question.choices):
                lose(_UNKNOWN)
            for choice in question.choices:
                sign = "=" if choice.correct else f"~{_weight(choice.worth or 0.0)}"
                yield f"{sign}{_html(choice.text)}{_feedback(choice.feedback)}"
        case Multi():
            rule = question.scoring or file.quiz.scoring.multi
            right = [choice.correct for choice in question.choices]
            weights = weights_of(rule, right)
            if rule == "worth":
                weights = [choice.worth or 0.0 for choice in question.choices]
            elif weights is None:
                lose(f"the rule {rule!r} is no sum of weights; it counts by `net`")
                weights = weights_of("net", right) or []
            if not all(map(known, weights)):
                lose(_UNKNOWN)
            for choice, weight in zip(question.choices, weights, strict=True):
                yield f"~{_weight(weight)}{_html(choice.text)}{_feedback(choice.feedback)}"
        case TrueFalse():
            yield ("TRUE" if question.answer else "FALSE") + _feedback(question.feedback)
        case Numeric():
            value = float(question.answer.expr)
            tolerance = max(question.answer.abs_tol, question.answer.rel_tol * abs(value))
            yield f"=%100%{question.answer.expr}:{_plain(tolerance)}"
            for trap in question.traps:
                yield f"=%0%{trap.expr}:{_plain(tolerance)}{_feedback(trap.feedback)}"
        case Short():
            if not question.answer.accept:
                lose("left out: it lists no answers, only a pattern")
            if any("->" in text for text in question.answer.accept):
                lose("left out: with -> in an answer, GIFT takes it for a pair")
                return
            for text in question.answer.accept:
                prefix = "[plain]" if text.startswith("[") else ""
                text = text.replace("*", r"\*")  # * alone stands for anything
                yield f"=%100%{prefix}{escaped(text)}"
        case Matching():
            if any(re.search(r"[$`*_]", pair.right) for pair in question.pairs):
                lose("Moodle shows its right sides as plain text, with marks of code and mathematics")
            for pair in question.pairs:
                yield f"={_html(pair.left)} -> {escaped(pair.right)}"
            for text in question.extra:
                yield f"= -> {escaped(text)}"
        case Ordering():
            if question.explain:
                lose("its explanation is not carried")
            yield f"{len(question.items)} ALL VERTICAL RELATIVE_NEXT_EXCLUDE_LAST SHOW"
            for item in question.items:
                yield _bare(to_html(item.text))


def _feedback(text: str) -> str:
    return f"#{_html(text)}" if text else ""


def _weight(share: float) -> str:
    percent = f"{100 * share:.5f}".rstrip("0").rstrip(".")
    return f"%{percent}%" if share else ""


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _bare(html: str) -> str:
    """An item of an ordering question, in which Moodle undoes no escapes."""
    codes = {"\n": "&#10;", "{": "&#123;", "}": "&#125;", "\\": "&#92;"}
    codes |= {"//": "&#47;&#47;", "####": "&#35;###"}
    for char, code in codes.items():
        html = html.replace(char, code)
    return html
