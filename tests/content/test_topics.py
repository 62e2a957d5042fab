"""Every topic of the course is proven, and works where its students meet it: a Jupyter kernel, stock otter, no sorcery."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from graders.assignment import read_assignment
from graders.build import build_topic
from graders.course import Topic, load_course
from graders.engine.worker import Zygote
from graders.records import Tier
from graders.sandbox.policy import policy
from graders.work import warm_modules
from tests.graders.test_grade import sorcery

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
every_topic = pytest.mark.parametrize("topic", COURSE.topics, ids=[topic.id for topic in COURSE.topics])


def test_the_course_asks_for_enough_to_prove_a_topic_by() -> None:
    asked = COURSE.proving
    assert (asked.alternatives >= 5, asked.mistakes >= 20, asked.repeats >= 20) == (True, True, True)


@pytest.mark.timeout(900)
@every_topic
def test_it_is_proven(topic: Topic) -> None:
    """By a part of its variants, since all take minutes: `sorcery prove` is the whole."""
    run = sorcery(ROOT, "prove", topic.id, "--sample", "6", "--repeats", "1", "--json")
    assert run.stdout, run.stderr
    (proof,) = json.loads(run.stdout)
    assert (proof["problems"], run.returncode) == ([], 0)
    assert (proof["possible"], proof["solution"], proof["blank"]) == (20, 20, 0)
    assert proof["mistakes"] == {"right": 6, "of": 6}


@every_topic
def test_it_asks_for_points_by_tests_and_for_words(topic: Topic) -> None:
    assignment = read_assignment(topic)
    assert sum(question.points for question in assignment.questions) == 20
    assert len(assignment.manual) == 1


@every_topic
def test_its_formulas_have_sources_and_its_student_sees_a_figure(topic: Topic) -> None:
    notebook = nbformat.read(topic.notebook, as_version=4)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert re.search(r"\b(19|20)\d\d\b", prose), "a source has a year"
    assert "plt." in code or ".plot" in code


@every_topic
def test_the_solution_passes_every_public_check_in_a_kernel(topic: Topic, tmp_path: Path) -> None:
    for folder in (topic.public_tests, topic.data):
        if folder.is_dir():
            shutil.copytree(folder, tmp_path / folder.name)
    notebook = tmp_path / topic.notebook.name
    notebook.write_bytes(build_topic(COURSE, topic).solution)
    command = ["nbconvert", "--to", "notebook", "--execute", "--inplace", notebook.name]
    run = subprocess.run(
        [sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    done = nbformat.read(notebook, as_version=4)
    checks = [cell for cell in done.cells if cell.source.startswith("grader.check")]
    said = ["".join(o.get("data", {}).get("text/plain", "") for o in cell.outputs) for cell in checks]
    assert len(said) == len(read_assignment(topic).questions)
    assert all("All test cases passed" in text for text in said), said


@every_topic
def test_the_notebook_imports_no_package_the_warm_process_has_not(topic: Topic) -> None:
    """What is first imported in a worker is paid for by every submission."""
    cells = nbformat.reads(build_topic(COURSE, topic).solution.decode(), as_version=4).cells
    confined = policy(Tier.NONE, topic.limits, data=topic.data)
    with Zygote(warm_modules(topic), confined) as zygote:
        worker = zygote.fork()
        worker.begin(topic.limits)
        worker.run(0, "import sys; before = {name.split('.')[0] for name in sys.modules}")
        for number, cell in enumerate(cells):
            if cell.cell_type == "code":
                worker.run(number, cell.source)
        _, outputs = worker.run(99, "print({name.split('.')[0] for name in sys.modules} - before or 'none')")
        worker.close()
    said: list[dict[str, Any]] = json.loads(outputs)
    assert said[0]["text"] == "none\n"
