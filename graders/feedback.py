"""What a student gets back: one self-contained page, and the same as Markdown for a terminal.

Of a hidden case only its author's sentence is told, never its name, its text or what it found. All that
a student wrote passes graders.untrusted on its way; the page allows no script and asks no other host.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graders.course import Course, Topic
from graders.late import reckoning
from graders.overview import Overview
from graders.records import CaseResult, CaseVerdict, Counting, Grade, Result, Verdict
from graders.store import write_atomically
from graders.templates import environment, number
from graders.untrusted import CONTENT_SECURITY_POLICY, for_html, for_terminal, on_one_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from pygments.formatter import Formatter
    from pygments.lexer import Lexer

MAX_RICH = 50_000  # characters of a cell; of more, renderers take longer than anyone reads
# What each verdict means to its student; nothing is said of one that needs no word.
_VERDICTS = {
    Verdict.OUTPUT_LIMIT: "Some cells printed more than is kept; the rest of their output was cut.",
    Verdict.TIMEOUT: "Some of your code ran longer than it may and was stopped.",
    Verdict.OUT_OF_MEMORY: "Your notebook used more memory than it may, and was stopped there.",
    Verdict.CRASHED: "The Python process of your notebook ended before its last cell.",
    Verdict.TAMPERED: "Your notebook interfered with its grading. Please talk to your instructor.",
    Verdict.REJECTED: "Your file could not be graded.",
    Verdict.UNGRADED: "Your notebook could not be graded through a fault of ours. It is not your mistake.",
}
_CASES = {
    CaseVerdict.PASSED: "passed",
    CaseVerdict.FAILED: "not passed",
    CaseVerdict.ERROR: "your code raised an error",
    CaseVerdict.TIMEOUT: "your code took too long",
    CaseVerdict.NOT_REACHED: "not reached",
}


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One test case as its student may see it."""

    name: str
    passed: bool
    said: str
    points: str
    message: str


@dataclass(frozen=True, slots=True)
class QuestionPart:
    """One question as its student may see it. `note` tells what is unusual about it."""

    id: str
    points: str
    note: str
    comment: str
    cases: tuple[CaseLine, ...]

    @property
    def all_passed(self) -> bool:
        return all(case.passed for case in self.cases)


def parts(grade: Grade, result: Result | None) -> list[QuestionPart]:
    """The questions of a grade, each with what its student may know of its cases."""
    tested = {question.id: question for question in result.questions} if result else {}
    found = []
    for question in grade.questions:
        cases = tested[question.id].cases if question.id in tested else ()
        given = "not yet graded, out" if question.points is None else number(question.points)
        notes = []
        if question.counting is Counting.EXTRA_CREDIT:
            notes.append("extra credit")
        if question.counting is Counting.DROPPED:
            notes.append("dropped: it counts for nobody")
        if question.id in tested and tested[question.id].snapshot in ("last cell", "end"):
            notes.append(f"its check cell is missing; tested at its {tested[question.id].snapshot}")
        beside = [str(number) for number, case in enumerate(cases, 1) if case.in_process]
        if beside:
            notes.append(f"case {', '.join(beside)} ran in your notebook's own process")
        found.append(
            QuestionPart(
                id=question.id,
                points=f"{given} of {number(question.possible)}",
                note="; ".join(notes),
                comment=for_terminal(question.comment),
                cases=tuple(_case_lines(cases)),
            )
        )
    return found


def _case_lines(cases: tuple[CaseResult, ...]) -> Iterator[CaseLine]:
    hidden = 0
    for case in cases:
        hidden += case.hidden
        yield CaseLine(
            name=f"hidden case {hidden}" if case.hidden else on_one_line(case.name),
            passed=case.verdict is CaseVerdict.PASSED,
            said=_CASES[case.verdict],
            points=f"{number(case.points)} of {number(case.possible)}",
            message=for_terminal(case.message),
        )


def lateness_lines(topic: Topic, grade: Grade) -> list[str]:
    """The arithmetic of lateness, a sentence a step; empty without a due time."""
    late = grade.late
    if not late.due:
        return []
    zone = topic.due.tzinfo if topic.due else None
    lines = [f"Due {_moment(late.due, zone)}{' (extended for you)' if late.extended else ''}."]
    if grade.verdict is None:
        return lines
    if not grade.submitted:
        return [*lines, "When you handed it in is not known, so it counts as on time."]
    lines.append(f"Handed in {_moment(grade.submitted, zone)}.")
    return [*lines, reckoning(late, topic.late, grade.possible)]


