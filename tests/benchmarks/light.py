"""A course of one light assignment, and submissions to it: what grading itself costs shows best on them."""

from __future__ import annotations

import json
from pathlib import Path

TEST = """from otter.test_files import test_case
OK_FORMAT = False
name = "q1"
points = None

@test_case(points=1)
def test_double(double):
    assert double(21) == 42
"""
LIGHT = "import numpy as np\nimport torch\n\ndef double(x):\n    return 2 * x"


def course_of(folder: Path) -> Path:
    """The course, made below `folder`, with an empty folder `in`."""
    from graders.build import build_topic
    from graders.course import load_course

    for name in ("assignments/toy/tests", "solutions", "in"):
        (folder / name).mkdir(parents=True)
    (folder / "assignments/course.yaml").write_text(
        "schema: 1\ncourse: {id: c, title: C}\ntopics: [{id: toy, title: T, points: {auto: 1}}]\n"
    )
    (folder / "assignments/toy/tests/q1.py").write_text(TEST)
    regions = LIGHT.replace(
        "    return 2 * x", "    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    )
    (folder / "solutions/toy.py").write_text(
        f'# %%\nimport otter\ngrader = otter.Notebook("toy.ipynb")\n\n# %%\n{regions}\n\n# %%\ngrader.check("q1")\n'
    )
    loaded = load_course(folder)
    built = build_topic(loaded, loaded.topic("toy"))
    (folder / "assignments/toy/toy.ipynb").write_bytes(built.student)
    (folder / "solution.ipynb").write_bytes(built.solution)
    return folder


def notebook(course: Path, number: int) -> bytes:
    """A submission that is right, and like no other."""
    solution = json.loads((course / "solution.ipynb").read_bytes())
    cell = next(cell for cell in solution["cells"] if "def double" in "".join(cell["source"]))
    cell["source"] = "".join(cell["source"]) + f"\n# submission {number}"
    return json.dumps(solution).encode()
