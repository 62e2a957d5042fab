"""`sorcery submit`: what the grader would take is handed in and kept, with a receipt; nothing by halves."""

import getpass
import hashlib
import json
import os
import re
import resource
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graders.errors import UsageError
from graders.exchange import Exchange
from graders.lms import timestamp
from graders.student.submit import who
from tests.graders.student.conftest import COURSE, SOLUTIONS, answer, sorcery, write

VERSION = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}")


def due(student: Path, late: timedelta, more: str = "") -> None:
    """Moves the due time to `late` before now."""
    path = student / "assignments/course.yaml"
    moment = (datetime.now(UTC) - late).isoformat(timespec="seconds")
    path.write_text(path.read_text().replace("due: 2030-01-31T23:59", f"due: {moment}{more}"))


def kept(student: Path) -> list[Path]:
    return sorted(path for path in (student / "submitted/toy").iterdir())


def receipts(student: Path) -> list[dict[str, object]]:
    return [json.loads((folder / "receipt.json").read_text()) for folder in kept(student)]


def test_a_version_is_kept_with_its_receipt_for_the_student_to_upload(student: Path, notebook: Path) -> None:
    answer(notebook, SOLUTIONS)
    before = datetime.now(UTC)
    run = sorcery(student, "submit", "assignments/toy/toy.ipynb")
    assert (run.returncode, run.stderr) == (0, "")
    (folder,) = kept(student)
    data = notebook.read_bytes()
    assert VERSION.fullmatch(folder.name)
    assert sorted(path.name for path in folder.iterdir()) == ["receipt.json", "toy.ipynb"]
    assert (folder / "toy.ipynb").read_bytes() == data
    (receipt,) = receipts(student)
    submitted = datetime.fromisoformat(str(receipt.pop("submitted")))
    assert before <= submitted <= datetime.now(UTC)
    assert receipt == {
        "version": 1, "course": "deep", "topic": "toy", "student": "ada", "number": 1,
        "sha256": hashlib.sha256(data).hexdigest(), "due": "2030-01-31T22:59:00+00:00",
        "late_seconds": 0.0, "unanswered": [], "exchange": "", "secret": "", "sorcery": "0.1.0",
    }  # fmt: skip
    place = f"submitted/toy/{folder.name}"
    lines = run.stdout.splitlines()
    assert lines[0] == f"now upload {place}/toy.ipynb: toy of deep, by ada, version 1"
    assert [line.split()[0] for line in lines[1:]] == ["time", "due", "sha256", "receipt"]
    assert re.fullmatch(r"  due       2030-01-31 23:59 CET \(in \d+ days\)", lines[2])
    assert lines[4] == f"  receipt   {place}/receipt.json"


def test_every_version_is_kept_and_the_same_again_only_if_asked_for(student: Path, notebook: Path) -> None:
    first = notebook.read_bytes()
    assert sorcery(student, "submit", str(notebook)).returncode == 0
    again = sorcery(student, "submit", str(notebook))
    assert again.returncode == 0
    assert again.stdout.startswith(
        "not handed in again, for nothing has changed (--again does it): toy of deep"
    )
    assert len(kept(student)) == 1
    assert sorcery(student, "submit", str(notebook), "--as", "bob").returncode == 0
    assert sorcery(student, "submit", str(notebook)).returncode == 0
    assert "version 4" in sorcery(student, "submit", str(notebook), "--again").stdout
    answer(notebook, SOLUTIONS)
    last = sorcery(student, "submit", str(notebook))
    assert "  counts    your latest version\n" in last.stdout
    notebook.write_bytes(first)
    assert (
        "version 6" in sorcery(student, "submit", str(notebook)).stdout
    )  # back to an earlier one: it counts
    assert [(one["number"], one["student"]) for one in receipts(student)] == [
        (1, "ada"), (2, "bob"), (3, "ada"), (4, "ada"), (5, "ada"), (6, "ada"),
    ]  # fmt: skip
    assert (kept(student)[0] / "toy.ipynb").read_bytes() == first


def test_what_is_unanswered_is_told_and_no_hindrance(student: Path, notebook: Path) -> None:
    run = sorcery(student, "submit", str(notebook))
    assert (run.returncode, run.stderr) == (0, "warning: unanswered: q1, q2, q3, q4\n")
    answer(notebook, SOLUTIONS | {"q2-2": "", "q4": "YOUR ANSWER HERE"})
    run = sorcery(student, "submit", str(notebook))
    assert (run.returncode, run.stderr) == (0, "warning: unanswered: q2 (1 of 2 cells), q4\n")
    assert [one["unanswered"] for one in receipts(student)] == [["q1", "q2", "q3", "q4"], ["q2", "q4"]]


