"""`sorcery grade`, from a folder of notebooks to result files, on a small course."""

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import nbformat
import psutil
import pytest

HEAD = "from otter.test_files import test_case\nOK_FORMAT = False\npoints = None\nname = 'q1'\n"
PUBLIC = HEAD + "@test_case(points=1)\ndef test_one(double):\n    assert double(1) == 2\n"
HIDDEN = (
    HEAD
    + "@test_case(points=3, hidden=True, failure_message='Not for all.')\ndef test_all(double):\n    assert double(21) == 42\n"
)


def cell(kind: str, source: str, identity: str, **graded: object) -> dict[str, object]:
    made: dict[str, object] = {"cell_type": kind, "id": identity, "source": source, "metadata": {}}
    if kind == "code":
        made |= {"outputs": [], "execution_count": None}
    if graded:
        made["metadata"] = {
            "nbgrader": {"schema_version": 3, "locked": False, "grade_id": identity, **graded}
        }
    return made


def notebook(answer: str, written: str = "YOUR ANSWER HERE") -> str:
    cells = [
        cell("code", 'import otter\ngrader = otter.Notebook("toy.ipynb")', "start"),
        cell("code", answer, "q1-1", grade=False, solution=True),
        cell("code", 'grader.check("q1")', "q1", grade=True, solution=False, points=4),
        cell("markdown", written, "q2", grade=True, solution=True, points=2),
    ]
    about = {"sorcery": {"schema": 1, "topic": "toy"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": cells})


@pytest.fixture
def course(tmp_path: Path) -> Path:
    files = {
        "assignments/course.yaml": "schema: 1\ncourse: {id: c, title: C}\ntopics:\n"
        "  - {id: toy, title: Toy, points: {auto: 4, manual: 2}, limits: {cell: 1s, notebook: 10s}}\n",
        "assignments/toy/toy.ipynb": notebook("def double(x):\n    raise NotImplementedError()"),
        "assignments/toy/tests/q1.py": PUBLIC,
        "graders/hidden_tests/toy/q1.py": HIDDEN,
        "in/ada.ipynb": notebook("def double(x): return 2 * x", "Because."),
        "in/bob.ipynb": notebook("def double(x): return 2"),
        "in/cyd/toy.ipynb": notebook("def double(x):\n    raise NotImplementedError()"),
        "in/dan.ipynb": notebook("while True: pass"),
        "in/eve.ipynb": notebook("x")[:-9],
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def sorcery(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graders.cli", *arguments]
    return subprocess.run(
        command, cwd=course, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}
    )


def test_a_folder_of_notebooks_becomes_results(course: Path) -> None:
    run = sorcery(course, "grade", "toy", "in", "--json")
    assert run.returncode == 0, run.stderr
    results = {result["student"]: result for result in json.loads(run.stdout)}
    assert {name: (result["verdict"], result["points"]) for name, result in results.items()} == {
        "ada": ("graded", 4),
        "bob": ("graded", 1),
        "cyd": ("graded", 0),
        "dan": ("timeout", 0),
        "eve": ("rejected", 0),
    }
    assert [results[name]["manual"][0]["answered"] for name in ("ada", "bob")] == [True, False]
    assert "cut off" in results["eve"]["reason"]
    stages = ["fork", "isolation", "intake", "cells", "snapshots", "tests", "end", "write"]
    assert list(results["ada"]["timings"]) == stages
    assert min(results["ada"]["timings"].values()) >= 0
    stored = course / ".sorcery/results/toy"
    assert json.loads((stored / "bob.json").read_text()) == results["bob"]

    shown = sorcery(course, "show", str(stored / "bob.json")).stdout
    assert "bob  toy  graded  1/4" in shown
    assert "assert double(21) == 42" in shown

    again = sorcery(course, "grade", "toy", "in", "--json")
    assert json.loads(again.stdout) == list(results.values())


def test_a_notebook_whose_check_cell_was_removed_is_graded_at_its_answer(course: Path) -> None:
    changed = json.loads(notebook("def double(x): return 2 * x"))
    changed["cells"][2] |= {"source": "double = None", "id": "mine"}
    (course / "ada.ipynb").write_text(json.dumps(changed))
    (result,) = json.loads(sorcery(course, "grade", "toy", "ada.ipynb", "--json").stdout)
    assert (result["points"], result["questions"][0]["snapshot"]) == (4, "last cell")


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell starts what runs in its background without


def test_an_interrupted_batch_saves_what_was_running_and_goes_on(course: Path) -> None:
    for number in range(6):
        answer = f"import time\ntime.sleep(0.8)\ndef double(x): return 2 * x  # {number}"
        (course / f"many/s{number}.ipynb").parent.mkdir(exist_ok=True)
        (course / f"many/s{number}.ipynb").write_text(notebook(answer))
    command = [sys.executable, "-m", "graders.cli", "grade", "toy", "many", "--jobs", "1"]
    with subprocess.Popen(
        command,
        cwd=course,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heed_interrupts,
    ) as run:
        results = course / ".sorcery/results/toy"
        while not list(results.glob("s*.json")):
            assert run.poll() is None
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal sends it: to everyone in the foreground
        _, errors = run.communicate()
    assert run.returncode == 130, errors
    assert "Traceback" not in errors
    early = {path.name: json.loads(path.read_text()) for path in results.glob("s*.json")}
    assert 0 < len(early) < 6
    assert all(result["points"] == 4 for result in early.values())

    again = sorcery(course, "grade", "toy", "many", "--json")
    final = {f"{result['student']}.json": result for result in json.loads(again.stdout)}
    assert again.returncode == 0
    assert [result["points"] for result in final.values()] == [4] * 6
    assert all(final[name] == result for name, result in early.items())


def test_a_grading_process_that_is_killed_costs_no_submission_its_grade(course: Path) -> None:
    """What was in its hands is graded again by a fresh one."""
    answer = "import time\ntime.sleep(3)\ndef double(x): return 2 * x"
    (course / "slow").mkdir()
    for name in ("ada", "bob"):
        (course / f"slow/{name}.ipynb").write_text(notebook(answer))
    file = course / "assignments/course.yaml"
    file.write_text(
        file.read_text().replace("cell: 1s", "cell: 8s").replace("notebook: 10s", "notebook: 30s")
    )
    command = [sys.executable, "-m", "graders.cli", "grade", "toy", "slow", "--jobs", "1", "--json"]
    with subprocess.Popen(command, cwd=course, stdout=subprocess.PIPE, text=True) as run:
        grading = wait_for_grading_process(psutil.Process(run.pid))
        grading.kill()
        results = json.loads(run.communicate()[0])
    assert run.returncode == 0
    assert [(result["student"], result["points"]) for result in results] == [("ada", 4), ("bob", 4)]


def wait_for_grading_process(batch: psutil.Process) -> psutil.Process:
    """The child of multiprocessing's fork server."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for server in batch.children():
            with contextlib.suppress(psutil.Error):  # it has just ended
                if "forkserver" in " ".join(server.cmdline()):
                    for child in server.children():
                        return child
        time.sleep(0.02)
    raise AssertionError("no grading process was started")


def test_a_file_that_cannot_be_read_is_ungraded_and_the_batch_goes_on(course: Path) -> None:
    (course / "zoe.ipynb").symlink_to("/proc/self/mem")
    run = sorcery(course, "grade", "toy", "in", "zoe.ipynb", "--json")
    assert run.returncode == 3
    results = {result["student"]: result for result in json.loads(run.stdout)}
    assert results["zoe"]["verdict"] == "ungraded"
    assert "cannot be read" in results["zoe"]["reason"]
    assert results["ada"]["points"] == 4


def test_faulty_tests_are_their_authors_error(course: Path) -> None:
    (course / "graders/hidden_tests/toy/q1.py").write_text(HEAD + "def broken(:\n    pass\n")
    run = sorcery(course, "grade", "toy", "in")
    assert run.returncode == 2
    assert "q1.py:5" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("grade", "toy", "in", "--isolation", "wool"), 2, "choose from full, flat, landlock, none"),
        (("grade", "toi", "in"), 2, "toy"),
        (("grade", "toy", "nowhere"), 2, "no such file or folder"),
        (("grade", "toy", "graders"), 2, "no notebook"),
        (("show", "missing.json"), 2, "No such file"),
    ],
)
def test_bad_input_is_one_line_and_a_non_zero_exit(
    course: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    run = sorcery(course, *arguments)
    assert run.returncode == code
    assert says in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_what_cannot_be_taken_is_one_students_problem(course: Path) -> None:
    outside = course / "secret.txt"
    outside.write_text("a secret of the instructor's")
    handed = course / "in"
    (handed / "fay.ipynb").symlink_to(outside)
    os.mkfifo(handed / "gus.ipynb")
    (handed / "hal").mkdir()
    (handed / "hal" / "toy.ipynb").symlink_to(outside)
    (handed / "hal" / "loop").symlink_to(handed, target_is_directory=True)
    for name in ("one.ipynb", "two.ipynb"):
        (handed / "ida" / name).parent.mkdir(exist_ok=True)
        (handed / "ida" / name).write_text("{}")
    (handed / "ada").mkdir()
    (handed / "ada" / "toy.ipynb").write_text(notebook("def double(x): return 2 * x"))
    (handed / "jo\x1b]0;owned\x07e\u202e.ipynb").write_text("{}")
    Path(os.fsdecode(os.fsencode(handed) + b"/\xff\xfe.ipynb")).write_text("{}")
    with (handed / "kim.ipynb").open("wb") as file:
        file.truncate(1 << 40)
    with zipfile.ZipFile(handed / "lea.zip", "w") as archive:
        archive.writestr("toy.ipynb", notebook("def double(x): return 2 * x"))
        archive.writestr("../../escaped.txt", "x")

    (handed / "max").mkdir()
    nest = "import os\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')"
    subprocess.run([sys.executable, "-S", "-c", nest], cwd=handed / "max", check=True)

    run = sorcery(course, "grade", "toy", "in", "in/bob.ipynb", "--json")
    assert run.returncode == 0, run.stderr
    results = {result["student"]: result for result in json.loads(run.stdout)}
    reasons = {name: result["reason"] for name, result in results.items() if result["verdict"] == "rejected"}
    assert "link" in reasons.pop("fay")
    assert "pipe" in reasons.pop("gus")
    assert "link" in reasons.pop("hal")
    assert "one.ipynb" in reasons.pop("ida")
    assert "several notebooks" in reasons.pop("ada")
    assert "at most 64" in reasons.pop("kim")
    assert "32 deep" in reasons.pop("max")
    assert "cut off" in reasons.pop("eve")
    assert all("cannot be a student's id" in reason for reason in reasons.values())
    assert len(reasons) == 2
    assert [results[name]["points"] for name in ("bob", "lea")] == [1, 4]
    assert "a secret" not in run.stdout
    shown = sorcery(course, "grade", "toy", "in").stdout
    subprocess.run(["rm", "-rf", handed / "max"], check=True)  # Python would not get to its end
    assert not set(shown) & set("\x1b\x07\u202e")
    assert not list(course.rglob("escaped.txt"))


def test_the_notebook_of_another_assignment_is_rejected(course: Path) -> None:
    other = {"nbformat": 4, "cells": [cell("code", "1", "z")]}
    (course / "other.ipynb").write_text(json.dumps(other))
    run = sorcery(course, "grade", "toy", "other.ipynb")
    assert run.returncode == 1
    assert "not the notebook of toy" in " ".join(run.stdout.split())


def test_a_bad_course_file_names_its_line(course: Path) -> None:
    with (course / "assignments/course.yaml").open("a") as file:
        file.write("topicz: 3\n")
    run = sorcery(course, "grade", "toy", "in")
    assert run.returncode == 2
    assert "course.yaml:5" in run.stderr


def test_a_module_to_warm_that_is_not_installed_is_told_without_a_traceback(course: Path) -> None:
    file = course / "assignments/course.yaml"
    file.write_text(file.read_text().replace("title: Toy,", "title: Toy, warm: [no_such_module],"))
    run = sorcery(course, "grade", "toy", "in")
    assert run.returncode != 0
    assert "no_such_module" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_fault_of_ours_is_one_line_unless_asked_for(course: Path) -> None:
    state = course / ".sorcery"
    state.write_text("a file where a folder should be")
    run = sorcery(course, "grade", "toy", "in")
    assert run.returncode != 0
    assert "Traceback" not in run.stderr
    assert ".sorcery" in run.stderr
    assert "Traceback" in sorcery(course, "--debug", "grade", "toy", "in").stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only for root are submissions other users")
def test_data_that_submissions_cannot_read_are_the_authors_fault_not_the_students(course: Path) -> None:
    data = course / "assignments/toy/data"
    data.mkdir()
    (data / "a.npz").write_bytes(b"")
    (data / "a.npz").chmod(0o600)
    run = sorcery(course, "grade", "toy", "in")
    assert run.returncode == 2
    assert "data/a.npz: cannot be read by submissions; run: chmod -R a+rX" in run.stderr
    (data / "a.npz").chmod(0o644)
    assert sorcery(course, "grade", "toy", "in").returncode == 0


def test_tests_run_on_one_core_whatever_library_they_use(course: Path) -> None:
    (course / "graders/hidden_tests/toy/q1.py").write_text(
        HEAD + "@test_case(points=3)\ndef test_all(double):\n"
        "    import numpy, sklearn, threadpoolctl\n"
        "    threads = {pool['filepath']: pool['num_threads'] for pool in threadpoolctl.threadpool_info()}\n"
        "    assert threads and set(threads.values()) == {1}, threads\n"
    )
    results = {r["student"]: r for r in json.loads(sorcery(course, "grade", "toy", "in", "--json").stdout)}
    assert [case["detail"] for case in results["ada"]["questions"][0]["cases"]] == ["", ""]


def test_help_is_light() -> None:
    code = "import sys, graders.cli; print([m for m in ('torch', 'otter', 'nbgrader', 'numpy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_a_number_of_the_students_costs_a_test_no_more_than_its_bounds(course: Path) -> None:
    """As a test might be written by an author who thought of no one lying."""
    (course / "assignments/course.yaml").write_text(
        "schema: 1\ncourse: {id: c, title: C}\ntopics:\n"
        "  - {id: toy, title: Toy, points: {auto: 4, manual: 2}, limits: {cell: 1s, case: 1s}}\n"
    )
    (course / "assignments/toy/tests/q1.py").write_text(
        HEAD + "@test_case(points=1)\ndef test_one(double):\n    assert len(list(range(double(1)))) == 2\n"
    )
    (course / "graders/hidden_tests/toy/q1.py").write_text(
        HEAD + "@test_case(points=3)\ndef test_all(double):\n    assert sum(range(double(2))) == 6\n"
    )
    (course / "in/bob.ipynb").write_text(notebook("def double(x): return 10**13 if x == 1 else 4"))
    (course / "in/eve.ipynb").write_text(notebook("def double(x): return 2 if x == 1 else 10**13"))
    results = {r["student"]: r for r in json.loads(sorcery(course, "grade", "toy", "in", "--json").stdout)}
    assert "MemoryError" in results["bob"]["questions"][0]["cases"][0]["message"]
    assert (results["bob"]["verdict"], results["bob"]["points"]) == ("graded", 3)
    assert results["eve"]["verdict"] == "ungraded"
    assert (results["ada"]["verdict"], results["ada"]["points"]) == ("graded", 4)


def test_one_command_gives_gradebook_feedback_and_report_and_the_others_agree_with_it(course: Path) -> None:
    run = sorcery(course, "grade", "toy", "in")
    assert "feedback: .sorcery/feedback" in run.stdout
    assert "report: .sorcery/reports/toy.html" in run.stdout
    page = (course / ".sorcery/feedback/bob/toy/toy.html").read_text()
    assert "Not for all." in page
    assert "double(21)" not in page
    ran = nbformat.read(course / ".sorcery/autograded/ada/toy/toy.ipynb", as_version=4)
    nbformat.validate(ran)
    assert "could not be graded" in (course / ".sorcery/feedback/eve/toy/toy.html").read_text()
    assert "4 of 5 students have a grade" in (course / ".sorcery/reports/toy.html").read_text()

    said = sorcery(course, "feedback", "toy", "bob").stdout
    assert "hidden case 1: not passed (0 of 3)\n  Not for all." in said
    assert sorcery(course, "feedback", "toy", "nobody").returncode == 2
    report = json.loads(sorcery(course, "report", "toy", "--json").stdout)
    assert (report["graded"], report["students"], report["verdicts"]["rejected"]) == (4, 5, ["eve"])
    assert sorcery(course, "export", "toy", "-o", "grades.csv").stdout == "1 file: grades.csv\n"
    rows = list(csv.DictReader((course / "grades.csv").read_text().splitlines()))
    assert {row["student_id"]: row["score"] for row in rows} == {
        "ada": "4.0", "bob": "1.0", "cyd": "0.0", "dan": "0.0", "eve": "",
    }  # fmt: skip
    assert sorcery(course, "export", "-f", "gradescope").stdout == "5 files: .sorcery/exports\n"
    exported = json.loads((course / ".sorcery/exports/bob-toy/results.json").read_text())
    assert exported["tests"][1]["name"] == "q1, hidden 1"
    wrong = sorcery(course, "export", "--format", "canvass")
    assert wrong.returncode == 2
    assert "did you mean 'canvas'?" in wrong.stderr


def test_after_a_test_was_mended_regrade_says_whose_points_changed(course: Path) -> None:
    sorcery(course, "grade", "toy", "in")
    nothing = sorcery(course, "regrade", "toy")
    assert nothing.stdout.endswith("0 of 5 students' points changed\n")
    mended = HIDDEN.replace("double(21) == 42", "double(1) == 2")
    (course / "graders/hidden_tests/toy/q1.py").write_text(mended)
    for path in (course / "in").glob("*.ipynb"):
        path.unlink()  # it takes what was kept
    run = sorcery(course, "regrade", "toy", "--json")
    assert json.loads(run.stdout) == [
        {"student": "bob", "question": "", "before": 1, "after": 4},
        {"student": "bob", "question": "q1", "before": 1, "after": 4},
    ]
    stored = json.loads((course / ".sorcery/results/toy/bob.json").read_text())
    assert (stored["file"], stored["points"]) == ("in/bob.ipynb", 4)
    assert "4 of 6 points" in (course / ".sorcery/feedback/bob/toy/toy.html").read_text()
    assert sorcery(course, "regrade", "nosuch").returncode == 2


def test_a_term_of_one_topic_from_downloads_to_grades(course: Path) -> None:
    """Two downloads in nbgrader's layout, each of another evening; a late one, one with more time, one that
    is broken the second time, one nobody knows. Worked out by hand: 10 % of 6 points for each begun day."""
    yaml = course / "assignments/course.yaml"
    yaml.write_text(
        yaml.read_text()
        .replace("topics:", "late: {grace: 15m, per_day: 10%, cap: 50%}\ntopics:")
        .replace("title: Toy,", "title: Toy, due: 2026-12-18T12:00:00Z,")
    )
    (course / "graders/extensions.yaml").write_text(
        "schema: 1\nextensions:\n  - {student: bob, topic: toy, due: 2026-12-20T12:00:00Z}\n"
    )
    (course / "graders/roster.csv").write_text(
        "id,first_name,last_name,email\nada,Ada,Lovelace,ada@example.org\nbob,Bob,Beam,bob@example.org\n"
        "cyd,Cyd,Charisse,cyd@example.org\ndan,Dan,Dare,dan@example.org\n"
    )
    perfect, poor = notebook("def double(x): return 2 * x"), notebook("def double(x): return 2")
    downloads = {
        "one": {
            "ada": ("2026-12-18 11:00:00.000000 UTC", poor),
            "bob": ("2026-12-19 11:00:00.000000 UTC", perfect),
            "cyd": ("2026-12-18 10:00:00.000000 UTC", perfect),
            "zoe": ("2026-12-18 10:00:00.000000 UTC", perfect),
        },
        "two": {
            "ada": ("2026-12-19 12:16:00.000000 UTC", perfect),
            "cyd": ("2026-12-18 11:59:00.000000 UTC", perfect[:-9]),
        },
    }
    for download, students in downloads.items():
        for student, (moment, text) in students.items():
            folder = course / download / student / "toy"
            folder.mkdir(parents=True)
            (folder / "toy.ipynb").write_text(text)
            (folder / "timestamp.txt").write_text(moment)
    first = sorcery(course, "collect", "toy", "one")
    assert first.stdout.startswith("3 submissions of 3 students, 3 of them new\nunknown: ")
    assert first.returncode == 1
    assert sorcery(course, "collect", "toy", "one").stdout.startswith(
        "3 submissions of 3 students, 0 of them new\n"
    )
    assert sorcery(course, "collect", "toy", "two").returncode == 0

    run = sorcery(course, "grade", "toy", "--json")
    assert run.returncode == 0, run.stderr
    results = {result["student"]: result for result in json.loads(run.stdout)}
    assert {name: (r["verdict"], r["points"], r["submitted"]) for name, r in results.items()} == {
        "ada": ("graded", 4, "2026-12-19T12:16:00+00:00"),
        "bob": ("graded", 4, "2026-12-19T11:00:00+00:00"),
        "cyd": ("graded", 4, "2026-12-18T10:00:00+00:00"),
    }
    assert results["cyd"]["reason"].startswith("a later version was rejected (the file is not a complete")

    # ada is 24 h 16 min late, 15 of them grace: two begun days, 2 × 10 % of 6 points.
    sorcery(course, "export", "toy", "-o", "grades.csv")
    rows = {
        row["student_id"]: row for row in csv.DictReader((course / "grades.csv").read_text().splitlines())
    }
    assert {
        name: (row["last_name"], row["raw_score"], row["late_submission_penalty"], row["score"], row["max_score"])
        for name, row in rows.items()
    } == {
        "ada": ("Lovelace", "4.0", "1.2", "2.8", "6.0"),
        "bob": ("Beam", "4.0", "0.0", "4.0", "6.0"),
        "cyd": ("Charisse", "4.0", "0.0", "4.0", "6.0"),
        "dan": ("Dare", "", "", "", "6.0"),
    }  # fmt: skip
    told = (course / ".sorcery/feedback/ada/toy/toy.html").read_text()
    assert "2 days late: 2 × 10 % of 6 points = 1.2 points." in told
    assert "2.8 of 6 points" in told
    assert "(extended for you)" in (course / ".sorcery/feedback/bob/toy/toy.html").read_text()
    report = json.loads(sorcery(course, "report", "toy", "--json").stdout)
    assert (report["scores"], report["late"], report["missing"]) == ([2.8, 4, 4], ["ada"], ["dan"])
    sorcery(course, "export", "toy", "-f", "moodle", "-o", "moodle.csv")
    assert "ada@example.org,2.8" in (course / "moodle.csv").read_text()


def test_with_a_seed_the_tests_draw_the_same_again(course: Path) -> None:
    def seeds(*options: str) -> list[int]:
        run = sorcery(course, "grade", "toy", "in/ada.ipynb", "in/bob.ipynb", "--force", "--json", *options)
        return [result["seed"] for result in json.loads(run.stdout)]

    first, second = seeds("--seed", "5"), seeds("--seed", "5")
    assert first == second
    assert len(set(first)) == 2
    assert seeds() != first
