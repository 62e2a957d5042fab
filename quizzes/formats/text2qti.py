"""The plain text that the program text2qti makes QTI of (https://github.com/gpoore/text2qti).

Its syntax is in quizzes.formats.text2qti_syntax. Groups of which some questions are picked become
sections that draw, by a tag. Code to be run is never run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from quizzes.formats.base import Exported, Imported, Loss, Source
from quizzes.formats.build import Builder, choices, label
from quizzes.formats.html import to_html
from quizzes.formats.lost import lost, told
from quizzes.formats.text import decoded
from quizzes.formats.text2qti_syntax import SMALLEST, Group, Written, interval, parts, quiz
from quizzes.schema import Matching, Multi, Numeric, Ordering, Question, QuizFile, Short, Single, TrueFalse

TITLE = "text2qti"
SUFFIXES = (".txt",)
CARRIES = {
    "title",
    "sections",
    "points",
    "explain",
    "choice feedback",
    "feedback",
    "shuffle",
    "scoring",
    "rule",
}


def read(data: bytes, name: str) -> Imported:
    """Raises FormatError with the line."""
    builder = Builder(name)
    written = quiz(parts(decoded(data)))
    builder.title = label(written.title) or builder.title
    if not written.shuffled:
        builder.settings["shuffle"] = {"choices": False}
    for what in written.losses:
        builder.lose("", what)
    for group in written.groups:
        names = [added for question in group.questions if (added := _take(builder, group, question))]
        _section(builder, group, names)
    if all(section["title"] == "Questions" for section in builder.sections):
        builder.sections.clear()
    return builder.done()


def _section(builder: Builder, group: Group, names: list[str]) -> None:
    if not names:
        return
    if not group.tag:
        builder.sections.append({"title": "Questions", "use": names})
        return
    pick = min(group.pick, len(names))
    if pick < group.pick:
        builder.lose(
            "", f"{group.title} picks {pick} instead of {group.pick} questions, as others are left out"
        )
    builder.sections.append({"title": group.title, "draw": pick, "from": {"tags": [group.tag]}})


def _take(builder: Builder, group: Group, written: Written) -> str:
    """The id of what is carried over; empty when it is left out."""
    stem, title = written.stem.text, written.title
    if written.kind in ("essay", "upload"):
        what = "an essay" if written.kind == "essay" else "a file that is uploaded"
        builder.leave_out(title, stem, written.line, f"{what} has no answer to be judged by")
        return ""
    name = builder.name(title, stem)
    fields: dict[str, object] = {
        "id": name,
        "stem": stem,
        "points": written.points,
        "tags": [group.tag] if group.tag else [],
    }
    explain = [part.text for part in (written.feedback, written.solution) if part]
    fields["explain"] = "\n\n".join(dict.fromkeys(explain))
    for part, answer in ((written.right, "a right"), (written.wrong, "a wrong")):
        if part:
            builder.lose(name, f"feedback for {answer} answer as a whole is not carried")
    fields |= _answer(builder, name, written)
    return name if builder.add(fields, written.line) else ""


def _answer(builder: Builder, name: str, written: Written) -> dict[str, object]:
    texts = [choice.text for choice in written.choices]
    said = [part.text if part else "" for part in written.said]
    match written.kind:
        case "single" if len(texts) == 2 and {text.lower() for text in texts} == {"true", "false"}:
            right = written.marked.index(True)
            if said[right]:
                builder.lose(name, "feedback for the right answer is not carried")
            return {
                "type": "true_false",
                "answer": texts[right].lower() == "true",
                "feedback": said[1 - right],
            }
        case "single" | "multi":
            return {"type": written.kind, "choices": choices(texts, written.marked, said)}
        case "short":
            return {"type": "short", "answer": {"accept": texts}}
    return {"type": "numeric", "answer": interval(written.choices[0])}


def write(source: Source) -> Exported:
    file = source.file
    losses = list(lost(file, CARRIES))
    if file.quiz.shuffle.questions:
        losses.append(Loss("", "that questions are shuffled is not carried"))
    lines = [
        f"Quiz title: {file.quiz.title}",
        f"Shuffle answers: {str(file.quiz.shuffle.choices).lower()}",
        "",
    ]
    stems = Counter(to_html(question.stem) for question in file.questions)
    number = 0
    for question in _in_order(file, losses):
        if stems[to_html(question.stem)] > 1:
            losses.append(Loss(question.id, "left out: text2qti takes no two questions of the same text"))
            continue
        body = list(_answers(file, question, losses))
        if not body:
            continue
        number += 1
        lines.append(f"Title: {question.id}")
        if question.points != 1:
            if (2 * question.points).is_integer():
                lines.append(f"Points: {question.points:g}")
            else:
                losses.append(Loss(question.id, "its points are not carried: text2qti takes halves only"))
        lines += _indented(f"{number}. ", question.stem)
        if question.explain:
            lines += _indented("... ", question.explain)
        lines += [*body, ""]
    return Exported("\n".join(lines).encode(), told(losses))


def _in_order(file: QuizFile, losses: list[Loss]) -> Iterator[Question]:
    by_id = {question.id: question for question in file.questions}
    if file.sections:
        losses.append(Loss("", "sections are not carried, only the order of their questions"))
        yield from (by_id[name] for section in file.sections for name in section.use)
    else:
        yield from file.questions


def _answers(file: QuizFile, question: Question, losses: list[Loss]) -> Iterator[str]:
    def lose(what: str) -> None:
        losses.append(Loss(question.id, what))

    match question:
        case Single() | Multi():
            shown = Counter(to_html(choice.text) for choice in question.choices)
            if max(shown.values()) > 1:
                return lose("left out: text2qti takes no two choices of the same text")
            rule = (question.scoring or file.quiz.scoring.multi) if isinstance(question, Multi) else "net"
            if rule != "net":
                lose(f"the rule {rule!r} is not carried; choices count as the other program has it")
            for letter, choice in zip("abcdefghijklmnopqrstuvwxyz", question.choices, strict=False):
                if isinstance(question, Multi):
                    yield from _indented("[*] " if choice.correct else "[ ] ", choice.text)
                else:
                    yield from _indented(f"*{letter}) " if choice.correct else f"{letter}) ", choice.text)
                if choice.feedback:
                    yield from _indented("... ", choice.feedback)
        case TrueFalse():
            for letter, truth in (("a", True), ("b", False)):
                yield f"{'*' if truth is question.answer else ''}{letter}) {truth}"
                if question.feedback and truth is not question.answer:
                    yield from _indented("... ", question.feedback)
        case Numeric():
            value = float(question.answer.expr)
            tolerance = max(question.answer.abs_tol, question.answer.rel_tol * abs(value))
            low, high = value - tolerance, value + tolerance
            if min(abs(low), abs(high)) < SMALLEST:
                return lose(f"left out: text2qti takes no number that may be nearer to 0 than {SMALLEST}")
            if not round(low, 4) <= value <= round(high, 4):
                lose("text2qti rounds to four decimals, and then the answer is wrong")
            yield f"= {_shown(value)}" + (
                f" +- {_shown(tolerance)}" if tolerance or not value.is_integer() else ""
            )
        case Short():
            texts = [" ".join(text.split()) for text in question.answer.accept]
            if not texts:
                return lose("left out: it lists no answers, only a pattern")
            yield from (f"* {text}" for text in dict.fromkeys(texts))
        case Matching() | Ordering():
            lose(f"left out: {question.type} has no place in text2qti")
    return None


def _shown(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _indented(mark: str, text: str) -> list[str]:
    first, *rest = text.split("\n")
    return [mark + first, *(re.sub(r"\s+$", "", " " * len(mark) + line) for line in rest)]
