"""A stock nbgrader course, made to have every kind of cell nbgrader knows, and what students hand in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

AUTOTESTS = Path(__import__("nbgrader").__file__).parent / "docs/source/user_guide/autotests.yml"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def cell(kind: str, source: str, name: str = "", **graded: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "source": source, "metadata": {}}
    if kind == "code":
        made |= {"outputs": [], "execution_count": None}
    if name:
        about = {
            "schema_version": 3,
            "grade_id": name,
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
        }
        made["metadata"]["nbgrader"] = about | graded
    return made


def given(source: str) -> dict[str, Any]:
    return cell("code", source)


def locked(name: str, source: str) -> dict[str, Any]:
    return cell("code", source, name, locked=True)


def solution(name: str, source: str) -> dict[str, Any]:
    return cell("code", source, name, solution=True)


def checked(name: str, points: float, source: str) -> dict[str, Any]:
    return cell("code", source, name, grade=True, locked=True, points=points)


def manual(name: str, points: float, source: str, kind: str = "markdown") -> dict[str, Any]:
    return cell(kind, source, name, grade=True, solution=True, points=points)


def task(name: str, points: float, source: str) -> dict[str, Any]:
    return cell("markdown", source, name, task=True, points=points, locked=True)


def notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    numbered = [one | {"id": f"c{index}"} for index, one in enumerate(cells)]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": KERNEL}, "cells": numbered}


def hidden(*lines: str) -> str:
    return "\n".join(["### BEGIN HIDDEN TESTS", *lines, "### END HIDDEN TESTS"])


def solved(stub: str, *lines: str) -> str:
    return "\n".join(
        [stub, "    ### BEGIN SOLUTION", *(f"    {line}" for line in lines), "    ### END SOLUTION"]
    )


P1 = [
    given("import numpy as np"),
    locked("helpers", "import math\ndef close(a, b):\n    return abs(a - b) < 1e-9"),
    cell("markdown", "Read this.", "intro", locked=True),
    solution("double", solved("def double(x):", "return 2 * x")),
    checked("double-test", 2, "from numpy.testing import assert_allclose\nassert double(1) == 2\n"
          + hidden("secret = 21", "def both(x):\n    return double(x), secret", "assert both(21)[0] == 42")),
    solution("area", solved("def area(r):", "return math.pi * r ** 2")),
    checked("area-test", 3, "assert close(area(1), math.pi)\n" + hidden("assert_allclose(area(2), 4 * math.pi)", "assert both(secret)[1] == 21")),
    solution("mean", solved("def mean(xs):", "return sum(xs) / len(xs)")),
    checked("mean-test", 4, "points = 0\nif mean([1, 3]) == 2:\n    points += 1.5\n" + hidden("if mean([5]) == 5:\n    points += 2.5") + "\npoints"),
    solution("shout", solved("def shout(text):", "print(text.upper())", "return text.upper()")),
    checked("shout-test", 1, "%matplotlib inline\nassert shout('a') == 'A', 'not upper case'\nshout('b')"),
    solution("stack", "class Stack:\n    ### BEGIN SOLUTION\n    def __init__(self):\n        self.items = []\n    def __eq__(self, other):\n        return self.items == other\n    ### END SOLUTION"),
    checked("stack-test", 2, "one = Stack()\none.items.append(1)\nassert one == [1]\nassert isinstance(one, Stack)\nassert [one] != []"),
    checked("all-or-nothing", 5, "try:\n    mean([])\nexcept ZeroDivisionError:\n    pass\nelse:\n    raise AssertionError('of nothing')"),
    manual("essay", 6, "YOUR ANSWER HERE"),
    manual("plot", 3, "### BEGIN SOLUTION\nprint('a plot')\n### END SOLUTION", "code"),
    task("project", 4, "Do a project.\n\n### BEGIN MARK SCHEME\nThe scheme\n### END MARK SCHEME"),
]  # fmt: skip
P2 = [
    locked("read", "import csv\nfrom helper import shift\nrows = list(csv.reader(open('data/numbers.csv')))"),
    solution("total", solved("def total(rows):", "return sum(int(row[0]) for row in rows)") + "\ntotalled = total(rows)"),
    checked("total-test", 2, "assert shift(totalled) == 7\n" + hidden("assert total([['5']]) == 5")),
    solution("values", "### BEGIN SOLUTION\nvalues = [1, 2.5, 'three']\n### END SOLUTION"),
    checked("auto-test", 3, "### AUTOTEST values; len(values)\n### HASHED AUTOTEST values[1]"),
    checked("empty-test", 1, ""),
    checked("shadow-test", 2, "sum_of = sum([1, 2])\nassert sum_of == 3 and max(1, 2) == 2"),
]  # fmt: skip
FILES = {"data/numbers.csv": "1\n2\n3\n", "helper.py": "def shift(x):\n    return x + 1\n"}
CONFIG = (
    "c = get_config()\nc.LateSubmissionPlugin.penalty_method = 'zero'\nc.CourseDirectory.course_id = 'made'\n"
)


def nbgrader(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "nbgrader", *arguments],
        cwd=root, capture_output=True, text=True, env={**os.environ, "PATH": tools}, check=False,
    )  # fmt: skip


def sorcery(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "graders.cli", *arguments],
        cwd=root, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, check=False,
    )  # fmt: skip


def make_source(
    root: Path, notebooks: dict[str, list[dict[str, Any]]], files: dict[str, str], config: str = CONFIG
) -> None:
    """A course with one assignment, ps1, generated by nbgrader."""
    source = root / "source/ps1"
    for name, cells in notebooks.items():
        write(source / f"{name}.ipynb", json.dumps(notebook(cells)))
    for name, text in files.items():
        write(source / name, text)
    if config:
        write(root / "nbgrader_config.py", config)
    if any("AUTOTEST" in one["source"] for cells in notebooks.values() for one in cells):
        shutil.copy(AUTOTESTS, source / "autotests.yml")
    done = nbgrader(root, "generate_assignment", "ps1")
    assert done.returncode == 0, done.stderr[-3000:]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


Change = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


def answered(answers: dict[str, str], *more: Change) -> Change:
    """Puts `answers` into the cells of these names, and does `more` to the cells."""

    def change(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for one in cells:
            name = one["metadata"].get("nbgrader", {}).get("grade_id")
            if name in answers:
                one["source"] = answers[name]
        for another in more:
            cells = another(cells)
        return cells

    return change


def hand_in(
    root: Path, student: str, changes: dict[str, Change], when: str = "2026-01-30 12:00:00 UTC"
) -> Path:
    folder = root / "submitted" / student / "ps1"
    for name, change in changes.items():
        made = json.loads((root / f"release/ps1/{name}.ipynb").read_text())
        made["cells"] = change(made["cells"])
        write(folder / f"{name}.ipynb", json.dumps(made))
    if when:
        write(folder / "timestamp.txt", when)
    return folder


RIGHT1 = {
    "double": "def double(x):\n    return x + x",
    "area": "def area(r):\n    return np.pi * r * r",
    "mean": "def mean(xs):\n    return sum(xs) / len(xs)",
    "shout": "def shout(text):\n    return text.upper()",
    "stack": "class Stack:\n    def __init__(self): self.items = []\n    def __eq__(self, o): return self.items == o",
    "essay": "Because.",
    "plot": "print('my plot')",
}
RIGHT2 = {
    "total": "def total(rows):\n    return sum(int(r[0]) for r in rows)\ntotalled = total(rows)",
    "values": "values = [1, 2.5, 'three']",
}


def rows(root: Path) -> dict[str, dict[str, Any]]:
    """Everything autograding leaves in the gradebook, by student."""
    from nbgrader.api import Gradebook

    found: dict[str, dict[str, Any]] = {}
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        for submission in book.find_assignment("ps1").submissions:
            of_student: dict[str, Any] = {"timestamp": submission.timestamp}
            for one in submission.notebooks:
                of_student[f"{one.name} late"] = one.late_submission_penalty
                for grade in one.grades:
                    of_student[f"{one.name}/{grade.name}"] = (
                        grade.auto_score,
                        grade.manual_score,
                        grade.needs_manual_grade,
                    )
                for comment in one.comments:
                    of_student[f"{one.name}/{comment.name} said"] = comment.auto_comment
            found[submission.student.id] = of_student
    return found
