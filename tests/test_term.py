"""A term: twelve students, two assignments (the shipped one on convolutions, and a small one), from release to
the last export, against a table worked out by hand.

Some are late, resubmit, have longer, are hostile, hand in what is broken, or nothing; a person grades what
was written; then a test is mended. Every number of gradebook, feedback, report and exports is the table's.
"""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

HEAD = "from otter.test_files import test_case\nOK_FORMAT = False\npoints = None\nname = {!r}\n"
ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "tests/submissions/cnn"
SECOND_TOPIC = """\
  - id: second
    title: Second
    points: {auto: 6, manual: 0}
    due: 2026-11-01T12:00:00Z
    extra_credit: [q2]
"""
EXTENSIONS = "schema: 1\nextensions:\n  - {student: fay, topic: cnn, due: 2026-10-04T12:00:00Z}\n"
MASTER = """# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %%
import otter
grader = otter.Notebook("second.ipynb")

# %%
### BEGIN SOLUTION
def double(x):
    return 2 * x
### END SOLUTION

# %%
grader.check("q1")

# %%
### BEGIN SOLUTION
last = double(21)
### END SOLUTION

# %%
grader.check("q2")
"""
TESTS = {
    "assignments/second/tests/q1.py": HEAD.format("q1")
    + "@test_case(points=1)\ndef test_one(double):\n    assert double(1) == 2\n",
    # Wrong until it is mended: whoever doubles rightly loses the three points.
    "graders/hidden_tests/second/q1.py": HEAD.format("q1")
    + "@test_case(points=3, failure_message='For every number.')\ndef test_any(double):\n    assert double(21) == 43\n",
    "assignments/second/tests/q2.py": HEAD.format("q2")
    + "@test_case(points=1)\ndef test_last(last):\n    assert last > 0\n",
    "graders/hidden_tests/second/q2.py": HEAD.format("q2")
    + "@test_case(points=1)\ndef test_last(last):\n    assert last == 42\n",
}
PERFECT = "def double(x):\n    return 2 * x"
POOR = "def double(x):\n    return 2"
FORGED = (
    "class Any:\n    def __eq__(self, other):\n        return True\n    __hash__ = None\n"
    "def double(x):\n    return Any()"
)
# (student, topic, when, what). For cnn it is an example's name, for the small one the answer.
HANDED_IN = [
    ("ada", "cnn", "2026-10-01 11:00", "perfect"),
    ("bob", "cnn", "2026-10-01 11:00", "partial"),
    ("cyd", "cnn", "2026-10-01 14:00", "alternative"),
    ("dan", "cnn", "2026-10-07 12:00", "perfect"),
    ("eve", "cnn", "2026-09-30 11:00", "blank"),
    ("eve", "cnn", "2026-10-01 12:10", "perfect"),
    ("fay", "cnn", "2026-10-03 12:00", "exception"),
    ("gil", "cnn", "2026-10-01 11:00", "os_exit"),
    ("hal", "cnn", "2026-10-01 10:00", "sys_exit"),
    ("hal", "cnn", "2026-10-01 11:00", "broken_json"),
    ("ida", "cnn", "2026-10-01 13:00", "infinite_loop"),
    ("kim", "cnn", "2026-10-01 11:00", "broken_json"),
    ("lou", "cnn", "2026-10-01 14:00", "always_equal"),
    ("ada", "second", "2026-11-01 11:00", PERFECT),
    ("bob", "second", "2026-11-01 11:00", POOR),
    ("cyd", "second", "2026-11-01 12:16", PERFECT),
    ("lou", "second", "2026-11-01 11:00", FORGED),
]
SCRIPT = "<script>alert(1)</script>"  # what lou writes
GIVEN = {
    "ada": (4, "Well said."), "bob": (2, ""), "cyd": (3, "=HYPERLINK(1)"), "dan": (1, ""), "eve": (4, ""),
    "fay": (2, ""), "gil": (1, ""), "hal": (3, ""), "ida": (0.5, ""), "lou": (0.5, ""),
}  # fmt: skip
STUDENTS = ("ada", "bob", "cyd", "dan", "eve", "fay", "gil", "hal", "ida", "jon", "kim", "lou")


