"""The README's commands for courses made elsewhere, one after another on a small one of each kind."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import assignment as otter_master
import pytest
from made import START, autograder, check, code, exceptions
from made import notebook as otter_notebook
from nbgrader_made import answered, checked, hand_in, hidden, make_source, solution, solved, write

README = (Path(__file__).parents[1] / "README.md").read_text()
SECTION = README.split("## Bring your own course\n")[1].split("\n## ")[0]
COMMANDS = [
    line.split(" #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    for line in block.splitlines()
]
CELLS = [
    solution("double", solved("def double(x):", "return 2 * x")),
    checked("double-test", 2, "assert double(1) == 2\n" + hidden("assert double(21) == 42")),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    test = "@test_case()\ndef doubles(double):\n    assert double(21) == 42\n"
    autograder(tmp_path / "hw1-autograder.zip", {"q1": exceptions("q1", test, points=2)})
    answer = code("def double(x):\n    return x + x")
    otter_notebook(tmp_path / "submissions/ada/hw1.ipynb", START, answer, check("q1"))
    otter_master.write(tmp_path, ok_format=False)
    make_source(tmp_path / "course", {"p1": CELLS}, {})
    hand_in(tmp_path / "course", "ada", {"p1": answered({"double": "def double(x):\n    return x + x"})})
    write(tmp_path / "assignments/course.yaml", "schema: 1\ncourse: {id: c, title: C}\n"
          "topics:\n  - {id: other, title: Other, points: {auto: 1, manual: 0}}\n")  # fmt: skip
    return tmp_path


def test_every_command_works_where_the_readme_says(folder: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "NO_COLOR": "1"}
    said = {}
    for command in COMMANDS:
        run = subprocess.run(
            command, shell=True, cwd=folder, capture_output=True, text=True, env=environment, check=False
        )
        assert run.returncode == 0, command + run.stdout + run.stderr
        said[" ".join(command.split()[1:3])] = run.stdout
    assert list(said) == [
        "grade --otter",
        "import otter",
        "export lab",
        "grade --nbgrader",
        "convert course/source/ps1/p1.ipynb",
        "import nbgrader",
    ]
    assert "2/2" in said["grade --otter"]
    assert "2/2" in said["grade --nbgrader"]
    assert "Assertions ran in the student's process" in said["grade --nbgrader"]
    (result,) = (folder / "hw1-graded").rglob("results/*/ada.json")
    assert json.loads(result.read_bytes())["questions"][0]["points"] == 2
