"""`sorcery list` and `sorcery lab`."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jupyterlab

from tests.graders.student.conftest import COURSE, DUE, sorcery, write


def test_a_course_at_a_glance(member: Path, shared: Path) -> None:
    soon = (datetime.now(UTC) + timedelta(days=3, hours=2)).isoformat(timespec="minutes")
    write(member, {"assignments/course.yaml": COURSE.format(due=soon, exchange=shared)})
    sorcery(member, "submit", "assignments/toy/toy.ipynb")
    (receipt,) = (member / "submitted/toy").glob("*/receipt.json")
    last = json.loads(receipt.read_text())["submitted"]
    run = sorcery(member / "assignments/toy/tests", "list")
    assert (run.returncode, run.stderr) == (0, "")
    head, toy, far = (line.split("  ") for line in run.stdout.splitlines())
    assert [cell.strip() for cell in head if cell] == ["topic", "title", "due", "here", "handed in"]
    assert [cell.strip() for cell in toy if cell][:2] == ["toy", "Toy"]
    assert "(in 3 days)" in run.stdout
    assert "1 version, last " in run.stdout
    assert [cell.strip() for cell in far if cell] == ["far", "Far away", "not released yet"]

    assert json.loads(sorcery(member, "list", "--json").stdout) == [
        {
            "topic": "toy", "title": "Toy", "points": 12.0, "released": True, "fetched": True,
            "due": datetime.fromisoformat(soon).isoformat(), "versions": 1, "last": last,
        },
        {
            "topic": "far", "title": "Far away", "points": 1.0, "released": False, "fetched": False,
            "due": "", "versions": 0, "last": "",
        },
    ]  # fmt: skip


def test_times_are_those_of_the_course(student: Path) -> None:
    path = student / "assignments/course.yaml"
    path.write_text(path.read_text().replace(DUE, "2020-07-01T12:00:00+00:00"))
    run = sorcery(student, "list")
    assert "2020-07-01 14:00 CEST (" in run.stdout
    assert "days ago)" in run.stdout
    assert json.loads(sorcery(student, "list", "--json").stdout)[0]["released"] is None


def test_the_list_is_there_when_the_exchange_is_not(member: Path, shared: Path) -> None:
    shutil.rmtree(shared)
    run = sorcery(member, "list")
    assert run.returncode == 0
    assert run.stderr == f"the exchange cannot be used: {shared}/deep/outbound: No such file or directory\n"
    assert run.stdout.splitlines()[1].startswith("toy")


def test_a_title_has_no_power_over_the_terminal(student: Path) -> None:
    path = student / "assignments/course.yaml"
    path.write_text(path.read_text().replace("Toy", '"Toy\\e[31m"'))
    assert "\x1b" not in sorcery(student, "list").stdout


def test_the_lab_is_jupyterlab_with_what_is_said_to_it(student: Path) -> None:
    run = sorcery(student / "assignments/toy", "lab", "--", "--version")
    assert (run.returncode, run.stdout.strip()) == (0, jupyterlab.__version__)
    assert sorcery(student, "lab", "toy", "--", "--version").stdout.strip() == jupyterlab.__version__


def test_a_lab_that_cannot_be_started_is_one_line(student: Path, tmp_path: Path) -> None:
    far, unknown, nowhere = (
        sorcery(folder, "lab", *topic)
        for folder, topic in ((student, ["far"]), (student, ["toi"]), (tmp_path, []))
    )
    assert (far.returncode, far.stderr) == (2, "far is not here yet; run: sorcery fetch far\n")
    assert (unknown.returncode, unknown.stderr.startswith("no topic 'toi'; did you mean 'toy'?")) == (2, True)
    assert (nowhere.returncode, len(nowhere.stderr.splitlines())) == (2, 1)


HIDE = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "jupyterlab" else found(name, *more)
"""


def test_a_lab_that_is_not_installed_is_one_line(student: Path, tmp_path: Path) -> None:
    import os

    write(tmp_path / "hide", {"sitecustomize.py": HIDE})
    path = os.pathsep.join([str(tmp_path / "hide"), os.environ.get("PYTHONPATH", "")])
    run = sorcery(student, "lab", PYTHONPATH=path)
    assert (run.returncode, run.stderr) == (2, "JupyterLab is not installed; run: pip install jupyterlab\n")