class Line(NamedTuple):
    """What a student has for a topic; no total where there is no grade."""

    earned: float
    penalty: float
    total: float | None


NONE = Line(0, 0, None)
# Convolutions: 24 points, of which a begun day past due and 15 minutes of grace costs 2.4, at most 12.
FIRST = {
    "ada": Line(20 + 4, 0, 24),
    "bob": Line(16 + 2, 0, 18),
    "cyd": Line(20 + 3, 2.4, 20.6),  # two hours: one day
    "dan": Line(20 + 1, 12, 9),  # six days: 14.4, and so the cap
    "eve": Line(20 + 4, 0, 24),  # the later one counts, ten minutes late
    "fay": Line(17 + 2, 0, 19),  # has until the fourth
    "gil": Line(10 + 1, 0, 11),
    "hal": Line(19 + 3, 0, 22),  # the later one is rejected
    "ida": Line(19 + 0.5, 2.4, 17.1),
    "jon": NONE,
    "kim": NONE,
    "lou": Line(0 + 0.5, 2.4, 0),  # never below nothing
}
# Second: 4 points and 2 extra, a day costs 0.4. Before the hidden test is mended, and after.
SECOND_BEFORE = dict.fromkeys(STUDENTS, NONE) | {
    "ada": Line(1 + 2, 0, 3), "bob": Line(1 + 1, 0, 2), "cyd": Line(1 + 2, 0.4, 2.6), "lou": Line(0, 0, 0),
}  # fmt: skip
SECOND = SECOND_BEFORE | {"ada": Line(4 + 2, 0, 6), "cyd": Line(4 + 2, 0.4, 5.6)}
POSSIBLE = {"cnn": 24, "second": 4}
TITLES = {"cnn": "Convolutional networks", "second": "Second"}


def sorcery(folder: Path, *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "graders.cli", *arguments],
        cwd=folder, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, check=False,
    )  # fmt: skip
    assert run.returncode == 0, (arguments, run.stdout, run.stderr)
    return run.stdout


