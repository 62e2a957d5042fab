"""How a topic that was made for Otter is run and counted: `otter.json` beside its hidden tests.

A topic that has the file is graded as `otter run` would have graded it, by our means. It lies where the
tests lie, so a change of it is a change of the tests: what was graded by others is graded again.

    graders/hidden_tests/TOPIC/otter.json    these rules
    graders/hidden_tests/TOPIC/q1.py         the autograder's own test files, public and hidden cases together
    assignments/TOPIC/data/                  its support files, which a notebook finds in its working folder
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from graders.answers import CodeCell
from graders.course import Topic
from graders.errors import AuthorError, Problem, Rejected
from graders.intake import Cell, Notebook
from graders.records import QuestionResult

FILE = "otter.json"
SUPPORT = (
    ".support"  # where a notebook's working folder has the support files, until its first cell copies them
)
SETTING_UP = -1  # the index of the cell that does


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`otter_config.json` as far as it decides points, and what was found out about the tests.

    `names`: a question's name in otter, where it is not its id. `legacy_numpy`: values are printed as numpy 1
    prints them. `in_process`: the cases, `q1/2` for the second of q1's file, that run beside the student's
    code.
    """

    schema: Literal[1] = 1
    assignment_name: str = ""
    seed: int | None = None
    seed_variable: str = ""
    points_possible: float | None = None
    score_threshold: float | None = None
    legacy_numpy: bool = False
    names: dict[str, str] = field(default_factory=dict)
    in_process: tuple[str, ...] = ()


def read_rules(topic: Topic) -> Rules | None:
    """None for a topic of our own. Raises AuthorError."""
    path = topic.hidden_tests / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Rules)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AuthorError([Problem(path, 0, f"cannot be read: {error}")]) from None


def encoded(rules: Rules) -> bytes:
    return msgspec.json.format(msgspec.json.encode(rules), indent=1) + b"\n"


def recognise(rules: Rules, notebook: Notebook) -> None:
    """Raises Rejected for a notebook of another assignment, where otter can tell."""
    if rules.assignment_name and notebook.name != rules.assignment_name:
        said = repr(notebook.name[:80]) if notebook.name else "no assignment"
        raise Rejected(f"this notebook says it is of {said}, and this is {rules.assignment_name!r}")


def code_cells(rules: Rules, cells: Iterable[Cell]) -> list[CodeCell]:
    """The cells as otter runs them: ignored ones left out, each begun with the seed, and before them all one
    that puts the support files where otter puts them."""
    ids = {rules.names.get(question, question): question for question in rules.names}
    found = [CodeCell(SETTING_UP, _setting_up(rules))]
    for cell in cells:
        if cell.ignored or (cell.kind != "code" and not cell.names):
            continue
        checks = tuple(ids.get(name, name) for name in cell.names)
        source = _seeded(rules, cell.source) if cell.kind == "code" else ""
        found.append(CodeCell(cell.index, source, also=checks))
    return found


def _setting_up(rules: Rules) -> str:
    lines = [
        "def _set_up():",
        "    import os, shutil, sys",
        "    sys.path.append(os.getcwd())",
        f"    if os.path.isdir({SUPPORT!r}):",
        f"        shutil.copytree({SUPPORT!r}, '.', dirs_exist_ok=True, copy_function=shutil.copyfile)",
    ]
    if rules.legacy_numpy:
        lines += ["    import numpy", "    numpy.set_printoptions(legacy='1.25')"]
    return "\n".join([*lines, "_set_up()", "del _set_up"])


def _seeded(rules: Rules, source: str) -> str:
    """As otter.execute.preprocessor does (7.0), but with no names of its own."""
    if rules.seed is None or source.startswith("%%"):
        return source
    if rules.seed_variable:
        return f"{rules.seed_variable} = {rules.seed}\n{source}"
    seeds = f"__import__('numpy').random.seed({rules.seed}); __import__('random').seed({rules.seed})"
    return f"{seeds}\n{source}"


def drawn_from(rules: Rules) -> int | None:
    """The seed that tests draw from, where otter sets one."""
    return rules.seed if not rules.seed_variable else None


def prepare_tests(rules: Rules, topic: Topic) -> None:
    """Has tests find in this process what they find in otter's: support files, and how numbers print."""
    folder = topic.data if topic.data.is_dir() else topic.hidden_tests
    os.chdir(folder)
    sys.path.append(str(folder))
    if rules.legacy_numpy:
        import numpy

        numpy.set_printoptions(legacy="1.25")


def counted(rules: Rules, questions: Sequence[QuestionResult]) -> tuple[tuple[QuestionResult, ...], str]:
    """The questions with the points that count, and what was done, for the student; as in otter's
    GradingResults.to_gradescope_dict (7.0), where all or none count from a share of the points on."""
    threshold = rules.score_threshold
    if threshold is None:
        return tuple(questions), ""
    earned = math.fsum(question.points for question in questions)
    possible = math.fsum(question.possible for question in questions)
    passed = (earned / possible if possible else 0.0) >= threshold
    share = f"{earned:g} of {possible:g} points were reached, and {threshold:.4g} of them are asked for"
    return tuple(_all_or_none(question, passed) for question in questions), share


def _all_or_none(question: QuestionResult, passed: bool) -> QuestionResult:
    cases = tuple(replace(case, points=case.possible if passed else 0.0) for case in question.cases)
    return replace(question, points=question.possible if passed else 0.0, cases=cases)


def in_folder(folder: Path) -> bool:
    """Whether the hidden tests of a topic were made for Otter."""
    return (folder / FILE).is_file()
