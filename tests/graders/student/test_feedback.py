"""Feedback from staff to student through the exchange: to whom handed in, to nobody else, again after a regrade."""

import getpass
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.graders.student.conftest import COURSE, DUE, SOLUTIONS, answer, sorcery, write

LOGIN = getpass.getuser()


@pytest.fixture
def office(staff: Path, shared: Path) -> Path:
    """The staff's copy of the course, with the exchange."""
    write(staff, {"assignments/course.yaml": COURSE.format(due=DUE, exchange=shared)})
    return staff


@pytest.fixture
def graded(office: Path, member: Path, shared: Path) -> Path:
    """The office once the member's second version was collected and graded."""
    for answers in ({}, {"q1-1": SOLUTIONS["q1-1"]}):
        answer(member / "assignments/toy/toy.ipynb", answers)
        run = sorcery(member, "submit", "assignments/toy/toy.ipynb", LOGNAME=LOGIN)
        assert run.returncode == 0, run.stderr
    run = sorcery(office, "collect", "toy", str(shared / "deep/inbound"))
    assert run.returncode == 0, run.stdout
    run = sorcery(office, "grade", "toy")
    assert run.returncode == 0, run.stderr
    return office


def feedback(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return sorcery(folder, "feedback", "toy", *arguments)


def test_a_student_gets_what_staff_released_beside_what_was_handed_in(
    graded: Path, member: Path, shared: Path
) -> None:
    early = feedback(member)
    assert (early.returncode, early.stdout, early.stderr) == (2, "", "there is no feedback on toy yet\n")
    assert feedback(graded, "--release").stdout.splitlines()[-1] == "handed back to 1 students"
    page = (graded / f".sorcery/feedback/{LOGIN}/toy/toy.html").read_bytes()
    run = feedback(member)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(feedback(graded, LOGIN).stdout.rstrip("\n"))
    last = sorted((member / "submitted/toy").iterdir())[-1]
    assert (last / "feedback.html").read_bytes() == page
    assert run.stdout.endswith(f"with your notebook: {last.relative_to(member)}/feedback.html\n")
    assert "4 of 4" in (last / "feedback.md").read_text()
    assert "test_secret" not in run.stdout
    # What only names say who knows them: the folder cannot be listed, and no name of a student is in it.
    assert stat.S_IMODE((shared / "deep/feedback").stat().st_mode) == 0o711
    secret = json.loads((last / "receipt.json").read_text())["secret"]
    names = [path.name for path in (shared / "deep/feedback").iterdir()]
    assert len(names) == 2
    assert not [name for name in names if LOGIN in name or secret[:8] in name]


def test_after_a_regrade_the_new_feedback_comes(graded: Path, member: Path) -> None:
    feedback(graded, "--release")
    before = feedback(member).stdout
    tests = graded / "graders/hidden_tests/toy/q1.py"
    tests.write_text(tests.read_text().replace("== 4242", "== 4243"))
    assert sorcery(graded, "regrade", "toy").returncode == 0
    assert feedback(member).stdout == before
    feedback(graded, "--release")
    assert "1 of 4" in feedback(member).stdout


def test_another_student_finds_nothing(graded: Path, member: Path, tmp_path: Path) -> None:
    feedback(graded, "--release")
    other = tmp_path / "other"
    shutil.copytree(member, other, ignore=shutil.ignore_patterns("submitted"))
    run = feedback(other)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "nothing of toy was handed in from here; see: sorcery submit --help\n"
    assert sorcery(other, "submit", "assignments/toy/toy.ipynb").returncode == 0  # the very same bytes
    assert feedback(other).stderr == "there is no feedback on toy yet\n"


def test_what_came_another_way_is_named(graded: Path, tmp_path: Path) -> None:
    (tmp_path / "bob.ipynb").write_bytes((graded / "assignments/toy/toy.ipynb").read_bytes())
    assert sorcery(graded, "grade", "toy", str(tmp_path / "bob.ipynb")).returncode == 0
    run = feedback(graded, "--release")
    assert run.returncode == 0
    assert run.stderr == "bob: not handed in by the exchange; send the page\n"
    assert feedback(graded, LOGIN, "--release").stdout.splitlines()[-1] == "handed back to 1 students"
    assert feedback(graded, "nobody", "--release").stderr == "nothing of nobody for toy\n"


def test_without_an_exchange_it_is_one_line(student: Path, staff: Path) -> None:
    assert sorcery(student, "submit", "assignments/toy/toy.ipynb").returncode == 0
    run = feedback(student)
    assert (run.returncode, run.stderr) == (
        2,
        "this course has no exchange; feedback comes to where you uploaded your notebook\n",
    )
    assert (
        feedback(staff, "--release").stderr == "course.yaml names no exchange; send the pages another way\n"
    )


def test_a_word_that_is_no_secret_names_no_file(office: Path, shared: Path, member: Path) -> None:
    assert sorcery(member, "submit", "assignments/toy/toy.ipynb", LOGNAME=LOGIN).returncode == 0
    (folder,) = (shared / "deep/inbound").iterdir()
    (folder / "submission_secret.txt").write_text("../../../etc")
    assert sorcery(office, "collect", "toy", str(shared / "deep/inbound")).returncode == 0
    assert not list((office / ".sorcery/collected").rglob("submission_secret.txt"))


FETCH = """
import sys
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeFetchFeedback, ExchangeSubmit
step, root, exchange, cache = sys.argv[1:]
folder = CourseDirectory(root=root, course_id="deep", assignment_id="toy")
step = {"submit": ExchangeSubmit, "feedback": ExchangeFetchFeedback}[step]
step = step(coursedir=folder, authenticator=Authenticator())
step.root, step.cache, step.assignment_dir = exchange, cache, root
step.start()
"""


@pytest.fixture
def nbgrader(member: Path, shared: Path, tmp_path: Path) -> Callable[[str], None]:
    """nbgrader's own tools, as the member would use them."""

    def run(step: str) -> None:
        command = [sys.executable, "-c", FETCH, step, member / "assignments", shared, tmp_path / "cache"]
        tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PATH": tools})

    return run


def test_nbgraders_own_submit_and_fetch_feedback_work_beside_ours(
    office: Path, member: Path, shared: Path, nbgrader: Callable[[str], None]
) -> None:
    shared.chmod(0o777)
    answer(member / "assignments/toy/toy.ipynb", SOLUTIONS)
    nbgrader("submit")
    assert sorcery(office, "collect", "toy", str(shared / "deep/inbound")).returncode == 0
    assert sorcery(office, "grade", "toy").returncode == 0
    assert feedback(office, "--release").returncode == 0
    nbgrader("feedback")
    (page,) = (member / "assignments/toy/feedback").rglob("toy.html")
    assert page.read_bytes() == (office / f".sorcery/feedback/{LOGIN}/toy/toy.html").read_bytes()