def hand_in(inbound: Path, released: Path, student: str, topic: str, when: str, what: str) -> None:
    text = (
        (EXAMPLES / f"{what}.ipynb").read_text()
        if topic == "cnn"
        else (released / topic / f"{topic}.ipynb").read_text()
    )
    if what != "broken_json":
        notebook = json.loads(text)
        answers = {"q1-1": what, "q2-1": "last = double(21)"} if topic == "second" else {}
        if student == "lou" and topic == "cnn":
            answers = {"q8": SCRIPT}
        for cell in notebook["cells"]:
            cell["source"] = answers.get(cell["id"], cell["source"])
        text = json.dumps(notebook)
    folder = inbound / f"{student}+{topic}+{when}:00.000000 UTC+{'x' * 12}"
    folder.mkdir()
    (folder / f"{topic}.ipynb").write_text(text)


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The staff's folder at the end of the term."""
    top = tmp_path_factory.mktemp("term")
    root, exchange = top / "staff", top / "exchange"
    exchange.mkdir()
    for folder in ("assignments", "solutions", "graders/hidden_tests"):
        shutil.copytree(ROOT / folder, root / folder)
    course = root / "assignments/course.yaml"
    shipped = course.read_text().rstrip("\n") + "\n"
    policy = f"exchange: {exchange}\nlate: {{grace: 15m, per_day: 10%, cap: 50%}}\ngradebook:"
    shipped = shipped.replace("gradebook:", policy, 1)
    shipped = shipped.replace(
        "    title: Convolutional networks\n",
        "    title: Convolutional networks\n    due: 2026-10-01T12:00:00Z\n",
    )
    files = TESTS | {
        "assignments/course.yaml": shipped + SECOND_TOPIC,
        "graders/extensions.yaml": EXTENSIONS,
        "graders/roster.csv": "id,last_name,first_name,email\n"
        + "".join(f"{name},{name.title()}son,{name.title()},{name}@example.org\n" for name in STUDENTS),
        "solutions/second.py": MASTER,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    sorcery(root, "build", "second")
    sorcery(root, "release", "cnn", "second")
    inbound = exchange / "deep-learning/inbound"
    for one in HANDED_IN:
        hand_in(inbound, exchange / "deep-learning/outbound", *one)
    for topic in ("cnn", "second"):
        sorcery(root, "collect", topic, str(inbound), "--copied")
        sorcery(root, "grade", topic)
    _grade_by_hand(root)
    return root


def _grade_by_hand(root: Path) -> None:
    """As formgrader does it, through nbgrader's own interface (tests/test_formgrader.py does it in a browser)."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root}/.sorcery/gradebook.db", course_id="deep-learning") as book:
        for student, (points, comment) in GIVEN.items():
            grade = book.find_grade("q8", "cnn", "cnn", student)
            grade.manual_score, grade.needs_manual_grade = points, False
            book.find_comment("q8", "cnn", "cnn", student).manual_comment = comment or None
        book.db.commit()


@pytest.fixture(scope="module")
def mended(term: Path) -> list[dict[str, object]]:
    """What `regrade` said changed, once the hidden test was mended."""
    tests = term / "graders/hidden_tests/second/q1.py"
    before = {name: line.total for name, line in SECOND_BEFORE.items() if line.total is not None}
    found = json.loads(sorcery(term, "report", "second", "--json"))
    assert found["scores"] == sorted(before.values())
    tests.write_text(tests.read_text().replace("== 43", "== 42"))
    changed: list[dict[str, object]] = json.loads(sorcery(term, "regrade", "second", "--json"))
    sorcery(term, "regrade", "cnn")
    return changed


@pytest.fixture(scope="module")
def table(mended: list[dict[str, object]]) -> dict[str, dict[str, Line]]:
    return {"cnn": FIRST, "second": SECOND}


def test_regrade_names_exactly_whose_points_changed(mended: list[dict[str, object]]) -> None:
    assert [(c["student"], c["question"], c["before"], c["after"]) for c in mended] == [
        ("ada", "", 3, 6), ("ada", "q1", 1, 4), ("cyd", "", 2.6, 5.6), ("cyd", "q1", 1, 4),
    ]  # fmt: skip


@pytest.mark.parametrize("topic", ["cnn", "second"])
def test_the_gradebook(term: Path, table: dict[str, dict[str, Line]], topic: str) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{term}/.sorcery/gradebook.db", course_id="deep-learning") as book:
        submissions = {one.student.id: one for one in book.find_assignment(topic).submissions}
        found = {
            name: Line(
                one.score,
                one.late_submission_penalty,
                max(0.0, round(one.score - one.late_submission_penalty, 6)),
            )
            for name, one in submissions.items()
        }
        assert {one.max_score for one in submissions.values()} == {POSSIBLE[topic]}
    assert found == {name: line for name, line in table[topic].items() if line.total is not None}


@pytest.mark.parametrize("topic", ["cnn", "second"])
def test_feedback(term: Path, table: dict[str, dict[str, Line]], topic: str) -> None:
    for name, line in table[topic].items():
        text = sorcery(term, "feedback", topic, name)
        page = term / f".sorcery/feedback/{name}/{topic}/{topic}.html"
        if line.total is None:
            assert " points**" not in text
            continue
        assert f"**{line.total:g} of {POSSIBLE[topic]} points**" in text
        assert f"{line.total:g} of {POSSIBLE[topic]}" in " ".join(page.read_text().split())
        assert (f"= {line.penalty:g} points." in text) is (line.penalty > 0)
        assert "double(21)" not in text
    if topic == "cnn":
        assert "Comment: Well said." in sorcery(term, "feedback", topic, "ada")
        assert "6 days late: 6 × 10 %, at most 50 %, of 24 points = 12 points." in sorcery(
            term, "feedback", topic, "dan"
        )
        assert "within 15 minutes of grace" in sorcery(term, "feedback", topic, "eve")
        assert "(extended for you)" in sorcery(term, "feedback", topic, "fay")
        assert "Nothing was handed in." in sorcery(term, "feedback", topic, "jon")
        assert "<script>alert" not in (term / ".sorcery/feedback/lou/cnn/cnn.html").read_text()


@pytest.mark.parametrize("topic", ["cnn", "second"])
def test_the_report(term: Path, table: dict[str, dict[str, Line]], topic: str) -> None:
    found = json.loads(sorcery(term, "report", topic, "--json"))
    totals = sorted(line.total for line in table[topic].values() if line.total is not None)
    assert found["scores"] == totals
    assert found["mean"] == pytest.approx(sum(totals) / len(totals))
    assert (found["students"], found["graded"], found["possible"]) == (12, len(totals), POSSIBLE[topic])
    assert found["late"] == sorted(name for name, line in table[topic].items() if line.penalty)
    assert found["needs_manual"] == []
    verdicts = {student: verdict for verdict, students in found["verdicts"].items() for student in students}
    expected = {"gil": "crashed", "ida": "timeout", "kim": "rejected"} if topic == "cnn" else {}
    assert {name: verdict for name, verdict in verdicts.items() if verdict != "graded"} == expected
    assert set(found["missing"]) == set(STUDENTS) - set(verdicts)


def test_exports_of_the_course(term: Path, table: dict[str, dict[str, Line]]) -> None:
    sorcery(term, "export", "-o", "grades.csv")
    rows = list(csv.DictReader(io.StringIO((term / "grades.csv").read_text())))
    for topic, lines in table.items():
        found = {row["student_id"]: row for row in rows if row["assignment"] == topic}
        assert set(found) == set(STUDENTS)
        for name, line in lines.items():
            row, wanted = found[name], ["", "", ""]
            if line.total is not None:
                wanted = [str(float(number)) for number in (line.earned, line.penalty, line.total)]
            assert [row["raw_score"], row["late_submission_penalty"], row["score"]] == wanted, (topic, name)
            assert (row["max_score"], row["last_name"]) == (f"{POSSIBLE[topic]}.0", f"{name.title()}son")

    sorcery(term, "export", "-f", "canvas", "-o", "canvas.csv")
    possible, *rows = list(csv.DictReader(io.StringIO((term / "canvas.csv").read_text())))
    assert [possible[title] for title in TITLES.values()] == ["24", "4"]
    by_id = {row["SIS User ID"]: row for row in rows}
    sorcery(term, "export", "-f", "moodle", "-o", "moodle.csv")
    moodle = {
        row["Email address"]: row
        for row in csv.DictReader(io.StringIO((term / "moodle.csv").read_text("utf-8-sig")))
    }
    for name in STUDENTS:
        totals = [table[topic][name].total for topic in table]
        cells = ["" if total is None else f"{total:g}" for total in totals]
        assert [by_id[name][title] for title in TITLES.values()] == cells, name
        given = [moodle[f"{name}@example.org"][title] for title in TITLES.values()]
        assert given == [cell or "-" for cell in cells], name  # Moodle's word for no grade


@pytest.mark.parametrize("topic", ["cnn", "second"])
def test_exports_of_each_submission(term: Path, table: dict[str, dict[str, Line]], topic: str) -> None:
    folder = term / "each" / topic
    sorcery(term, "export", topic, "-f", "gradescope", "-o", str(folder))
    found = {
        path.parent.name.removesuffix(f"-{topic}"): json.loads(path.read_text())
        for path in folder.glob("*/results.json")
    }
    expected = {name: line.total for name, line in table[topic].items() if line.total is not None}
    rejected = {"kim": 0} if topic == "cnn" else {}
    assert {name: one["score"] for name, one in found.items()} == expected | rejected
    sorcery(term, "export", topic, "-f", "junit", "-o", str(folder))
    for name in expected:
        suites = ElementTree.parse(folder / f"{name}-{topic}.xml").getroot()
        result = json.loads((term / f".sorcery/results/{topic}/{name}.json").read_text())
        for question in result["questions"]:
            (suite,) = [one for one in suites if one.get("name") == f"{topic}.{question['id']}"]
            passed = sum(len(case) == 0 for case in suite.iter("testcase"))
            assert passed == sum(case["verdict"] == "passed" for case in question["cases"]), (
                name,
                question["id"],
            )
