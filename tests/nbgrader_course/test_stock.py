"""A stock course, graded by `nbgrader autograde` and by ours: the same rows for honest submissions."""

import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader_hostile import HOSTILE, run
from nbgrader_made import (
    FILES,
    P1,
    P2,
    RIGHT1,
    RIGHT2,
    answered,
    given,
    hand_in,
    make_source,
    nbgrader,
    notebook,
    rows,
    sorcery,
    write,
)

Cells = list[dict[str, Any]]
POOR1 = {
    "double": "def double(x):\n    return 2 if x == 1 else 0",
    "area": "def area(r): return",
    "mean": "def mean(xs):\n    return sum(xs) // 2",
    "shout": "def shout(t): return t",
    "stack": "class Stack: items = []",
}


def with_errors(cells: Cells) -> Cells:
    """Cells of the student's own, which are not graded, fail between those that are."""
    own = ["1 / 0", "import sys; sys.exit()", "raise KeyboardInterrupt", "no python"]
    return [*cells[:2], *map(given, own), *cells[2:]]


def doubled(cells: Cells) -> Cells:
    """The test of `double` and the answer to it are there twice, as after copying cells."""
    copies = [
        cell
        for cell in cells
        if cell["metadata"].get("nbgrader", {}).get("grade_id") in ("double", "double-test")
    ]
    return [*json.loads(json.dumps(copies)), *cells]


