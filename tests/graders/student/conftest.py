"""A small course: with its staff, and on the machine of a student who has none of the staff's files."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

MASTER = """# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %%
import numpy as np
import otter
grader = otter.Notebook("toy.ipynb")
numbers = np.load("data/numbers.npy")

# %%
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %%
grader.check("q1")

# %%
def total(values):
    ### BEGIN SOLUTION
    return values.sum()
    ### END SOLUTION

# %%
### BEGIN SOLUTION
answer = total(numbers)
### END SOLUTION

# %%
grader.check("q2")

# %%
def last(values):
    ### BEGIN SOLUTION
    return values[-1]
    ### END SOLUTION

# %%
grader.check("q3")

# %% [markdown] manual="q4" points=2
# Because addition is commutative.
"""
HEAD = "from otter.test_files import test_case\nOK_FORMAT = False\npoints = None\nname = '{}'\n"
COURSE = """\
schema: 1
course: {{id: deep, title: Deep, timezone: Europe/Berlin}}
exchange: {exchange}
late: {{grace: 15m, per_day: 10%, cap: 50%}}
topics:
  - {{id: toy, title: Toy, points: {{auto: 10, manual: 2}}, due: {due}, limits: {{cell: 60s, notebook: 200s, case: 60s}}}}
  - {{id: far, title: Far away, points: {{auto: 1}}}}
"""
SOLUTIONS = {
    "q1-1": "def double(x):\n    return 2 * x",
    "q2-1": "def total(values):\n    return values.sum()",
    "q2-2": "answer = total(numbers)",
    "q3-1": "def last(values):\n    return values[-1]",
    "q4": "Because.",
}
DUE = "2030-01-31T23:59"
NO_EXCHANGE = COURSE.replace("exchange: {exchange}\n", "")

Run = Callable[..., subprocess.CompletedProcess[str]]


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def sorcery(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graders.cli", *map(str, arguments)]
    env = {**os.environ, "NO_COLOR": "1", "LOGNAME": "ada", **environment}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env, check=False)


def answer(notebook: Path, answers: Mapping[str, str]) -> None:
    """Saves the notebook with these sources by cell id."""
    content = json.loads(notebook.read_text())
    for cell in content["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    notebook.write_text(json.dumps(content))


def limit(root: Path, limits: str) -> None:
    """Shorter times than those of the course, which are long enough for a machine that is busy."""
    path = root / "assignments/course.yaml"
    text = path.read_text()
    path.write_text(text.replace("cell: 60s, notebook: 200s, case: 60s", limits))
    assert path.read_text() != text


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("staff")
    files = {
        "assignments/course.yaml": NO_EXCHANGE.format(due=DUE),
        "solutions/toy.py": MASTER,
        "assignments/toy/tests/q1.py": HEAD.format("q1")
        + "@test_case(points=1, failure_message='Twice, please.')\n"
        + "def test_one(double):\n    assert double(1) == 2, f'got {double(1)}'\n",
        "graders/hidden_tests/toy/q1.py": HEAD.format("q1")
        + "@test_case(points=3)\ndef test_secret(double):\n    assert double(2121) == 4242\n",
        "assignments/toy/tests/q2.py": HEAD.format("q2")
        + "@test_case(points=1)\ndef test_total(total):\n    import numpy as np\n"
        + "    assert total(np.arange(4)) == 6\n"
        + "@test_case(points=2)\ndef test_answer(answer):\n    assert answer == 10\n",
        "graders/hidden_tests/toy/q3.py": HEAD.format("q3")
        + "@test_case(points=3)\ndef test_last(last):\n    assert last([1, 2]) == 2\n",
    }
    write(root, files)
    (root / "assignments/toy/data/deep").mkdir(parents=True)
    np.save(root / "assignments/toy/data/numbers.npy", np.arange(5))
    (root / "assignments/toy/data/deep/note.txt").write_text("a note")
    (root / "assignments/toy/tests/__pycache__").mkdir()
    (root / "assignments/toy/tests/__pycache__/q1.pyc").write_bytes(b"x")
    (root / "assignments/toy/.ipynb_checkpoints").mkdir()
    (root / "assignments/toy/.ipynb_checkpoints/toy-checkpoint.ipynb").write_text("{}")
    (root / "assignments/toy/scratch.txt").write_text("the instructor's")
    run = sorcery(root, "build", "toy")
    assert run.returncode == 0, run.stderr
    return root


@pytest.fixture
def staff(_built: Path, tmp_path: Path) -> Path:
    """The course as its staff has it, without an exchange."""
    return shutil.copytree(_built, tmp_path / "staff")


@pytest.fixture(scope="session")
def _archive(_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("release") / "toy.zip"
    run = sorcery(_built, "release", "toy", "--zip", str(path))
    assert run.returncode == 0, run.stderr
    return path


@pytest.fixture
def archive(_archive: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(_archive, tmp_path / "toy.zip"))


@pytest.fixture
def student(archive: Path, tmp_path: Path) -> Path:
    """A student's folder into which the topic was fetched from a zip file."""
    root = tmp_path / "student"
    root.mkdir()
    run = sorcery(root, "fetch", "toy", "--from", str(archive))
    assert run.returncode == 0, run.stderr
    return root


@pytest.fixture
def notebook(student: Path) -> Path:
    return student / "assignments/toy/toy.ipynb"


@pytest.fixture
def shared(archive: Path, tmp_path: Path) -> Path:
    """An exchange, as it is when the topic was released into it."""
    root = tmp_path / "exchange"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(root / "deep/outbound")
    course = COURSE.format(due=DUE, exchange=root)
    (root / "deep/outbound/toy/course.yaml").write_text(course)
    (root / "deep/inbound").mkdir()
    (root / "deep/inbound").chmod(0o2733)
    return root


@pytest.fixture
def member(shared: Path, tmp_path: Path) -> Path:
    """The folder of a student of a course that has an exchange."""
    root = tmp_path / "member"
    root.mkdir()
    run = sorcery(root, "fetch", "toy", "--from", str(shared / "deep/outbound"))
    assert run.returncode == 0, run.stderr
    return root