def test_a_missing_check_cell_is_told_and_no_hindrance(student: Path, notebook: Path) -> None:
    answer(notebook, SOLUTIONS | {"q1": "", "q3": "# grader.check('q3')"})
    run = sorcery(student, "submit", str(notebook))
    assert run.returncode == 0
    assert run.stderr == "warning: no check cell: q1, q3; tested after the last cell that belongs to it\n"


@pytest.mark.parametrize("copy", ["released", "worked in"])
def test_what_is_unanswered_is_known_without_a_copy_of_what_was_released(
    student: Path, notebook: Path, copy: str
) -> None:
    if copy == "worked in":
        shutil.rmtree(student / ".sorcery")
    answer(notebook, {"q1-1": SOLUTIONS["q1-1"], "q4": "Because."})
    assert sorcery(student, "submit", str(notebook)).stderr == "warning: unanswered: q2, q3\n"


def test_late_work_is_taken_and_its_cost_is_told(student: Path, notebook: Path) -> None:
    answer(notebook, SOLUTIONS)
    due(student, timedelta(days=1, hours=3))
    run = sorcery(student, "submit", str(notebook))
    assert run.returncode == 0
    # 12 points, 10 % of them a begun day.
    assert run.stderr == (
        "warning: past the due time, unless you were given longer. 2 days late: 2 × 10 % of 12 points = 2.4 points.\n"
    )
    assert "(1 day ago)" in run.stdout
    (receipt,) = receipts(student)
    assert 97_200 <= float(str(receipt["late_seconds"])) < 97_300


def test_within_grace_it_costs_nothing_and_says_so(student: Path, notebook: Path) -> None:
    answer(notebook, SOLUTIONS)
    due(student, timedelta(minutes=5), ", versions: latest_on_time, drop: [q1]")
    run = sorcery(student, "submit", str(notebook))
    assert "late, within 15 minutes of grace." in run.stderr
    assert "counts" not in run.stdout
    again = sorcery(student, "submit", str(notebook), "--again")
    assert "  counts    your latest version that is on time, or else the latest\n" in again.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b'{"cells": [', "may have been cut off"),
        (b"[]", "no notebook: it has no list of cells"),
        (b'{"nbformat": 4, "cells": []}', "this is not the notebook of toy: none of its questions is in it"),
        (b'{"worksheets": []}', "nbformat 3"),
    ],
)
def test_what_the_grader_would_reject_is_refused_with_its_reason(
    student: Path, notebook: Path, content: bytes, says: str
) -> None:
    notebook.write_bytes(content)
    run = sorcery(student, "submit", str(notebook))
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (2, "", 1)
    assert says in run.stderr
    assert not (student / "submitted").exists()


def test_a_file_that_is_too_large_is_not_even_read(student: Path, notebook: Path) -> None:
    with notebook.open("wb") as file:
        file.truncate(1 << 40)
    run = sorcery(student, "submit", str(notebook))
    assert (run.returncode, "at most 64 are accepted" in run.stderr) == (2, True)


def test_the_topic_is_that_of_the_name_or_of_the_folder_or_as_said(student: Path, notebook: Path) -> None:
    other = notebook.rename(notebook.with_name("toy-final (2).ipynb"))
    assert sorcery(student, "submit", str(other)).returncode == 0
    home = student.parent / "toy-mine.ipynb"
    home.write_bytes(other.read_bytes())
    run = sorcery(student, "submit", str(home))
    assert run.returncode == 2
    assert run.stderr == "of which topic is toy-mine.ipynb? Say --topic, one of toy, far\n"
    assert sorcery(student, "submit", str(home), "--topic", "toy", "--again").returncode == 0
    assert {path.name for folder in kept(student) for path in folder.iterdir()} == {
        "receipt.json",
        "toy.ipynb",
    }


@pytest.mark.parametrize(
    "name", ["a/../../b", "..", "-rf", "a b", "", "*", "é", "a" * 101, "a\nb", "a\\b", "\x1b[31m", "a:b"]
)
def test_a_name_that_is_no_id_is_refused(student: Path, notebook: Path, name: str) -> None:
    run = sorcery(student, "submit", str(notebook), "--as", name or " ")
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
    assert "cannot be a student's id" in run.stderr
    assert "\x1b" not in run.stderr
    assert not (student / "submitted").exists()