@pytest.fixture(scope="module")
def courses(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One course twice, graded by nbgrader and by ours."""
    from nbgrader.api import Gradebook

    stock = tmp_path_factory.mktemp("stock")
    make_source(stock, {"p1": P1, "p2": P2}, FILES)
    with Gradebook(f"sqlite:///{stock}/gradebook.db") as book:
        book.update_or_create_assignment("ps1", duedate="2026-01-31 00:00:00 UTC")
    hand_in(stock, "right", {"p1": answered(RIGHT1), "p2": answered(RIGHT2)})
    hand_in(
        stock,
        "poor",
        {"p1": answered(POOR1), "p2": answered({"total": "totalled = 6", "values": "values = [1]"})},
    )
    hand_in(stock, "blank", {"p1": list, "p2": list})
    broken = {**RIGHT1, "area": "def area(r:\n   return", "plot": "raise ValueError"}
    late = {"p1": answered(broken, with_errors), "p2": answered(RIGHT2, with_errors)}
    hand_in(stock, "late", late, when="2026-02-02 12:00:00.5 +0100")
    changed = answered({**RIGHT1, "double-test": "assert True", "helpers": "close = lambda a, b: True"})
    one = hand_in(stock, "one", {"p1": changed}, when="")
    write(one / "mine.txt", "hi")
    write(one / "helper.py", "def shift(x): return 0")
    write(one / "other.ipynb", json.dumps(notebook([given("1")])))
    loud = "import warnings\ndef double(x):\n    warnings.warn('slow')\n    return 2 * x"
    hand_in(stock, "loud", {"p1": answered({**RIGHT1, "double": loud}), "p2": answered(RIGHT2)})
    ours = tmp_path_factory.mktemp("ours") / "course"
    shutil.copytree(stock, ours)
    done = nbgrader(stock, "autograde", "ps1")
    assert done.returncode == 0, done.stderr[-3000:]
    # Stock stops at these, and leaves the others ungraded.
    hand_in(ours, "twice", {"p1": answered(RIGHT1, doubled), "p2": answered(RIGHT2)})
    cut = hand_in(ours, "cut", {"p1": answered(RIGHT1), "p2": answered(RIGHT2)})
    (cut / "p2.ipynb").write_text((cut / "p2.ipynb").read_text()[:-9])
    hand_in(ours, "lost", {})
    done = sorcery(ours, "grade", "--nbgrader", ".", "ps1", "--json")
    assert done.returncode == 0, done.stderr
    (ours / "results.json").write_text(done.stdout)
    return stock, ours


def test_every_row_of_an_honest_submission_is_as_nbgrader_writes_it(courses: tuple[Path, Path]) -> None:
    stock, ours = map(rows, courses)
    assert set(stock) == {"right", "poor", "blank", "late", "one", "loud"}
    for student in set(stock) - {"loud"}:
        assert ours[student] == stock[student], student
    assert stock["late"]["p1 late"] == 17 - 3  # all of it: nbgrader's own plugin, as the course configures it
    assert stock["poor"]["p1/mean-test"][0] == 1.5


def test_a_warning_costs_nothing(courses: tuple[Path, Path]) -> None:
    stock, ours = map(rows, courses)
    assert stock["loud"]["p1/double-test"][0] == 0
    assert ours["loud"] == ours["right"]


def test_what_is_broken_costs_its_own_submission_only(courses: tuple[Path, Path]) -> None:
    ours = rows(courses[1])
    assert {key: value for key, value in ours["twice"].items() if key != "timestamp"} == {
        key: value for key, value in ours["right"].items() if key != "timestamp"
    }
    assert {
        value for key, value in ours["cut"].items() if key.endswith("-test") and key.startswith("p2")
    } == {(None, None, True)}
    assert ours["cut"]["p1/double-test"] == (2, None, False)
    results = {one["student"]: one for one in json.loads((courses[1] / "results.json").read_text())}
    assert "p2.ipynb: the file is not a complete notebook" in results["cut"]["reason"]
    assert "is there several times" in results["twice"]["reason"]
    assert "lost" not in ours
    assert results["lost"]["verdict"] == "rejected"
    assert all(question["in_process"] for one in results.values() for question in one["questions"])


def test_what_nbgrader_wants_to_find_is_in_autograded(courses: tuple[Path, Path]) -> None:
    """nbgrader reads the notebooks again, as for feedback, and comes to the same points."""
    from nbgrader.nbgraderformat import read
    from nbgrader.utils import determine_grade, is_grade

    stock, ours = courses
    found = rows(ours)
    for student in ("right", "poor", "late", "one"):
        folder = ours / "autograded" / student / "ps1"
        theirs = {p.name for p in (stock / "autograded" / student / "ps1").iterdir()}
        theirs.discard("__pycache__")  # of the helper a notebook imports, where Python leaves bytecode
        assert {p.name for p in folder.iterdir()} == theirs
        for path in folder.glob("*.ipynb"):
            ran = read(str(path), as_version=4)
            nbformat.validate(ran)
            for cell in ran.cells:
                if is_grade(cell):
                    name = f"{path.stem}/{cell.metadata.nbgrader.grade_id}"
                    assert determine_grade(cell)[0] == found[student][name][0], (student, name)
    assert (ours / "autograded/one/ps1/helper.py").read_text() == FILES["helper.py"]
    done = nbgrader(ours, "generate_feedback", "ps1", "--student", "poor")
    assert done.returncode == 0, done.stderr[-2000:]


def test_formgrader_lists_the_submissions_as_graded(courses: tuple[Path, Path]) -> None:
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    found = []
    for root in courses:
        api = NbGraderAPI(CourseDirectory(root=str(root)))
        keys = ("student", "autograded", "score", "needs_manual_grade", "max_score", "timestamp")
        listed = [{key: row[key] for key in keys} for row in api.get_submissions("ps1")]
        found.append({row["student"]: row for row in listed})
    stock, ours = found
    assert all(row["autograded"] for row in stock.values())
    assert {student: ours[student] for student in stock if student != "loud"} == {
        student: row for student, row in stock.items() if student != "loud"
    }


def test_a_course_nbgrader_has_not_generated_yet_is_generated_first(
    courses: tuple[Path, Path], tmp_path: Path
) -> None:
    shutil.copytree(courses[1] / "source", tmp_path / "source")
    shutil.copytree(courses[1] / "submitted/one", tmp_path / "submitted/one")
    done = sorcery(tmp_path, "grade", "--nbgrader", ".", "ps1", "--json")
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)
    assert (result["student"], result["points"], result["possible"]) == ("one", 17, 25)
    assert "p2.ipynb was not handed in" in result["reason"]


def test_what_a_hidden_test_said_is_for_staff_only(courses: tuple[Path, Path]) -> None:
    results = {one["student"]: one for one in json.loads((courses[1] / "results.json").read_text())}
    cases = {question["id"]: question["cases"][0] for question in results["poor"]["questions"]}
    assert (cases["p1/double-test"]["hidden"], cases["p1/double-test"]["message"]) == (
        True,
        "An assertion did not hold.",
    )
    assert (cases["p1/shout-test"]["hidden"], cases["p1/shout-test"]["message"]) == (False, "not upper case")


def test_what_was_graded_and_what_people_gave_stays_until_it_is_graded_again(
    courses: tuple[Path, Path],
) -> None:
    from nbgrader.api import Gradebook

    _, ours = courses
    with Gradebook(f"sqlite:///{ours}/gradebook.db") as book:
        for cell in ("double-test", "essay"):
            grade = book.find_grade(cell, "p1", "ps1", "right")
            grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    before = rows(ours)
    assert sorcery(ours, "grade", "--nbgrader", ".", "ps1").returncode == 0
    assert rows(ours) == before
    assert sorcery(ours, "grade", "--nbgrader", ".", "ps1", "--force").returncode == 0
    after = rows(ours)
    assert after["right"]["p1/essay"] == (None, 1.5, True)  # as in nbgrader: to be looked at again
    assert {s: r for s, r in after.items() if s != "right"} == {
        s: r for s, r in before.items() if s != "right"
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--nbgrader", "nowhere", "ps1"), "no such folder"),
        (("--nbgrader", ".", "ps2"), "no assignment 'ps2'"),
        (("--nbgrader", ".", "../ps1"), "cannot be an assignment"),
        (("--nbgrader", ".", "ps1", "--seed", "1"), "no seed"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_said_in_a_line(
    courses: tuple[Path, Path], arguments: tuple[str, ...], said: str
) -> None:
    done = sorcery(courses[1], "grade", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_fools_nbgrader_does_not_fool_ours(tmp_path: Path) -> None:
    """The short form of nbgrader_hostile.py, which has them all."""
    names = ["number_that_equals", "input_transformer", "code_swap", "helper_replaced"]
    assert set(names) < set(HOSTILE)
    stock, ours = run(names, tmp_path)
    assert (stock["honest"], ours["honest"], ours["wrong"]) == (8, 8, 0)
    assert all(stock[name] > 0 for name in names)
    assert all(ours[name] == 0 for name in names)
