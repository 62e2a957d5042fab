"""The shipped example submissions, graded as the README says, earn what is expected of them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from graders.cli import app

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


def commands(*, students: bool = False) -> list[str]:
    """The README's commands: those for students, or all others."""
    head, *parts = re.split(r"^## (.+)$", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    sections = {"": head, **dict(zip(parts[::2], parts[1::2], strict=True))}
    text = "".join(body for name, body in sections.items() if (name == "Students") is students)
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line.split(" #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_the_readme_begins_with_set_up_and_grading_then_the_tests() -> None:
    """CI runs these two as they stand, in a fresh clone."""
    first, second = commands()[:2]
    assert "pip install" in first
    assert first.endswith("sorcery grade cnn tests/submissions/cnn")
    assert second == ".venv/bin/python -m pytest -n auto --maxprocesses 4"


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    venv = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    return subprocess.run(
        command, shell=True, cwd=folder, capture_output=True, text=True, env=os.environ | venv, check=False
    )


ELSEWHERE = re.compile(r"sorcery (import|convert|grade --|export lab)")  # in test_elsewhere.py
STAFFS_QUIZ = re.compile(
    r"sorcery quiz (release|take \S+\.quiz|collect|score|analyse|concepts|export|import)"
)


@pytest.mark.parametrize(
    "command",
    [
        c
        for c in commands()[2:]
        if c.startswith("sorcery ") and not (STAFFS_QUIZ.match(c) or ELSEWHERE.match(c))
    ],
)
def test_every_command_of_the_readme_works(graded: dict[str, dict], staff: Path, command: str) -> None:
    leaves_files = command.startswith(("sorcery release", "sorcery new"))
    run = shell(command, staff if leaves_files else ROOT)
    assert run.returncode == 0, run.stderr


def test_the_commands_of_staff_for_quizzes_work_one_after_another(tmp_path: Path) -> None:
    for folder in ("assignments", "quizzes/banks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    listed = [command for command in commands() if STAFFS_QUIZ.match(command)]
    assert [command.split()[2] for command in listed] == [
        *("export", "export", "import", "release", "take", "collect", "score", "analyse", "concepts")
    ]
    for command in listed:
        run = shell(f"printf ':submit\nyes\n' | {command}", tmp_path)
        assert run.returncode == 0, run.stderr
        if " take " in command:
            (tmp_path / "responses").mkdir()
            (tmp_path / "cnn-ada-1.response").rename(tmp_path / "responses/cnn-ada-1.response")
        if " score " in command:
            assert "0 of 30" in run.stdout
    assert "convolution" in run.stdout


def every_command() -> list[str]:
    found = []
    for name, command in get_command(app).commands.items():
        found += [f"{name} {inner}" for inner in getattr(command, "commands", ())] or [name]
    return sorted(found)


@pytest.mark.parametrize("command", every_command())
def test_every_commands_help_has_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert f"Example: sorcery {command}" in shown.output


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course as shipped, elsewhere, with an exchange."""
    root = tmp_path_factory.mktemp("course") / "staff"
    for folder in ("assignments", "solutions", "graders/hidden_tests"):
        shutil.copytree(ROOT / folder, root / folder)
    exchange = root.parent / "exchange"
    exchange.mkdir()
    course = root / "assignments/course.yaml"
    course.write_text(course.read_text().replace("\ngradebook:", f"\nexchange: {exchange}\ngradebook:"))
    return root


def test_every_command_of_the_students_works_where_they_are(staff: Path, tmp_path: Path) -> None:
    assert shell("sorcery release cnn", staff).returncode == 0
    outbound = staff.parent / "exchange/deep-learning/outbound"
    assert shell(f"sorcery fetch cnn --from {outbound}", tmp_path).returncode == 0
    listed = commands(students=True)
    assert [command.split()[1] for command in listed] == [
        "fetch",
        "list",
        "lab",
        "check",
        "submit",
        "feedback",
    ]
    fetch, overview, lab, check, submit, feedback = listed
    for command in (fetch, overview):
        run = shell(command, tmp_path)
        assert run.returncode == 0, run.stderr
    # JupyterLab is a server: it works once it says where it is.
    venv = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with subprocess.Popen(
        [*lab.split(), "--", "--no-browser", "--port=0", "--allow-root"],
        cwd=tmp_path, env=os.environ | venv, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as server:  # fmt: skip
        try:
            said = next(line for line in server.stderr or () if "ServerApp] http://" in line)
            assert "/lab/tree/assignments/cnn/cnn.ipynb" in said
        finally:
            os.killpg(server.pid, signal.SIGKILL)
    notebook = tmp_path / "assignments/cnn/cnn.ipynb"
    notebook.write_bytes((EXAMPLES / "perfect.ipynb").read_bytes())
    for command in (check, submit):
        run = shell(command, tmp_path)
        assert run.returncode == 0, run.stderr + run.stdout
    inbound = outbound.with_name("inbound")
    for command in (
        f"sorcery collect cnn {inbound} --copied",
        "sorcery grade cnn",
        "sorcery feedback cnn --release",
    ):
        run = shell(command, staff)
        assert run.returncode == 0, run.stderr
    run = shell(feedback, tmp_path)
    assert run.returncode == 0, run.stderr
    assert "20 of 24" in run.stdout