def test_a_student_is_who_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert (who(), who("bob")) == ("ada", "bob")
    monkeypatch.setenv("LOGNAME", "Ada Lovelace")
    with pytest.raises(UsageError, match="your login name 'Ada Lovelace' cannot be a student's id; use --as"):
        who()
    monkeypatch.setenv("LOGNAME", "jovyan")
    monkeypatch.setenv("JUPYTERHUB_USER", "eve")
    assert who() == "eve"


def test_an_exchange_gets_what_nbgrader_would_put_there(member: Path, shared: Path) -> None:
    notebook = member / "assignments/toy/toy.ipynb"
    answer(notebook, SOLUTIONS)
    login = getpass.getuser()
    run = sorcery(member, "submit", str(notebook), LOGNAME=login)
    assert (run.returncode, run.stderr) == (0, "")
    (folder,) = (shared / "deep/inbound").iterdir()
    (receipt,) = receipts(member)
    student, topic, moment, random = folder.name.split("+")
    assert (student, topic) == (login, "toy")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC", moment)
    assert re.fullmatch(r"[A-Za-z0-9_-]{12}", random)
    assert datetime.fromisoformat(moment.removesuffix(" UTC") + "+00:00").isoformat() == receipt["submitted"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "toy.ipynb": notebook.read_bytes(),
        "timestamp.txt": moment.encode(),
        "submission_secret.txt": str(receipt["secret"]).encode(),
    }
    assert re.fullmatch(r"[0-9a-f]{128}", str(receipt["secret"]))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    assert receipt["exchange"] == str(folder)
    assert run.stdout.startswith(f"handed in: toy of deep, by {login}, version 1\n")
    assert f"  exchange  {folder}\n" in run.stdout
    assert (kept(member)[0] / "toy.ipynb").read_bytes() == notebook.read_bytes()

    # To upload the same is another thing than to have put it there.
    run = sorcery(member, "submit", str(notebook), "--upload", LOGNAME=login)
    assert run.stdout.startswith("now upload submitted/toy/")
    assert len(list((shared / "deep/inbound").iterdir())) == 1


COLLECT = """
import sys, pathlib
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeCollect
root, exchange = sys.argv[1:]
folder = CourseDirectory(root=root, course_id="deep", assignment_id="toy", db_url=f"sqlite:///{root}/g.db")
collect = ExchangeCollect(coursedir=folder, authenticator=Authenticator())
collect.root = exchange
collect.start()
"""


def test_nbgraders_own_collect_takes_it(member: Path, shared: Path, tmp_path: Path) -> None:
    notebook = member / "assignments/toy/toy.ipynb"
    shared.chmod(0o777)
    for answers in ({}, SOLUTIONS):
        answer(notebook, answers)
        assert sorcery(member, "submit", str(notebook)).returncode == 0
    (shared / "deep/inbound/.bob+toy+2026-01-30 20:30:10.123456 UTC+abcdefghijkl").mkdir()  # half there
    staff = tmp_path / "nbgrader"
    staff.mkdir()
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # nbgrader runs alembic
    command = [sys.executable, "-c", COLLECT, staff, shared]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PATH": tools})
    taken = staff / "submitted/ada/toy"
    assert (taken / "toy.ipynb").read_bytes() == notebook.read_bytes()
    assert sorted(path.name for path in (staff / "submitted").iterdir()) == ["ada"]


def test_whoever_hands_in_for_another_is_told_what_staff_will_see(member: Path) -> None:
    run = sorcery(member, "submit", "assignments/toy/toy.ipynb", "--as", "bob")
    assert run.returncode == 0
    assert "you are logged in as ada: what bob hands in may not be taken from you" in run.stderr


def test_a_plus_would_be_no_id_in_an_exchange(member: Path, shared: Path) -> None:
    run = sorcery(member, "submit", "assignments/toy/toy.ipynb", "--as", "ada+toy")
    assert (run.returncode, "no + may be in an id" in run.stderr) == (2, True)
    assert not (member / "submitted").exists()
    assert not list((shared / "deep/inbound").iterdir())


