"""A small course whose notebooks and tests write down that they ran, by name, into the file LOG: what no
result says. Without isolation a student's cell can do so."""

import json
from dataclasses import replace
from pathlib import Path

from graders.records import Result
from tests.graders.test_grade import cell

QUESTIONS = ("q1", "q2", "q3")
YAML = (
    "schema: 1\ncourse: {id: c, title: C}\n"
    "limits: {cell: 2s, notebook: 20s, case: 1s}\n"
    "topics:\n  - {id: toy, title: Toy, points: {auto: 9, manual: 2}}\n"
)
ANSWER = "import random\ndef {0}(x): return {1} * x\nprint(random.random())"


def notebook(**answers: str) -> bytes:
    """The questions' answers, the name of each written down; q1 returns twice its number, q2 thrice, ..."""
    cells = [cell("code", "import otter\ngrader = otter.Notebook('toy.ipynb')", "start")]
    for number, question in enumerate(QUESTIONS, 2):
        answer = answers.get(question, ANSWER.format(question, number))
        told = f"\nwith open('LOG', 'a') as log: log.write('{question} ')"
        cells += [
            cell("code", answer + told, f"{question}-1", grade=False, solution=True),
            cell("code", f'grader.check("{question}")', question, grade=True, solution=False, points=3),
        ]
    cells.append(cell("markdown", answers.get("m1", "HERE"), "m1", grade=True, solution=True, points=2))
    about = {"sorcery": {"schema": 1, "topic": "toy"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": cells}).encode()


def case_file(question: str, *, hidden: bool, passes: str, points: int) -> str:
    name = f"{question}_{'hidden' if hidden else 'public'}"
    return (
        "import numpy as np\nfrom otter.test_files import test_case\nOK_FORMAT = False\n"
        f"name = {question!r}\npoints = None\n"
        f"@test_case(points={points}, hidden={hidden})\ndef test_{name}({question}):\n"
        f"    with open('LOG', 'a') as log: log.write('{name} ')\n"
        "    drawn = int(np.random.randint(1000))\n"
        f"    assert {question}(drawn) % {QUESTIONS.index(question) + 2} == 0 and {passes}, drawn\n"
    )


def written(root: Path, log: Path) -> None:
    """The course, below `root`."""
    write(root / "assignments/course.yaml", YAML, log)
    write(root / "assignments/toy/toy.ipynb", notebook().decode(), log)
    for question in QUESTIONS:
        public = case_file(question, hidden=False, passes="True", points=1)
        write(root / f"assignments/toy/tests/{question}.py", public, log)
        mend(root, log, question)


def mend(root: Path, log: Path, question: str, passes: str = "True", points: int = 2) -> None:
    """Its hidden test now asks for `passes` as well."""
    made = case_file(question, hidden=True, passes=passes, points=points)
    write(root / f"graders/hidden_tests/toy/{question}.py", made, log)


def write(path: Path, text: str, log: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("'LOG'", repr(str(log))))


def timeless(result: Result) -> Result:
    """Without what says when, and in which part, it was graded."""
    questions = tuple(
        replace(q, seconds=0.0, cases=tuple(replace(case, seconds=0.0) for case in q.cases))
        for q in result.questions
    )
    cells = tuple(replace(cell, seconds=0.0) for cell in result.cells)
    return replace(result, questions=questions, cells=cells, started="", seconds=0.0, timings={}, regraded=())
