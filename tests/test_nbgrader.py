"""Stock `nbgrader autograde` takes our student notebook: no other tool than ours is needed to grade it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from nbgrader.api import Gradebook

ROOT = Path(__file__).parents[1]


def test_stock_nbgrader_autogrades_our_student_notebook(tmp_path: Path) -> None:
    released = ROOT / "assignments/cnn"
    shutil.copytree(released, tmp_path / "source/cnn")
    for student in ("blank", "perfect"):
        folder = tmp_path / "submitted" / student / "cnn"
        shutil.copytree(released, folder)
        shutil.copy(ROOT / f"tests/submissions/cnn/{student}.ipynb", folder / "cnn.ipynb")
    # A check cell that its student rewrote: nbgrader puts the released one back, by its id and checksum.
    mine = tmp_path / "submitted/blank/cnn/cnn.ipynb"
    notebook = json.loads(mine.read_text())
    (check,) = [cell for cell in notebook["cells"] if cell["id"] == "q1"]
    check["source"] = "print('all is well')"
    mine.write_text(json.dumps(notebook))

    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for step in (["generate_assignment", "cnn"], ["autograde", "cnn", "--create"]):
        run = subprocess.run(
            [sys.executable, "-m", "nbgrader", *step, f"--CourseDirectory.root={tmp_path}",
             "--ExecutePreprocessor.timeout=120"],
            cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PATH": tools}, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr[-3000:]

    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as book:
        found = {one.student.id: one for one in book.find_assignment("cnn").submissions}
        assert {name: one.max_score for name, one in found.items()} == {"blank": 24, "perfect": 24}
        assert {len(one.notebooks[0].grades) for one in found.values()} == {8}
    ran = json.loads((tmp_path / "autograded/blank/cnn/cnn.ipynb").read_text())
    assert ["".join(c["source"]) for c in ran["cells"] if c["id"] == "q1"] == ['grader.check("q1")']