def _moment(text: str, zone: tzinfo | None) -> str:
    return datetime.fromisoformat(text).astimezone(zone or UTC).strftime("%Y-%m-%d %H:%M %Z")


def feedback_html(course: Course, topic: Topic, grade: Grade, result: Result | None, notebook: bytes) -> str:
    """The page of one student. `notebook` is theirs as it ran (graders.executed), empty for none."""
    return (
        environment()
        .get_template("feedback.html")
        .render(
            _told(course, topic, grade, result),
            cells=list(_cells(notebook)),
            errors=_errors(result),
            policy=CONTENT_SECURITY_POLICY,
        )
    )


def feedback_markdown(course: Course, topic: Topic, grade: Grade, result: Result | None) -> str:
    """The same without the notebook, for a terminal."""
    return for_terminal(environment().get_template("feedback.md").render(_told(course, topic, grade, result)))


def _told(course: Course, topic: Topic, grade: Grade, result: Result | None) -> dict[str, object]:
    """What the page and the Markdown have in common."""
    return {
        "course": course,
        "topic": topic,
        "grade": grade,
        "verdict": _verdict(grade),
        "parts": parts(grade, result),
        "lateness": lateness_lines(topic, grade),
    }


def write_feedback(view: Overview, student: str) -> Path:
    """The student's page, where nbgrader keeps it: .sorcery/feedback/STUDENT/TOPIC/TOPIC.html."""
    grade, result = view.grades[student], view.results.get(student)
    page = feedback_html(view.course, view.topic, grade, result, view.notebook(student))
    path = view.course.state / "feedback" / student / view.topic.id / f"{view.topic.id}.html"
    write_atomically(path, page.encode(), durable=False)
    return path


def _verdict(grade: Grade) -> str:
    if grade.verdict is None:
        return "Nothing was handed in."
    said = _VERDICTS.get(grade.verdict, "")
    reason = "" if grade.verdict is Verdict.UNGRADED else for_terminal(grade.reason)
    return f"{said} {reason[:1].upper()}{reason[1:]}".strip()


def _errors(result: Result | None) -> dict[int, str]:
    """Cell index -> why it did not end as it should."""
    cells = result.cells if result else ()
    return {cell.index: for_terminal(f"{cell.verdict}: {cell.error}") for cell in cells if cell.error}


@dataclass(frozen=True, slots=True)
class _Output:
    """One output: exactly one of the three is set."""

    text: str = ""
    html: str = ""
    image: str = ""  # data: URL


@dataclass(frozen=True, slots=True)
class _Shown:
    """One cell of the notebook, ready for the page. `html` is clean."""

    index: int
    kind: str
    html: str
    outputs: tuple[_Output, ...]


def _cells(notebook: bytes) -> Iterator[_Shown]:
    if not notebook:
        return
    for index, cell in enumerate(json.loads(notebook)["cells"]):
        source = for_terminal("".join(cell["source"]))
        match cell["cell_type"]:
            case "markdown" if len(source) <= MAX_RICH:
                html = for_html(_markdown(source))
            case "code" if len(source) <= MAX_RICH:
                html = _highlighted(source)
            case _:
                html = f"<pre>{escape(source)}</pre>"
        outputs = tuple(_output(output) for output in cell.get("outputs", ()))
        yield _Shown(index, cell["cell_type"], html, outputs)


def _output(output: dict[str, Any]) -> _Output:
    match output["output_type"]:
        case "stream":
            return _Output(text="".join(output["text"]))
        case "error":
            return _Output(text="\n".join(output["traceback"]) or f"{output['ename']}: {output['evalue']}")
    data = output["data"]
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            return _Output(image=f"data:{kind};base64,{''.join(data[kind].split())}")
    if "text/html" in data:
        return _Output(html=for_html(data["text/html"]))
    return _Output(text=data.get("text/plain", ""))


def _markdown(source: str) -> str:
    return str(_renderer().render(source))


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def _highlighted(source: str) -> str:
    from pygments import highlight

    lexer, formatter = _highlighter()
    return str(highlight(source, lexer, formatter))


@cache
def _highlighter() -> tuple[Lexer, Formatter[str]]:
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return PythonLexer(stripnl=False), HtmlFormatter(nowrap=False)
