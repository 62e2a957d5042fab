"""Autograders of Otter's, graded by ours and by stock `otter run` on the same notebooks."""

import contextlib
import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import assignment
import fixtures
import hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import START, autograder, case, check, code, doctests, exceptions, notebook

from graders.build import build_topic, stale
from graders.course import load_course
from graders.errors import UsageError
from graders.foreign.otter.autograder import made_for_numpy, read_autograder
from graders.foreign.otter.marks import regions
from graders.foreign.otter.master import read_otter_master
from graders.foreign.otter.topic import import_topic

ROOT = Path(__file__).parents[2]


def sorcery(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graders.cli", *arguments]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


def stock(autograder: Path, *notebooks: Path) -> dict[str, Any]:
    command = [sys.executable, ROOT / "tests/otter/stock.py", autograder, *notebooks]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(found.stdout))


@pytest.mark.parametrize("name", ["exceptions", "seeded", "places"])
def test_points_are_those_of_otter_run(tmp_path: Path, name: str) -> None:
    """Every option that decides points, in notebooks that are right, half right and out of order."""
    fixtures.write(tmp_path)
    handed = sorted(tmp_path.glob(f"{name}/*/hw.ipynb"))
    theirs = stock(tmp_path / f"{name}.zip", *handed)
    run = sorcery(tmp_path, "grade", "--otter", f"{name}.zip", name, "--json")
    assert run.returncode == 0, run.stderr
    ours = {result["student"]: result for result in json.loads(run.stdout)}
    assert len(ours) == len(theirs) == 2
    for student, said in theirs.items():
        assert ours[student]["points"] == pytest.approx(said["total"], abs=1e-9)
        questions = {
            question["id"].replace("q1_2", "q1.2"): question for question in ours[student]["questions"]
        }
        passed = {
            question: [case["verdict"] == "passed" for case in found["cases"]]
            for question, found in questions.items()
        }
        assert passed == {question: found["cases"] for question, found in said["questions"].items()}
        if name == "seeded":  # the other two count otherwise in the end
            points = {question: found["points"] for question, found in questions.items()}
            assert points == pytest.approx(
                {q: found["points"] for q, found in said["questions"].items()}, abs=1e-9
            )
        assert {case["in_process"] for found in questions.values() for case in found["cases"]} == {False}


def test_hostile_notebooks_that_fool_otter_get_nothing_here(tmp_path: Path) -> None:
    """A few of tests/otter/hostile.py, which has the others."""
    chosen = ["always_equal", "lying_repr", "payload"]
    theirs, ours = hostile.grade(chosen, tmp_path, honest_by_stock=False)
    assert ours.pop("honest")["points"] == 6
    assert all(theirs[name]["total"] > 0 for name in chosen)
    assert {name: result["points"] for name, result in ours.items()} == dict.fromkeys(chosen, 0)


def numpy_one(folder: Path, environment: str = "") -> Path:
    tests = {
        "q1": doctests(
            "q1",
            case(">>> np.mean(xs)\n2.0"),
            case(">>> np.allclose(xs, [1, 2, 3])\nTrue"),
            case(">>> [np.float64(x) for x in xs]\n[1.0, 2.0, 3.0]"),
            points=3,
        )
    }
    notebook(
        folder / "in/ada/hw.ipynb", START, code("import numpy as np\nxs = np.array([1, 2, 3])"), check("q1")
    )
    notebook(
        folder / "in/bob/hw.ipynb", START, code("import numpy as np\nxs = np.array([1, 2, 4])"), check("q1")
    )
    (folder / "in/amy").mkdir()
    (folder / "in/amy/hw.ipynb").write_bytes((folder / "in/ada/hw.ipynb").read_bytes())
    return autograder(folder / "old.zip", tests, environment=environment)


def test_outputs_of_numpy_1_are_known_by_most_notebooks(tmp_path: Path) -> None:
    made = numpy_one(tmp_path)
    theirs = stock(made, tmp_path / "in/ada/hw.ipynb")
    assert theirs["ada"]["total"] < 3  # what numpy 2 makes of a perfect notebook
    run = sorcery(tmp_path, "grade", "--otter", "old.zip", "in", "--json")
    assert "made for numpy 1" in run.stderr
    assert [result["points"] for result in json.loads(run.stdout)] == [3, 3, 0]


