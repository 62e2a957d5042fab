"""From a master to a graded notebook: build, check for staleness, grade what was built."""

import json
from pathlib import Path

import pytest

from tests.graders.test_grade import HIDDEN, PUBLIC, sorcery

MASTER = '''# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Doubling

# %%
import otter
grader = otter.Notebook("toy.ipynb")

# %%
def double(x):
    """Twice `x`, a number."""
    ### BEGIN SOLUTION
    twice_the_argument = 2 * x
    return twice_the_argument
    ### END SOLUTION

# %%
grader.check("q1")

# %% [markdown]
# Why is the double of an integer even?

# %% [markdown] manual="q2" points=2
# Because two divides it by construction.
'''


@pytest.fixture
def course(tmp_path: Path) -> Path:
    files = {
        "assignments/course.yaml": "schema: 1\ncourse: {id: c, title: C}\ntopics:\n"
        "  - {id: toy, title: Toy, points: {auto: 4, manual: 2}, limits: {cell: 5s, notebook: 20s}}\n",
        "assignments/toy/tests/q1.py": PUBLIC,
        "graders/hidden_tests/toy/q1.py": HIDDEN,
        "solutions/toy.py": MASTER,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_built_notebook_earns_nothing_and_the_solution_everything(course: Path) -> None:
    from graders.build import build_topic
    from graders.course import load_course

    built = sorcery(course, "build", "toy")
    assert built.returncode == 0, built.stderr
    loaded = load_course(course)
    (course / "in").mkdir()
    (course / "in/blank.ipynb").write_bytes((course / "assignments/toy/toy.ipynb").read_bytes())
    (course / "in/perfect.ipynb").write_bytes(build_topic(loaded, loaded.topic("toy")).solution)
    run = sorcery(course, "grade", "toy", "in", "--json")
    assert run.returncode == 0, run.stderr
    blank, perfect = json.loads(run.stdout)
    assert (blank["points"], blank["manual"][0]["answered"]) == (0, False)
    assert (perfect["points"], perfect["manual"][0]["answered"]) == (4, True)


def test_nothing_of_the_solution_is_released_and_the_bytes_are_stable(course: Path) -> None:
    import nbformat
    from nbgrader.nbgraderformat.v3 import MetadataValidatorV3

    assert sorcery(course, "build").returncode == 0
    path = course / "assignments/toy/toy.ipynb"
    first = path.read_bytes()
    assert b"twice_the_argument" not in first
    assert b"by construction" not in first
    notebook = nbformat.reads(first.decode(), as_version=4)
    nbformat.validate(notebook)
    MetadataValidatorV3().validate_nb(notebook)
    assert {cell.id for cell in notebook.cells} >= {"q1", "q1-1", "q2"}
    path.unlink()
    sorcery(course, "build", "toy")
    assert path.read_bytes() == first


def test_a_stale_notebook_fails_the_check(course: Path) -> None:
    assert sorcery(course, "build", "--check").returncode == 1
    sorcery(course, "build")
    assert sorcery(course, "build", "--check").returncode == 0
    (course / "solutions/toy.py").write_text(MASTER.replace("# Doubling", "# Doubles"))
    run = sorcery(course, "build", "--check")
    assert run.returncode == 1
    assert "sorcery build toy" in run.stderr


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("    ### END SOLUTION\n", "", "toy.py:"),
        ('grader.check("q1")', 'grader.check("q7")', "toy.py:"),
        (" points=2", "", "toy.py:"),
        (" points=2", " points=3", "course.yaml:"),
        ('otter.Notebook("toy.ipynb")', 'otter.Notebook("other.ipynb")', "toy.py:"),
    ],
)
def test_a_faulty_master_is_refused_with_its_place(course: Path, before: str, after: str, says: str) -> None:
    assert before in MASTER
    (course / "solutions/toy.py").write_text(MASTER.replace(before, after))
    run = sorcery(course, "build", "toy")
    assert run.returncode == 2
    assert says in run.stderr
    assert "Traceback" not in run.stderr
    assert not (course / "assignments/toy/toy.ipynb").exists()
