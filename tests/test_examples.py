"""The shipped example submissions, graded as the README says, earn what is expected of them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "tests/submissions/cnn"
EXPECTED = yaml.safe_load((EXAMPLES / "expected.yaml").read_text())


def sorcery(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graders.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


@pytest.fixture(scope="module")
def graded() -> dict[str, dict]:
    run = sorcery("grade", "cnn", str(EXAMPLES), "--force", "--json")
    assert run.returncode == 0, run.stderr
    return {result["student"]: result for result in json.loads(run.stdout)}


@pytest.mark.parametrize("example", EXPECTED)
def test_an_example_earns_what_is_expected(graded: dict[str, dict], example: str) -> None:
    result = graded[example]
    assert {"verdict": result["verdict"], "points": result["points"]} == EXPECTED[example]


def test_every_example_has_its_expectation_and_is_what_the_script_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "tests/submissions/make_cnn.py", tmp_path], cwd=ROOT, check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in EXAMPLES.glob("*.ipynb")}
    assert {name.removesuffix(".ipynb") for name in made} == set(EXPECTED)


def test_a_hang_in_question_5_keeps_the_points_before_it(graded: dict[str, dict]) -> None:
    by_question = {q["id"]: q["points"] for q in graded["stubborn_loop"]["questions"]}
    assert by_question == {"q1": 3, "q2": 3, "q3": 2, "q4": 2, "q5": 0, "q6": 0, "q7": 0}


def test_what_a_student_is_told_of_a_hidden_case_is_the_authors_sentence(graded: dict[str, dict]) -> None:
    (case,) = [c for c in graded["partial"]["questions"][2]["cases"] if c["verdict"] == "failed"]
    assert case["hidden"]
    assert case["message"] == "Windows may overlap, values be negative, borders be left over."
    assert "expected shape" in case["detail"]


def test_nothing_of_the_hidden_tests_is_found_by_a_notebook_that_looks(graded: dict[str, dict]) -> None:
    assert not [cell for cell in graded["reads_tests"]["cells"] if "found" in cell["error"]]


def test_the_gradebook_has_a_row_for_each_but_the_rejected(graded: dict[str, dict]) -> None:
    from graders.course import load_course
    from graders.gradebook import Gradebook

    with Gradebook(load_course(ROOT)) as book:
        rows = {row.student: row for row in book.rows("cnn")}
    for name, expected in EXPECTED.items():
        if expected["verdict"] == "rejected":
            assert name not in rows
        else:
            assert (rows[name].auto, rows[name].possible) == (expected["points"], 24)


def test_a_replayed_question_earns_the_same(graded: dict[str, dict]) -> None:
    stored = ROOT / ".sorcery/results/cnn/partial.json"
    for question, points in (("q3", 1), ("q6", 4)):
        run = sorcery("replay", str(stored), question, "--json")
        assert run.returncode == 0, run.stderr
        result = json.loads(run.stdout)
        assert [q["points"] for q in result["questions"]] == [points]
        then = next(q for q in graded["partial"]["questions"] if q["id"] == question)
        assert result["questions"][0]["seed"] == then["seed"]
        assert [c["detail"] for c in result["questions"][0]["cases"]] == [c["detail"] for c in then["cases"]]
    assert sorcery("replay", str(stored), "q99").returncode == 2


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [line.split("   #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_the_readme_begins_with_set_up_and_grading_then_the_tests() -> None:
    """CI runs these two as they stand, in a fresh clone."""
    first, second = commands()[:2]
    assert "pip install" in first
    assert first.endswith("sorcery grade cnn tests/submissions/cnn")
    assert second == ".venv/bin/python -m pytest"


@pytest.mark.parametrize("command", [c for c in commands()[2:] if c.startswith("sorcery ")])
def test_every_command_of_the_readme_works(graded: dict[str, dict], command: str) -> None:
    venv = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    run = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, env=os.environ | venv, check=False
    )
    assert run.returncode == 0, run.stderr