@pytest.mark.parametrize(
    ("requirements", "tests", "version"),
    [
        (["numpy<2"], [], 1),
        (["numpy<2.0"], [], 1),
        (["numpy==1.26.4"], [], 1),
        (["numpy=1.21"], [], 1),
        (["numpy ~= 1.24"], [], 1),
        (["numpy<=2.1"], [], 2),
        (["numpy>=2"], [], 2),
        (["numpy>=1.20"], [], 0),
        (["numpydoc==1"], [], 0),
        (["pandas"], [b">>> x\nnp.float64(2.0)"], 2),
        ([], [b">>> np.float64(2.0)\n2.0"], 0),
    ],
)
def test_the_version_of_numpy_is_read_where_it_stands(
    requirements: list[str], tests: list[bytes], version: int
) -> None:
    assert made_for_numpy(requirements, tests) == version


def live(folder: Path) -> None:
    tests = {
        "q1": exceptions(
            "q1",
            "@test_case(points=1)\ndef one(Thing):\n    assert Thing().size == 1\n\n"
            "@test_case(points=2, hidden=True)\ndef two(Thing):\n    assert isinstance(Thing(), Thing)\n",
        ),
        "q2": doctests(
            "q2", case(">>> apply(lambda x: x + 1, 2)\n3"), case(">>> apply(None, 2)\n2"), points=4
        ),
    }
    autograder(folder / "hw1-autograder_2026.zip", tests)
    answers = "class Thing:\n    size = 1\ndef apply(f, x): return f(x) if f else x"
    notebook(folder / "in/ada/hw1.ipynb", START, code(answers), check("q1"), check("q2"))
    notebook(folder / "in/bob/hw1.ipynb", START, code("Thing = 3"), check("q1"), check("q2"))


def test_cases_that_need_the_live_object_are_named_and_run_beside_it_only_on_request(tmp_path: Path) -> None:
    live(tmp_path)
    command = ["grade", "--otter", "hw1-autograder_2026.zip", "in", "--solution", "in/ada/hw1.ipynb"]
    refused = sorcery(tmp_path, *command)
    assert refused.returncode == 2
    assert "q1/2: needs the live object" in refused.stderr
    assert "q2/1: needs the live object" in refused.stderr
    assert "2 cases (found by the solution)" in refused.stderr
    assert "--in-process" in refused.stderr
    assert not list(tmp_path.glob("hw1-graded/.sorcery/results/*"))

    run = sorcery(tmp_path, *command, "--in-process")
    assert run.returncode == 0, run.stderr
    assert "in process: the student's code can read these cases" in run.stderr
    assert "2 cases in process" in run.stdout
    state = tmp_path / "hw1-graded/.sorcery"
    results = {name: json.loads((state / f"results/hw1/{name}.json").read_text()) for name in ("ada", "bob")}
    assert {name: result["points"] for name, result in results.items()} == {"ada": 7, "bob": 0}
    cases = [case["in_process"] for question in results["ada"]["questions"] for case in question["cases"]]
    assert cases == [False, True, True, False]
    assert (
        "case 2 ran in your notebook&#39;s own process" in (state / "feedback/ada/hw1/hw1.html").read_text()
    )
    assert "q1/2, q2/1" in (state / "reports/hw1.html").read_text()
    shown = sorcery(tmp_path, "show", str(state / "results/hw1/ada.json")).stdout
    assert "hidden in process" in shown
    # What it made is a course as any other.
    assert "hw1" in sorcery(tmp_path / "hw1-graded", "report", "hw1").stdout


def test_without_a_solution_most_notebooks_say_which_cases_need_the_live_object(tmp_path: Path) -> None:
    live(tmp_path)
    (tmp_path / "in/cyd").mkdir()
    for name in ("cyd", "dan"):
        (tmp_path / f"in/{name}").mkdir(exist_ok=True)
        (tmp_path / f"in/{name}/hw1.ipynb").write_bytes((tmp_path / "in/ada/hw1.ipynb").read_bytes())
    run = sorcery(tmp_path, "grade", "--otter", "hw1-autograder_2026.zip", "in")
    assert run.returncode == 2
    assert "found by 4 submissions" in run.stderr
    assert "q2/1: needs the live object" in run.stderr


def packed(folder: Path, **members: str | bytes) -> Path:
    path = folder / "ag.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


