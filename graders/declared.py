"""The tests of a topic made for Otter, as otter itself reads and counts them.

A case is hidden, and worth, what its file says. It runs in the trusted process, against references, as our
own cases do; what references cannot do is told in graders.foreign.otter.suited. Of the namespace it sees
what it would see in otter: names that are not there are None, exceptions have their own names, what the
student's code prints is printed.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graders.course import Topic
from graders.errors import AuthorError, Problem
from graders.imports import submodule
from graders.otter_tests import Case, Names, QuestionTests, load_as_otter, parse_test
from graders.remote import Namespace, OutOfReach, RemoteError
from graders.rules import Rules, drawn_from


def load_tests(topic: Topic, rules: Rules, questions: Sequence[str]) -> dict[str, QuestionTests]:
    """By question, in their order. Raises AuthorError with every file that cannot be used."""
    problems: list[Problem] = []
    found: dict[str, QuestionTests] = {}
    for question in questions:
        try:
            found[question] = _load(topic, rules, question)
        except AuthorError as error:
            problems += error.problems
    if problems:
        raise AuthorError(problems)
    return scaled(found, rules.points_possible)


def scaled(tests: Mapping[str, QuestionTests], possible: float | None) -> dict[str, QuestionTests]:
    """The same tests, worth `possible` points together, where that is given."""
    total = sum(asked.possible for asked in tests.values())
    if possible is None or not total:
        return dict(tests)
    return {
        question: replace(
            asked, cases=tuple(replace(case, points=case.points * possible / total) for case in asked.cases)
        )
        for question, asked in tests.items()
    }


def _load(topic: Topic, rules: Rules, question: str) -> QuestionTests:
    path = topic.hidden_tests / f"{question}.py"
    loaded, ok_format = load_as_otter(path, parse_test(path))
    source = path.read_text(encoding="utf-8")
    cases = []
    for index, case in enumerate(loaded.test_cases):
        live = f"{question}/{index + 1}" in rules.in_process
        run = _live(source, index) if live else _doctest(case) if ok_format else _function(case.body)
        cases.append(
            Case(
                name=str(case.name),
                points=float(case.points),
                hidden=bool(case.hidden),
                failure_message=case.failure_message or "",
                success_message=case.success_message or "",
                parameters=(),
                run=run,
                in_process=live,
                doctest=case.body if ok_format else "",
            )
        )
    return QuestionTests(
        id=question,
        cases=tuple(cases),
        all_or_nothing=bool(loaded.all_or_nothing),
        in_order=True,
        seed=drawn_from(rules),
    )


def _function(body: Any) -> Callable[[Names], None]:
    parameters = [name for name in body._get_func_params() if name != "env"]

    def run(names: Names) -> None:
        as_otter(names)
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                body.call_func(names)
            except OutOfReach:
                raise
            except Exception as error:
                missing = [f"`{name}`" for name in parameters if name not in names]
                if missing:
                    said = f"{', '.join(missing)} is not defined at this point of the notebook."
                    raise AssertionError(said) from error
                raise

    return run


def _doctest(case: Any) -> Callable[[Names], None]:
    used = _names_in(case.body)

    def run(names: Names) -> None:
        run_doctest = submodule("otter.test_files.ok_test").run_doctest

        as_otter(names)
        found = names.as_globals()
        for name in used:  # as they are before the case runs, whatever it makes of them
            with contextlib.suppress(KeyError, RemoteError):
                found[name]
        passed, report = run_doctest(case.name, case.body, found)
        if not passed:
            raise AssertionError(report)

    return run


def _names_in(text: str) -> list[str]:
    found: dict[str, None] = {}
    for example in doctest.DocTestParser().get_examples(text):
        with contextlib.suppress(SyntaxError):
            nodes = ast.walk(ast.parse(example.source))
            found |= dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name))
    return list(found)


def _live(source: str, index: int) -> Callable[[Names], None]:
    """In the student's process. What comes back is a claim, and taken for true."""

    def run(names: Names) -> None:
        assert isinstance(names, Namespace)
        answer = names.ask("live", source, index)
        match answer:
            case (bool(passed), str(said)) if type(answer) is tuple:
                if not passed:
                    raise AssertionError(said)
            case _:
                raise AssertionError("the test gave no answer")

    return run


def as_otter(names: Names) -> None:
    if isinstance(names, Namespace):
        names.as_otter()
