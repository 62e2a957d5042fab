"""The course that an Otter autograder becomes: one folder, in which every command of ours works.

NAME-graded/assignments/course.yaml           one topic; its limits may be changed there
NAME-graded/assignments/NAME/NAME.ipynb       a check cell for each question
NAME-graded/assignments/NAME/data/            support files
NAME-graded/graders/hidden_tests/NAME/        test files as they came, and otter.json (graders.rules)
NAME-graded/.sorcery/                         results, gradebook, feedback and report
"""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import re
import shutil
import signal
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from graders import declared
from graders.assignment import SCHEMA, imported_modules
from graders.course import COURSE_FILE, Course, Topic, load_course
from graders.errors import AuthorError, InternalError, UsageError
from graders.foreign.otter.autograder import Autograder
from graders.pools import end_with_parent
from graders.records import Limits
from graders.rules import FILE, Rules, encoded, in_folder, prepare_tests
from graders.store import write_atomically
from graders.untrusted import printable

# What every notebook may be expected to import, where it is installed: paid for once.
_USUAL = ("numpy", "pandas")


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case as its file says; `doctest` is its text in OK format."""

    points: float
    hidden: bool
    doctest: str = ""


Facts = Mapping[str, Sequence[CaseFacts]]  # by question


def make_course(autograder: Autograder, root: Path) -> tuple[Course, Topic, Facts]:
    """Writes the course, or brings it up to date; returns it, and what its tests say of themselves.

    Raises UsageError where `root` holds something else, AuthorError for faulty tests.
    """
    root = root.resolve()
    name = autograder.name
    topic = Topic(root=root, id=name, title=name, auto_points=0.0, manual_points=0.0, limits=Limits())
    if root.exists() and not in_folder(topic.hidden_tests):
        taken = root.is_file() or any(root.iterdir())
        if taken:
            raise UsageError(f"{printable(root)} is there already; name another folder with --output")
    _put_all(topic.hidden_tests, {f"{question}.py": data for question, data in autograder.tests.items()})
    _put_all(topic.data, autograder.files)
    write_atomically(topic.hidden_tests / FILE, encoded(autograder.rules))
    facts = _read_facts(topic, autograder.rules)
    points = {question: sum(case.points for case in cases) for question, cases in facts.items()}
    write_atomically(topic.notebook, _notebook(autograder, points))
    write_atomically(
        root / COURSE_FILE, _course_yaml(root / COURSE_FILE, name, sum(points.values())).encode()
    )
    course = load_course(root)
    return course, course.topic(name), facts


def with_rules(topic: Topic, rules: Rules) -> None:
    write_atomically(topic.hidden_tests / FILE, encoded(rules))


def _put_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Exactly these below `folder`, the rules apart."""
    for path in sorted(folder.rglob("*"), reverse=True) if folder.exists() else ():
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in {*files, FILE}:
            path.unlink()
    for name, data in files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != data:
            write_atomically(path, data)


def _course_yaml(path: Path, name: str, points: float) -> str:
    quoted = json.dumps(name)  # `no` and `1e5` are no text to YAML
    worth = f"points: {{auto: {points!r}, manual: 0}}"
    if path.is_file():
        text, count = re.subn(r"points: \{auto: [^,}]*, manual: 0\}", worth, path.read_text(encoding="utf-8"))
        if count == 1 and f"id: {quoted}\n" in text:
            return text
    lines = ["schema: 1", f"course: {{id: {quoted}, title: {quoted}}}", "topics:"]
    lines += [f"  - id: {quoted}", f"    title: {quoted}", f"    {worth}"]
    return "\n".join([*lines, "    limits: {cell: 60s, notebook: 10m, memory: 2 GiB}", ""])


def _read_facts(topic: Topic, rules: Rules) -> Facts:
    """What the test files say of their cases. They are programs: they run in a process of their
    own, which also has what they import. Raises AuthorError."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["graders.preload"])
    with ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_begin) as pool:
        try:
            return pool.submit(_facts, topic, rules).result()
        except AuthorError:
            raise
        except Exception as error:
            raise InternalError(f"the tests could not be read: {type(error).__name__}: {error}") from None


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the command's business
    end_with_parent()


def _facts(topic: Topic, rules: Rules) -> dict[str, list[CaseFacts]]:
    prepare_tests(rules, topic)
    questions = sorted(path.stem for path in topic.hidden_tests.glob("*.py"))
    tests = declared.load_tests(topic, replace(rules, in_process=()), questions)
    return {
        question: [CaseFacts(case.points, case.hidden, case.doctest) for case in asked.cases]
        for question, asked in tests.items()
    }


def _notebook(autograder: Autograder, points: Mapping[str, float]) -> bytes:
    """A check cell a question: what is asked, and nothing of what was handed out."""
    modules = [name for name in wanted_modules(autograder) if name.partition(".")[0] != "otter"]
    cells = [_cell("start", "\n".join(["import otter", *(f"import {name}" for name in modules)]))]
    for question, worth in points.items():
        cell = _cell(question, f"grader.check({autograder.rules.names.get(question, question)!r})")
        graded = {"grade": True, "solution": False, "locked": True, "task": False, "grade_id": question}
        cell["metadata"] = {"nbgrader": {"schema_version": 3, "points": worth, **graded}}
        cells.append(cell)
    about = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "sorcery": {"schema": SCHEMA, "topic": autograder.name},
    }
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": cells}
    return json.dumps(made, indent=1).encode() + b"\n"


def _cell(identity: str, source: str) -> dict[str, Any]:
    code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": [], "metadata": {}}
    return {**code, "id": identity, "source": source}


def wanted_modules(autograder: Autograder) -> list[str]:
    """Installed modules that the tests or the solution import: the warm process has them from the start."""
    sources = [data.decode("utf-8", "replace") for data in autograder.tests.values()]
    if autograder.solution is not None:
        sources += _code(autograder.solution)
    found = dict.fromkeys(_USUAL)
    for source in sources:
        found |= dict.fromkeys(imported_modules(source))
    own = {Path(name).stem for name in autograder.files}
    return [name for name in found if name.partition(".")[0] not in own and _installed(name)]


def _code(notebook: Path) -> list[str]:
    try:
        cells = json.loads(notebook.read_bytes())["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []  # grading it will say what is wrong with it


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


def missing_packages(autograder: Autograder) -> list[str]:
    """What the autograder's environment asks for and is not installed here."""
    from importlib.metadata import PackageNotFoundError, version

    missing = []
    for line in autograder.requirements:
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        try:
            version(name)
        except (PackageNotFoundError, ValueError):
            missing.append(name)
    return missing


def copied(course: Course, topic: Topic, root: Path) -> tuple[Course, Topic]:
    """The course once more below `root`, to try things on."""
    for folder in ("assignments", "graders"):
        shutil.copytree(course.root / folder, root / folder)
    twin = load_course(root)
    return twin, twin.topic(topic.id)