PLAIN = exceptions("q1", "@test_case()\ndef a(x):\n    assert x\n")


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"../../evil.py": "x"}, "leads out"),
        ({"/etc/evil": "x"}, "leads out"),
        ({"files/..": "x"}, "leads out"),
        ({"files/con.txt": "x"}, "no name that every system can have"),
        ({"files/a\\..\\b": "x"}, "no name that every system can have"),
        ({"files/A.csv": "x", "files/a.csv": "y"}, "is in it twice"),
        ({"files/zeros": b"\0" * (8 << 20)}, "times its size"),
        ({"otter_config.json": "[" * 100_000}, "cannot be read"),
        ({"otter_config.json": "[]"}, "no mapping"),
        ({"otter_config.json": b"\xff\xfe"}, "cannot be read"),
        ({"otter_config.json": '{"lang": "r"}'}, "cannot be graded here"),
        ({"otter_config.json": '{"grade_from_log": true}'}, "grade_from_log"),
        ({"otter_config.json": '{"seed": "x"}'}, "seed"),
        ({"otter_config.json": '{"seed": 1, "seed_variable": "a; import os"}'}, "seed_variable"),
        ({"otter_config.json": '{"points_possible": NaN}'}, "points_possible"),
        ({"tests/q 1.py": PLAIN, "tests/q_1.py": PLAIN}, "rename one"),
    ],
)
def test_a_hostile_archive_is_refused_in_one_line_and_leaves_nothing(
    tmp_path: Path, members: dict[str, str | bytes], says: str
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = packed(inner, **{"tests/q1.py": PLAIN, **members})
    with pytest.raises(UsageError, match=says) as refused:
        read_autograder(path)
    assert "\n" not in str(refused.value)
    assert [entry.name for entry in tmp_path.rglob("*")] == ["inner", "ag.zip"]


def test_a_link_in_an_archive_is_not_followed(tmp_path: Path) -> None:
    path = packed(tmp_path, **{"tests/q1.py": PLAIN})
    link = zipfile.ZipInfo("files/passwd")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UsageError, match="link"):
        read_autograder(path)


@given(st.binary(max_size=400), st.integers(0, 300))
def test_a_damaged_archive_is_refused_as_such(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int
) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("tests/q1.py", PLAIN)
    data = bytearray(whole.getvalue())
    data[at : at + len(junk)] = junk
    path = tmp_path_factory.mktemp("damaged") / "ag.zip"
    path.write_bytes(bytes(data))
    with contextlib.suppress(UsageError):
        assert read_autograder(path).tests


def test_what_otter_assign_wrote_is_read_with_its_solution(tmp_path: Path) -> None:
    folder = tmp_path / "dist/autograder"
    folder.mkdir(parents=True)
    autograder(
        folder / "lab-autograder_2026_01_02.zip", {"q1": PLAIN}, {"plugins": ["a.B"], "token": "secret"}
    )
    notebook(folder / "lab.ipynb", code("x = 1"))
    for place in (tmp_path / "dist", folder):
        read = read_autograder(place)
        assert (read.name, list(read.tests), read.solution) == ("lab", ["q1"], folder / "lab.ipynb")
    assert "plugins: plugins are not run" in read.notes[0]
    assert "secret" not in " ".join(read.notes)


def test_tests_by_themselves_are_an_autograder_and_a_folder_of_anything_is_none(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "q1.py").write_text(PLAIN)
    assert list(read_autograder(tests).tests) == ["q1"]
    assert list(read_autograder(tmp_path).tests) == ["q1"]
    (tests / "q1.py").write_text("x = 1")
    with pytest.raises(UsageError, match="no Otter autograder"):
        read_autograder(tests)


def test_a_folder_that_is_somebody_elses_is_not_written_to(tmp_path: Path) -> None:
    live(tmp_path)
    (tmp_path / "hw1-graded").mkdir()
    (tmp_path / "hw1-graded/thesis.tex").write_text("mine")
    run = sorcery(tmp_path, "grade", "--otter", "hw1-autograder_2026.zip", "in")
    assert run.returncode == 2
    assert "--output" in run.stderr
    assert [path.name for path in (tmp_path / "hw1-graded").iterdir()] == ["thesis.tex"]
    assert sorcery(tmp_path, "grade", "hw1", "in", "--in-process").returncode == 2


