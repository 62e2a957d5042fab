"""`sorcery import nbgrader` and `sorcery convert`: topics and otter tests of nbgrader's notebooks."""

import json
import shutil
from pathlib import Path

import pytest
from nbgrader_made import (
    AUTOTESTS,
    FILES,
    P1,
    P2,
    checked,
    given,
    hidden,
    notebook,
    solution,
    solved,
    sorcery,
    write,
)

from graders.build import build_topic
from graders.course import load_course
from graders.foreign.nbgrader.convert import as_otter_file, convert_cell

MARKS = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
COURSE = "schema: 1\ncourse: {id: c, title: C}\ntopics:\n  - {id: other, title: Other, points: {auto: 1, manual: 0}}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "assignments/course.yaml", COURSE)
    return tmp_path


def test_an_imported_topic_builds_and_its_solution_earns_everything(root: Path) -> None:
    write(root / "source/p1/p1.ipynb", json.dumps(notebook(P1)))
    done = sorcery(root, "import", "nbgrader", "source/p1/p1.ipynb", "--topic", "ps1", "--title", "Problems")
    assert "Traceback" not in done.stderr
    assert done.returncode == 1  # some of it is left out, and told
    left = [line.split(": ")[0] for line in done.stdout.splitlines() if "the solution fails it" in line]
    assert left == ["area-test:4", "stack-test:3", "stack-test:4"]

    assert sorcery(root, "build", "ps1", "--check").returncode == 0
    topic = load_course(root).topic("ps1")
    built = build_topic(load_course(root), topic)
    (root / "in").mkdir()
    (root / "in/solution.ipynb").write_bytes(built.solution)
    (root / "in/blank.ipynb").write_bytes(built.student)
    graded = sorcery(root, "grade", "ps1", "in", "--json")
    results = {one["student"]: one for one in json.loads(graded.stdout)}
    assert (results["solution"]["points"], topic.auto_points, topic.manual_points) == (17, 17, 13)
    assert {one["id"]: one["points"] for one in results["blank"]["questions"]} == dict.fromkeys(
        ("double_test", "area_test", "mean_test", "shout_test", "stack_test"), 0
    ) | {"all_or_nothing": 0}
    assert not any(question["in_process"] for question in results["solution"]["questions"])
    handed_out = " ".join(path.read_text() for path in (root / "assignments/ps1").rglob("*.*"))
    assert "area(1)" in handed_out
    for secret in ("area(2)", "both", "secret", "The scheme", "math.pi * r"):
        assert secret not in handed_out, secret
    assert sorcery(root, "import", "nbgrader", "source/p1/p1.ipynb", "--topic", "ps1").returncode == 2


def test_autotests_and_modules_beside_the_notebook_are_converted(root: Path) -> None:
    write(root / "p2/p2.ipynb", json.dumps(notebook(P2)))
    for name, text in FILES.items():
        write(root / "p2" / name, text)
    shutil.copy(AUTOTESTS, root / "p2/autotests.yml")
    done = sorcery(root, "convert", "p2/p2.ipynb", "--json", "-o", "made")
    found = json.loads(done.stdout)
    assert {name: (round(sum(one["cases"].values()), 9), len(one["left_out"])) for name, one in found["cells"].items()} == {
        "total-test": (2, 0), "auto-test": (3, 0), "empty-test": (0, 1), "shadow-test": (2, 0),
    }  # fmt: skip
    assert "def test_shift_totalled_7(shift, totalled):" in (root / "made/tests/total_test.py").read_text()
    assert sorcery(root, "convert", "p2/p2.ipynb", "-o", "made").returncode == 2


def test_a_case_that_rests_on_the_one_before_it_begins_with_it(root: Path) -> None:
    cells = [
        given("import math"),
        solution("counter", "### BEGIN SOLUTION\nclass Counter:\n    n = 0\n    def next(self):\n        self.n += 1\n        return self.n\n### END SOLUTION"),
        checked("counted", 2, "one = Counter()\nassert one.next() == 1\nassert one.next() == 2, 'it does not count'"),
    ]  # fmt: skip
    write(root / "c.ipynb", json.dumps(notebook(cells)))
    done = sorcery(root, "convert", "c.ipynb")
    assert done.returncode == 0, done.stdout
    made = (root / "c-tests/tests/counted.py").read_text()
    assert made.count("assert one.next() == 1") == 2
    assert "failure_message='it does not count'" in made


def test_a_cell_that_adds_up_points_becomes_cases_worth_them() -> None:
    source = (
        "p = 0\nif f(1) == 1:\n    p += 1\n"
        + hidden("if f(2) == 2:\n    p += 2.5")
        + "\nfor x in f(3):\n    p += x\np"
    )
    cell = convert_cell("q", 3.5, source, [], MARKS)
    assert cell.shared() == {"test_f_1_1": 1, "test_f_2_2": 2.5}
    assert [(one.line, one.why) for one in cell.left_out] == [(8, "it counts p in a way of its own")]
    assert "f(2)" not in as_otter_file(cell, hidden=False)
    assert "f(2)" in as_otter_file(cell, hidden=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is no notebook"), ("[]", "is no notebook"), ("\x00\xff", "is no notebook"),
     (json.dumps(notebook([given("1")])), "no cell that is graded"),
     (json.dumps(notebook([solution("f", solved("def f():", "return 1")), checked("a-b", 1, "assert f"), checked("a_b", 1, "assert f")])), "rename one")],
)  # fmt: skip
def test_what_cannot_be_imported_is_said_in_a_line(root: Path, text: str, said: str) -> None:
    write(root / "x.ipynb", text)
    done = sorcery(root, "import", "nbgrader", "x.ipynb")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in (root / "assignments").iterdir()] == ["course.yaml"]
