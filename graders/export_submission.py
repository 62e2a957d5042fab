"""One submission for Gradescope and for workflows on GitHub: pure functions from values to bytes.

Names and messages are students' text and defused for where they are read. The formats are those of
Gradescope's autograder specification (2025) and the common JUnit XML format (testmoapp/junitxml).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from graders.account import account, exact_number, exact_points, question_line, state_of
from graders.errors import InternalError, UsageError
from graders.records import (
    CaseResult,
    CaseVerdict,
    Counting,
    Grade,
    QuestionResult,
    Result,
    Verdict,
)
from graders.untrusted import for_terminal, on_one_line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def gradescope_json(grade: Grade, result: Result) -> bytes:
    """Gradescope's results.json for one submission (autograder specification, 2025), UTF-8.

    `score` is the grade's total and stands above the sum of the tests; `output` says what it is made of.
    What waits for a person counts nothing yet. One entry a test case: score, max_score, status, name,
    number (question.case), output, visibility and tags. Cases of a dropped question have no score,
    those of extra credit are tagged.

    Students see messages only, never details. Hidden cases are numbered, since a name may say what is
    tested, and shown once the grades are published (`after_published`; until then Gradescope shows no
    total either). What the grader prints (`stdout_visibility`) is the instructor's. All text is `text`,
    in which Gradescope renders neither HTML nor Markdown.

    A rejected submission has a score of 0 and one failed entry with the reason: Gradescope knows no
    submission without a score, and its student can hand in again. Raises UsageError where there is no
    grade through our fault or nothing was handed in; without results.json Gradescope itself says that
    the autograder failed.
    """
    _check_same(grade, result)
    if grade.total is None and grade.verdict is not Verdict.REJECTED:
        raise UsageError(f"{on_one_line(grade.student)} has no grade for {grade.topic} to give to Gradescope")
    tests: list[dict[str, Any]] = [
        _gradescope_case(named, f"{position}.{inner}", _counting(grade, question.id))
        for position, question in enumerate(result.questions, 1)
        for inner, named in enumerate(_named_cases(question), 1)
    ]
    if grade.total is None:
        entry = {"name": "submission", "output": for_terminal(grade.reason), "visibility": "visible"}
        tests = [{"score": 0.0, "status": "failed", **entry}]
    whole = {
        "score": exact_points(grade.total or 0.0),
        "execution_time": exact_points(result.seconds),
        "output": for_terminal("\n".join(account(grade))),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"


def _gradescope_case(named: tuple[str, CaseResult], number: str, counting: Counting) -> dict[str, Any]:
    name, case = named
    entry: dict[str, Any] = {}
    if counting is not Counting.DROPPED:
        entry |= {"score": exact_points(case.points), "max_score": exact_points(case.possible)}
    entry |= {
        "status": "passed" if case.verdict is CaseVerdict.PASSED else "failed",
        "name": name,
        "number": number,
        "output": for_terminal(case.message),
        "visibility": "after_published" if case.hidden else "visible",
    }
    tags = [str(counting)] if counting is not Counting.COUNTED else []
    if case.in_process:
        tags.append("in process")
    return entry | ({"tags": tags} if tags else {})


def junit_xml(grade: Grade, result: Result) -> bytes:
    """JUnit XML for one submission (the common format, testmoapp/junitxml, 2025), for the actions that
    show it in a GitHub workflow. GitHub Classroom itself reads the exit code of a command.

    A suite a question (`TOPIC.q1`), a testcase a case, seconds in `time`. Failed is `failure`; error and
    timeout are `error`; not reached is `skipped`, and so are dropped questions and written ones, which a
    person grades. Workflows count skipped as no failure, so a first suite, `TOPIC.notebook`, has the
    verdict on the submission: an `error` when it did not run to its end, was rejected or is ungraded.

    Messages and hidden cases are as for `gradescope_json`, except that nothing holds hidden messages back
    here. There is no system-out. UTF-8; a character XML 1.0 forbids is a replacement character.
    """
    from xml.etree import ElementTree

    _check_same(grade, result)
    root = ElementTree.Element("testsuites", name=on_one_line(grade.topic))
    _notebook_suite(root, grade, result)
    for question in result.questions:
        dropped = _counting(grade, question.id) is Counting.DROPPED
        suite = _suite(root, grade.topic, question.id, question.seconds)
        for name, case in _named_cases(question):
            entry = _testcase(suite, name, case.seconds)
            tag = "skipped" if dropped else _JUNIT[case.verdict]
            if tag:
                message = "dropped, does not count" if dropped else case.message or str(case.verdict)
                _outcome(entry, tag, message, case.verdict)
    for written in grade.questions:
        if written.written:
            suite = _suite(root, grade.topic, written.id, 0.0)
            _outcome(_testcase(suite, "graded by a person", 0.0), "skipped", question_line(written))
    _count(root)
    ElementTree.indent(root, " ")
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


_JUNIT = {
    CaseVerdict.PASSED: "",
    CaseVerdict.FAILED: "failure",
    CaseVerdict.ERROR: "error",
    CaseVerdict.TIMEOUT: "error",
    CaseVerdict.NOT_REACHED: "skipped",
}


def _notebook_suite(root: Element, grade: Grade, result: Result) -> None:
    seconds = sum(cell.seconds for cell in result.cells)
    entry = _testcase(_suite(root, grade.topic, "notebook", seconds), "ran to its end", seconds)
    if grade.verdict not in (Verdict.GRADED, Verdict.OUTPUT_LIMIT):
        _outcome(entry, "error", state_of(grade.verdict, grade.reason), grade.verdict or "")


def _suite(root: Element, topic: str, name: str, seconds: float) -> Element:
    from xml.etree.ElementTree import SubElement

    return SubElement(root, "testsuite", name=on_one_line(f"{topic}.{name}"), time=exact_number(seconds))


def _testcase(suite: Element, name: str, seconds: float) -> Element:
    from xml.etree.ElementTree import SubElement

    return SubElement(
        suite, "testcase", name=name, classname=suite.get("name", ""), time=exact_number(seconds)
    )


def _outcome(testcase: Element, tag: str, message: str, kind: str = "") -> None:
    from xml.etree.ElementTree import SubElement

    text = for_terminal(message)
    line = next((line for line in text.split("\n") if line.strip()), "")
    outcome = SubElement(testcase, tag, message=on_one_line(line))
    if tag != "skipped":
        outcome.set("type", str(kind))
        outcome.text = text


def _count(root: Element) -> None:
    for parent in (root, *root):
        parent.set("tests", str(len(parent.findall(".//testcase"))))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            parent.set(attribute, str(len(parent.findall(f".//{tag}"))))
    root.set("time", exact_number(sum(float(suite.get("time", "0")) for suite in root)))


def _check_same(grade: Grade, result: Result) -> None:
    if (grade.topic, grade.student) != (result.topic, result.student):
        graded, ran = on_one_line(grade.student), on_one_line(result.student)
        raise InternalError(f"the grade of {graded} for {grade.topic} came with a result of {ran}")


def _counting(grade: Grade, question: str) -> Counting:
    return next((of.counting for of in grade.questions if of.id == question), Counting.COUNTED)


def _named_cases(question: QuestionResult) -> Iterator[tuple[str, CaseResult]]:
    hidden = 0
    for case in question.cases:
        hidden += case.hidden
        yield on_one_line(f"{question.id}, {f'hidden {hidden}' if case.hidden else case.name}"), case