@pytest.mark.parametrize("ok_format", [True, False])
def test_an_otter_master_becomes_a_topic_that_builds_and_grades_its_solution(
    tmp_path: Path, ok_format: bool
) -> None:
    assignment.write(tmp_path, ok_format=ok_format)
    course = tmp_path / "course"
    course.mkdir()
    run = sorcery(course, "import", "otter", "../lab.ipynb", "--title", "A lab")
    assert run.returncode == 0, run.stderr
    for told in ("question q2.1 is called q2_1", "all_or_nothing", "requirements", "files are in data/"):
        assert told in run.stdout
    found = load_course(course)
    topic = found.topic("lab")
    assert (topic.auto_points, topic.manual_points) == (4.5, 3)
    built = build_topic(found, topic)
    assert stale(found, topic) == []
    released = built.student.decode()
    for secret in (
        "x * x",
        "range(4)",
        "sum(rows)",
        "for no other reason",
        "a picture of both",
        "for the author",
    ):
        assert secret in topic.master.read_text() or secret == "for the author"
        assert secret not in released
    assert "# nine = ..." in released
    hidden = (topic.hidden_tests / "q1.py").read_text()
    assert "[0, 1, 4, 9, 9]" in hidden
    assert "[0, 1, 4, 9, 9]" not in (topic.public_tests / "q1.py").read_text()
    with pytest.raises(UsageError, match="already"):
        import_topic(found, course, tmp_path / "lab.ipynb", "lab")
    if ok_format:
        on_gradescope(course, built.solution, tmp_path / "autograder")
    else:
        (tmp_path / "solution.ipynb").write_bytes(built.solution)
        (result,) = json.loads(sorcery(course, "grade", "lab", "../solution.ipynb", "--json").stdout)
        assert result["points"] == 4.5


def on_gradescope(course: Path, notebook: bytes, base: Path) -> None:
    """The zip file for Gradescope, unpacked and run as there."""
    run = sorcery(
        course, "export", "lab", "--format", "gradescope-autograder", "--output", str(base / "ag.zip")
    )
    assert run.returncode == 0, run.stderr
    with zipfile.ZipFile(base / "ag.zip") as archive:
        names = archive.namelist()
        archive.extractall(base / "source")
    assert {"setup.sh", "run_autograder", "course/graders/hidden_tests/lab/q1.py"} <= set(names)
    assert not [name for name in names if name.startswith("course/solutions") or "roster.csv" in name]
    assert not [name for name in names if name.startswith("packages") and "hidden_tests" in name]
    (base / "submission").mkdir()
    runner = [sys.executable, "-m", "graders.foreign.gradescope_run", str(base), "lab"]
    results = base / "results/results.json"
    subprocess.run(runner, check=True, capture_output=True)
    assert "no notebook" in json.loads(results.read_text())["output"]
    (base / "submission/mine.ipynb").write_bytes(notebook)
    subprocess.run(runner, check=True, capture_output=True)
    said = json.loads(results.read_text())
    assert (said["score"], len(said["tests"])) == (4.5, 4)


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("x = 1  # SOLUTION", "# x = ...\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
        ("x = 1 # SOLUTION NO PROMPT\nprint(x)", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION\nprint(x)"),
        ("print(2)  # SOLUTION", "### BEGIN SOLUTION\nprint(2)\n### END SOLUTION"),
        ("# BEGIN SOLUTION\nx = 1\n# END SOLUTION", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
        ("f(\n    1,  # SOLUTION\n)", "### BEGIN SOLUTION\nf(\n    1,\n)\n### END SOLUTION"),
        ("seed = 4 # SEED", "### BEGIN SOLUTION\nseed = 4 # SEED\n### END SOLUTION"),
        ("plain = 'text'", "plain = 'text'"),
    ],
)
def test_marks_of_solutions_become_regions(source: str, made: str) -> None:
    assert regions(source) == made


def test_what_is_no_master_is_refused_in_one_line(tmp_path: Path) -> None:
    for name, data in {"empty": b"", "junk": b"\xff\xfe\x00", "nothing": b"{}"}.items():
        (tmp_path / f"{name}.ipynb").write_bytes(data)
        with pytest.raises(UsageError) as refused:
            read_otter_master(tmp_path / f"{name}.ipynb", "t")
        assert "\n" not in str(refused.value)
    begun = [{**code(""), "cell_type": "raw", "source": "# BEGIN TESTS"}]
    notebook(tmp_path / "begun.ipynb", *begun)
    with pytest.raises(UsageError, match="out of place"):
        read_otter_master(tmp_path / "begun.ipynb", "t")
