"""A written answer graded by a person: stock formgrader, in a real browser, on what `sorcery grade` left."""

import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    pytest.mark.filterwarnings("default"),  # the browser's driver is other people's
]
TOKEN = "of-this-test"
HEAD = "from otter.test_files import test_case\nOK_FORMAT = False\npoints = None\nname = 'q1'\n@test_case(points=4)\n"


def sorcery(course: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "graders.cli", *arguments], cwd=course, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def released() -> dict[str, Any]:
    def cell(kind: str, identity: str, source: str, **graded: object) -> dict[str, Any]:
        about = {
            "nbgrader": {"schema_version": 3, "locked": False, "grade_id": identity, "task": False, **graded}
        }
        made: dict[str, Any] = {
            "cell_type": kind,
            "id": identity,
            "source": source,
            "metadata": about if graded else {},
        }
        return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})

    cells = [
        cell("code", "start", 'import otter\ngrader = otter.Notebook("toy.ipynb")'),
        cell("code", "q1-1", "def double(x):\n    raise NotImplementedError()", grade=False, solution=True),
        cell("code", "q1", 'grader.check("q1")', grade=True, solution=False, points=4),
        cell("markdown", "q2", "YOUR ANSWER HERE", grade=True, solution=True, points=2),
    ]
    about = {
        "sorcery": {"schema": 1, "topic": "toy"},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
    }
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": cells}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    right = released()
    right["cells"][1]["source"] = "def double(x):\n    return 2 * x"
    right["cells"][3]["source"] = "Twice is once and once again. <script>document.title = 'forged'</script>"
    files = {
        "assignments/course.yaml": "schema: 1\ncourse: {id: c, title: C}\n"
        "topics: [{id: toy, title: Toy, points: {auto: 4, manual: 2}}]\n",
        "assignments/toy/toy.ipynb": json.dumps(released()),
        "assignments/toy/tests/q1.py": HEAD + "def test_one(double):\n    assert double(1) == 2\n",
        "in/ada.ipynb": json.dumps(right),
        "in/bob.ipynb": json.dumps(released()),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def server(course: Path) -> Iterator[str]:
    """The address of formgrader as `sorcery formgrader` starts it."""
    sorcery(course, "grade", "toy", "in")
    command = [sys.executable, "-m", "graders.cli", "formgrader", "--no-browser", "--port=0", "--allow-root"]
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(course / "jupyter"),
        "JUPYTER_DATA_DIR": str(course / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(course / "jupyter"),
    }
    with subprocess.Popen(
        [*command, f"--IdentityProvider.token={TOKEN}"],
        cwd=course, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment,
    ) as process:  # fmt: skip
        assert process.stderr
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                break
        else:
            pytest.fail("".join(said))
        while not listening(int(found[1])):  # it tells its address before it listens there
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{found[1]}/formgrader"
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        for member in family:
            member.terminate()
        psutil.wait_procs(family, timeout=30)
        process.stderr.read()


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def asked(server: str, path: str) -> Any:
    with urllib.request.urlopen(f"{server}/{path}?token={TOKEN}", timeout=60) as answer:
        return json.loads(answer.read())


def test_points_and_a_comment_given_in_formgrader_come_back_and_survive_a_regrade(
    course: Path, server: str
) -> None:
    from playwright.sync_api import sync_playwright

    listed = {row["student"]: row for row in asked(server, "api/submissions/toy")}
    assert {
        name: (row["autograded"], row["score"], row["needs_manual_grade"]) for name, row in listed.items()
    } == {
        "ada": (True, 4.0, True),
        "bob": (True, 0.0, False),
    }
    (ada,) = [row for row in asked(server, "api/submitted_notebooks/toy/toy") if row["student"] == "ada"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
                  "--disable-background-networking", "--disable-component-update"],
        )  # fmt: skip
        page = browser.new_page()
        page.goto(f"{server.removesuffix('formgrader')}lab?token={TOKEN}")  # which leaves its cookie
        page.goto(f"{server}/submissions/{ada['id']}/")
        page.wait_for_selector("text=Twice is once and once again.")
        assert page.title() != "forged"
        for selector, text in (("input.score#q2", "1.5"), ("textarea#q2-comment", "Nicely put.")):
            field = page.locator(selector)
            with page.expect_response(lambda answer: answer.request.method == "PUT"):
                field.fill(text)
                field.press("Tab")
        browser.close()

    def stands() -> tuple[str, str]:
        sorcery(course, "export", "toy", "-o", "grades.csv")
        rows = {
            row["student_id"]: row for row in csv.DictReader((course / "grades.csv").read_text().splitlines())
        }
        return rows["ada"]["score"], sorcery(course, "feedback", "toy", "ada")

    score, told = stands()
    assert score == "5.5"
    assert "## q2: 1.5 of 2\n\nComment: Nicely put.\n" in told
    sorcery(course, "regrade", "toy", "--force")
    assert stands() == (score, told)
    (course / ".sorcery/gradebook.db").unlink()
    sorcery(course, "regrade", "toy")
    assert stands() == (score, told)
