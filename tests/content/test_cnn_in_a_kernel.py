"""The CNN topic, as its students meet it: a Jupyter kernel, stock otter, no sorcery."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from sklearn.datasets import load_digits

from graders.assignment import read_assignment
from graders.build import build_topic
from graders.course import load_course
from graders.engine.worker import Zygote
from graders.records import Tier
from graders.sandbox.policy import policy

ROOT = Path(__file__).parents[2]
TOPIC = ROOT / "assignments/cnn"


def test_the_solution_passes_every_public_check_in_a_kernel(tmp_path: Path) -> None:
    course = load_course(ROOT)
    for name in ("tests", "data"):
        shutil.copytree(TOPIC / name, tmp_path / name)
    (tmp_path / "cnn.ipynb").write_bytes(build_topic(course, course.topic("cnn")).solution)
    command = ["nbconvert", "--to", "notebook", "--execute", "--inplace", "cnn.ipynb"]
    subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, check=True, capture_output=True)
    done = nbformat.read(tmp_path / "cnn.ipynb", as_version=4)
    checks = [cell for cell in done.cells if cell.source.startswith("grader.check")]
    said = ["".join(o.get("data", {}).get("text/plain", "") for o in cell.outputs) for cell in checks]
    assert len(said) == 7
    assert all("All test cases passed" in text for text in said), said


def test_the_released_digits_are_what_the_script_makes_and_none_is_held_out() -> None:
    shipped = dict(np.load(TOPIC / "data/digits.npz"))
    assert shipped["images"].shape == (1437, 8, 8)
    order = np.random.default_rng(1998).permutation(1797)
    digits = load_digits()
    np.testing.assert_array_equal(shipped["labels"], digits.target[order[360:]])
    np.testing.assert_allclose(shipped["images"], digits.images[order[360:]] / 16)


@pytest.mark.parametrize("name", ["student", "solution"])
def test_the_notebook_imports_no_package_the_warm_process_has_not(name: str) -> None:
    """What is first imported in a worker is paid for by every submission."""
    course = load_course(ROOT)
    topic = course.topic("cnn")
    cells = nbformat.reads(getattr(build_topic(course, topic), name).decode(), as_version=4).cells
    confined = policy(Tier.NONE, topic.limits, data=topic.folder / "data")
    with Zygote([*read_assignment(topic).imports, *topic.warm], confined) as zygote:
        worker = zygote.fork()
        worker.begin(topic.limits)
        worker.run(0, "import sys; before = {name.split('.')[0] for name in sys.modules}")
        for number, cell in enumerate(cells):
            if cell.cell_type == "code":
                worker.run(number, cell.source)
        _, outputs = worker.run(99, "print({name.split('.')[0] for name in sys.modules} - before or 'none')")
        worker.close()
    assert json.loads(outputs)[0]["text"] == "none\n"