@pytest.mark.parametrize("state", ["missing", "a file", "without inbound"])
def test_an_exchange_that_cannot_be_used_is_one_line_and_nothing_is_kept(
    member: Path, shared: Path, state: str
) -> None:
    shutil.rmtree(shared / "deep/inbound" if state == "without inbound" else shared)
    if state == "a file":
        shared.write_text("a file")
    run = sorcery(member, "submit", "assignments/toy/toy.ipynb")
    assert (run.returncode, run.stdout) == (2, "")
    warning, error = run.stderr.splitlines()
    assert warning.startswith("warning: unanswered")
    assert error == f"the exchange cannot be used: {shared}/deep/inbound: no such folder"
    assert not (member / "submitted").exists()
    assert sorcery(member, "submit", "assignments/toy/toy.ipynb", "--upload").returncode == 0


SMALL_FILES = 4_000  # bytes: less than the notebook has


def _limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_FILES, SMALL_FILES))


def test_a_write_that_breaks_off_leaves_nothing(member: Path, shared: Path) -> None:
    notebook = member / "assignments/toy/toy.ipynb"
    assert notebook.stat().st_size > SMALL_FILES
    run = subprocess.run(
        [sys.executable, "-m", "graders.cli", "submit", str(notebook)],
        cwd=member,
        preexec_fn=_limit_files,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert "File too large" in run.stderr
    assert "Traceback" not in run.stderr
    assert not list((member / "submitted/toy").iterdir())
    assert not list((shared / "deep/inbound").iterdir())


HAND_IN = """
import sys, datetime, pathlib
from graders.errors import UsageError
from graders.exchange import Exchange
exchange, now = Exchange(pathlib.Path(sys.argv[1]), "deep"), datetime.datetime.now(datetime.UTC)
try:
    exchange.hand_in(exchange.place("ada", "toy", now), "toy.ipynb", bytes(10_000), now, "x" * 128)
except UsageError as error:
    print(error)
"""


def test_a_write_that_breaks_off_in_the_exchange_leaves_nothing_there(shared: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", HAND_IN, shared], preexec_fn=_limit_files, capture_output=True, text=True
    )
    assert run.stdout == f"the exchange cannot be used: {shared}/deep/inbound: File too large\n"
    assert not list((shared / "deep/inbound").iterdir())


def test_what_cannot_be_kept_is_not_handed_in(member: Path, shared: Path) -> None:
    (member / "submitted").write_text("a file")
    run = sorcery(member, "submit", "assignments/toy/toy.ipynb")
    assert (run.returncode, run.stdout) == (2, "")
    assert "cannot be written" in run.stderr
    assert not list((shared / "deep/inbound").iterdir())


def test_receipts_that_are_none_are_passed_over(student: Path, notebook: Path) -> None:
    write(student / "submitted/toy", {"x/receipt.json": "{", "y/receipt.json": '{"version": 2}', "z/a": "b"})
    assert "version 1" in sorcery(student, "submit", str(notebook)).stdout


def test_names_in_an_exchange_are_never_twice_the_same_and_hold_nbgraders_time() -> None:
    exchange, moment = Exchange(Path("/x"), "deep"), datetime(2026, 1, 30, 20, 30, 10, 5, UTC)
    assert timestamp(moment) == "2026-01-30 20:30:10.000005 UTC"
    places = {exchange.place("ada", "toy", moment) for _ in range(100)}
    assert len(places) == 100
    assert {str(place)[:-12] for place in places} == {
        "/x/deep/inbound/ada+toy+2026-01-30 20:30:10.000005 UTC+"
    }


@pytest.mark.parametrize("path", ["~/exchange", "$HOME/x", "/srv/${USER}", "%TEMP%/x", "https://host/x", ""])
def test_an_exchange_that_would_have_to_be_expanded_is_its_authors_error(student: Path, path: str) -> None:
    write(
        student, {"assignments/course.yaml": COURSE.format(due="2030-01-31T23:59", exchange=json.dumps(path))}
    )
    run = sorcery(student, "list")
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
    assert "course.yaml:3" in run.stderr
    if path[:1] in "~$%" and path:
        assert "~ and environment variables are not expanded; write it out" in run.stderr


def test_an_exchange_may_be_relative_to_the_course(student: Path) -> None:
    from graders.course import load_course

    write(
        student, {"assignments/course.yaml": COURSE.format(due="2030-01-31T23:59", exchange="../ex change")}
    )
    assert load_course(student).exchange == student / "../ex change"
