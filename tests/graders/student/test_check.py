"""`sorcery check`: the public tests in a fresh run, as grading would run them, on the student's machine."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.graders.student.conftest import HEAD, SOLUTIONS, answer, limit, sorcery, write

PASSED = """\
q1  1/1  (4 with its hidden tests)
  passed       q1 - 1
q2  3/3
  passed       q2 - 1
  passed       q2 - 2
public tests: 4 of 4 points; hidden tests are worth 3 more, and run when it is graded
"""


SLEEPER = """\
import time
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass"""


def check(folder: Path, *arguments: str) -> dict:
    run = sorcery(folder, "check", "assignments/toy/toy.ipynb", "--json", *arguments)
    assert run.stderr == ""
    found = json.loads(run.stdout)
    assert run.returncode == (0 if found["passed"] else 1)
    return found


def verdicts(found: dict) -> dict[str, list[str]]:
    return {one["id"]: [case["verdict"] for case in one["cases"]] for one in found["questions"]}


def errors(found: dict) -> list[tuple[int, str, str]]:
    return [(cell["index"], cell["verdict"], cell["error"]) for cell in found["cells"] if cell["error"]]


def test_a_right_notebook_passes_and_stays_as_it_is(student: Path, notebook: Path) -> None:
    answer(notebook, SOLUTIONS)
    before = {path: path.read_bytes() for path in student.rglob("*") if path.is_file()}
    run = sorcery(student, "check", "assignments/toy/toy.ipynb")
    assert (run.returncode, run.stdout, run.stderr) == (0, PASSED, "")
    assert {path: path.read_bytes() for path in student.rglob("*") if path.is_file()} == before


def test_a_wrong_one_is_told_what_otter_would_tell(student: Path, notebook: Path) -> None:
    answer(notebook, SOLUTIONS | {"q1-1": "def double(x):\n    return x", "q2-2": "anwser = 10"})
    run = sorcery(student, "check", str(notebook))
    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout == (
        "q1  0/1  (4 with its hidden tests)\n"
        "  failed       q1 - 1\n"
        "      Twice, please.\n"
        "      got 1\n"
        "q2  1/3\n"
        "  passed       q2 - 1\n"
        "  failed       q2 - 2\n"
        "      `answer` is not defined at this point of the notebook.\n"
        "public tests: 1 of 4 points; hidden tests are worth 3 more, and run when it is graded\n"
    )


def test_the_blank_one_passes_nothing_and_runs_to_its_end(student: Path) -> None:
    run = sorcery(student, "check", "assignments/toy/toy.ipynb")
    assert run.returncode == 1
    assert "      NotImplementedError: raise NotImplementedError()\n" in run.stdout
    assert "cell 5 (# YOUR CODE HERE): NotImplementedError:\n" in run.stdout
    assert run.stdout.endswith(
        "public tests: 0 of 4 points; hidden tests are worth 3 more, and run when it is graded\n"
    )


def test_a_cell_that_fails_does_not_stop_the_rest(student: Path, notebook: Path) -> None:
    answer(
        notebook,
        SOLUTIONS | {"q1-1": "x = 1\nx.nothing", "q2-1": "def total(:", "q3-1": "import sys; sys.exit(3)"},
    )
    found = check(student)
    assert verdicts(found) == {"q1": ["failed"], "q2": ["failed", "failed"]}
    told = [(index, verdict, error.partition("(")[0].strip()) for index, verdict, error in errors(found)]
    assert told == [
        (1, "error", "AttributeError: 'int' object has no attribute 'nothing'"),
        (3, "error", "SyntaxError: invalid syntax"),
        (4, "error", "NameError: name 'total' is not defined"),
        (6, "exited", "SystemExit: 3"),
    ]
    assert [cell["verdict"] for cell in found["cells"]].count("ok") == 4


def test_one_question_runs_the_cells_up_to_its_check_and_its_tests_alone(
    student: Path, notebook: Path
) -> None:
    answer(notebook, SOLUTIONS | {"q3-1": "open('ran', 'w')"})
    found = check(student, "-q", "q2")
    assert verdicts(found) == {"q2": ["passed", "passed"]}
    assert [cell["index"] for cell in found["cells"]] == [0, 1, 2, 3, 4, 5]
    assert not (notebook.parent / "ran").exists()
    assert [one["id"] for one in check(student, "--question", "q1")["questions"]] == ["q1"]


def test_a_question_without_public_tests_is_told(student: Path) -> None:
    for question in ("q3", "q4", "nope"):
        run = sorcery(student, "check", "assignments/toy/toy.ipynb", "-q", question)
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr == f"toy has no public tests of '{question}' (it has of: q1, q2)\n"


def test_hidden_tests_are_not_looked_for_where_they_are(staff: Path) -> None:
    answer(staff / "assignments/toy/toy.ipynb", SOLUTIONS)
    write(staff, {"graders/hidden_tests/toy/q1.py": "raise SystemExit('this was run')"})
    found = check(staff)
    assert verdicts(found) == {"q1": ["passed"], "q2": ["passed", "passed"]}
    assert "4242" not in json.dumps(found)


def test_tests_see_the_names_of_their_moment_and_change_none(student: Path, notebook: Path) -> None:
    test = "@test_case(points=1)\ndef test_env(env):\n    assert env['double'](2) == 4\n    env['double'] = None\n"
    write(student, {"assignments/toy/tests/q1.py": HEAD.format("q1") + test})
    answer(notebook, SOLUTIONS | {"q2-1": SOLUTIONS["q2-1"] + "\nassert double(2) == 4\ndouble = None"})
    found = check(student)
    assert (verdicts(found), errors(found)) == ({"q1": ["passed"], "q2": ["passed", "passed"]}, [])


def test_ok_format_tests_run_too(student: Path, notebook: Path) -> None:
    test = "OK_FORMAT = True\ntest = {'name': 'q1', 'points': 1, 'suites': [{'type': 'doctest', 'cases': [\n"
    test += "    {'code': '>>> double(4)\\n8', 'hidden': False}]}]}\n"
    write(student, {"assignments/toy/tests/q1.py": test})
    answer(notebook, SOLUTIONS)
    assert verdicts(check(student))["q1"] == ["passed"]


def test_drawing_in_a_test_does_not_change_what_the_notebook_draws(student: Path, notebook: Path) -> None:
    test = "@test_case(points=1)\ndef test_one(double):\n    import random, numpy\n    random.random(); numpy.random.random()\n"
    write(student, {"assignments/toy/tests/q1.py": HEAD.format("q1") + test})
    seeded = "import random\nrandom.seed(1)\nnp.random.seed(1)\n" + SOLUTIONS["q1-1"]
    # random.seed(1) and numpy.random.seed(1) are followed by these.
    drawn = "assert round(random.random(), 6) == 0.134364\nassert round(np.random.random(), 6) == 0.417022\n"
    answer(notebook, SOLUTIONS | {"q1-1": seeded, "q2-1": drawn + SOLUTIONS["q2-1"]})
    assert errors(check(student)) == []


def test_a_missing_check_cell_is_made_up_for_as_in_grading(student: Path, notebook: Path) -> None:
    answer(notebook, SOLUTIONS | {"q1": "double = None"})
    run = sorcery(student, "check", str(notebook))
    assert run.returncode == 0
    assert (
        "q1  1/1  (4 with its hidden tests)  its check cell is missing: tested at its last cell\n"
        in run.stdout
    )


@pytest.mark.parametrize(
    "code", ["import os; os._exit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]
)
def test_code_that_ends_the_process_is_told_and_what_ran_before_counts(
    student: Path, notebook: Path, code: str
) -> None:
    answer(notebook, SOLUTIONS | {"q2-1": code})
    found = check(student)
    assert verdicts(found) == {"q1": ["passed"], "q2": ["not reached", "not reached"]}
    how = "exit code 0" if "_exit" in code else "SIGSEGV"
    assert errors(found) == [(3, "crashed", f"the Python process ended in this cell ({how})")]
    assert [cell["verdict"] for cell in found["cells"]][-3:] == ["not reached"] * 3
    assert found["questions"][1]["cases"][0]["message"] == "The notebook stopped before this question."


def test_a_test_whose_process_ends_is_told(student: Path, notebook: Path) -> None:
    answer(
        notebook,
        SOLUTIONS | {"q2-1": "def total(values):\n    import os\n    os._exit(7)", "q2-2": "answer = 10"},
    )
    found = check(student)
    assert verdicts(found) == {"q1": ["passed"], "q2": ["error", "not reached"]}
    assert [case["message"] for case in found["questions"][1]["cases"]] == [
        "Your code ended the Python process (sys.exit, os._exit, out of memory or a crash).",
        "Your code ended the process before this test.",
    ]


def test_a_loop_without_end_costs_its_cell_alone(student: Path, notebook: Path) -> None:
    limit(student, "cell: 4s")
    answer(notebook, SOLUTIONS | {"q1-1": "while True:\n    pass"})
    found = check(student)
    assert verdicts(found) == {"q1": ["failed"], "q2": ["passed", "passed"]}
    assert errors(found) == [(1, "timeout", "CellTimeoutError: this cell took longer than it may")]


def test_a_loop_that_swallows_interrupts_is_ended(student: Path, notebook: Path) -> None:
    limit(student, "cell: 4s")
    answer(notebook, SOLUTIONS | {"q2-1": SLEEPER})
    found = check(student)
    assert verdicts(found) == {"q1": ["passed"], "q2": ["not reached", "not reached"]}
    assert errors(found) == [(3, "timeout", "took longer than 4 s and could not be interrupted")]


def test_a_test_without_end_is_told(student: Path, notebook: Path) -> None:
    limit(student, "case: 1s")
    answer(notebook, SOLUTIONS | {"q1-1": "def double(x):\n    while True:\n        pass"})
    found = check(student)
    assert verdicts(found) == {"q1": ["timeout"], "q2": ["passed", "passed"]}
    (case,) = found["questions"][0]["cases"]
    assert case["message"] == "Twice, please.\nTook longer than 1 s. Look for a loop that does not end."
    stubborn = SLEEPER.replace("\n", "\n    ")
    stubborn = f"def double(x):\n    {stubborn}"
    answer(notebook, {"q1-1": stubborn})
    found = check(student)
    assert verdicts(found) == {"q1": ["timeout"], "q2": ["not reached", "not reached"]}
    assert found["questions"][0]["cases"][0]["message"] == case["message"]


def test_the_notebooks_time_as_a_whole_is_that_of_grading(student: Path, notebook: Path) -> None:
    limit(student, "cell: 6s, notebook: 6s")
    answer(notebook, SOLUTIONS | {"q1-1": "import time\ntime.sleep(3)", "q2-1": "time.sleep(3.5)"})
    found = check(student)
    assert [cell["verdict"] for cell in found["cells"]][3:] == ["timeout", *["not reached"] * 4]


def test_what_the_notebook_prints_and_starts_disturbs_nothing(student: Path, notebook: Path) -> None:
    noise = (
        "import os, subprocess, sys, threading, time\n"
        "print('[\"done\"]')\nos.write(1, b'[\"done\"]\\n')\nos.system('echo [1]; echo error >&2')\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "kept = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('pid', 'w').write(str(kept.pid))\n"
        "try:\n    input()\nexcept Exception as error:\n    print(error)\n"
    )
    answer(notebook, SOLUTIONS | {"q1-1": noise + SOLUTIONS["q1-1"]})
    run = sorcery(student, "check", str(notebook))
    assert (run.returncode, run.stdout, run.stderr) == (0, PASSED, "")
    started = int((notebook.parent / "pid").read_text())
    assert not psutil.pid_exists(started) or psutil.Process(started).status() == psutil.STATUS_ZOMBIE


def test_modules_beside_the_notebook_are_found_and_hide_none_of_ours(student: Path, notebook: Path) -> None:
    write(
        notebook.parent, {"helper.py": "factor = 2", "graders.py": "raise SystemExit(9)", "msgspec.py": "1/0"}
    )
    answer(notebook, SOLUTIONS | {"q1-1": "import helper\ndef double(x):\n    return helper.factor * x"})
    assert check(student)["passed"]


def test_a_copy_elsewhere_finds_its_data(student: Path, notebook: Path) -> None:
    answer(notebook, SOLUTIONS)
    copies = [student / "toy-copy.ipynb", student / "assignments/toy/toy.new.ipynb"]
    for copy in copies:
        shutil.copy(notebook, copy)
        run = sorcery(student, "check", str(copy), "--topic", "toy")
        assert (run.returncode, run.stdout) == (0, PASSED)


def test_otters_own_check_says_the_same_of_the_same_answer(student: Path, notebook: Path) -> None:
    wrong = "def double(x):\n    return x + 'a'"
    answer(notebook, SOLUTIONS | {"q1-1": wrong})
    (case,) = check(student, "-q", "q1")["questions"][0]["cases"]
    script = f"from otter.execute import Checker\n{wrong}\n"
    script += "case, = Checker.check('tests/q1.py', None, 'q1', globals()).test_case_results\n"
    script += "print(case.message, case.test_case.failure_message)"
    run = subprocess.run([sys.executable, "-c", script], cwd=notebook.parent, capture_output=True, text=True)
    said = "TypeError: unsupported operand type(s) for +: 'int' and 'str'"
    assert case["message"] == f"Twice, please.\n{said}"
    assert said[:-1] in run.stdout  # otter cuts a character off
    assert "Twice, please." in run.stdout


def test_messages_have_no_power_over_the_terminal(student: Path, notebook: Path) -> None:
    answer(
        notebook,
        SOLUTIONS
        | {"q1-1": "def double(x):\n    return '\\x1b[31m'", "q2-1": "raise ValueError('\\x1b]0;x\\x07\\n')"},
    )
    run = sorcery(student, "check", str(notebook))
    assert not set(run.stdout) & set("\x1b\x07")
    assert "cell 4 (raise ValueError('\\x1b]0;x\\x07\\n')): ValueError:" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", "missing.ipynb"), "missing.ipynb: no such file"),
        (("check", "assignments/toy"), "no such file"),
        (("check", "assignments/toy/tests/q1.py"), "of which topic is q1.py?"),
        (("check", "assignments/toy/toy.ipynb", "--topic", "toi"), "no topic 'toi'"),
        (("check", "assignments/toy/toy.ipynb", "--topic", "far"), "no released notebook of far is here"),
    ],
)
def test_a_wrong_command_is_one_line(student: Path, arguments: tuple[str, ...], says: str) -> None:
    run = sorcery(student, *arguments)
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (2, "", 1)
    assert says in run.stderr


def test_what_is_no_notebook_is_refused_with_the_graders_reason(student: Path, notebook: Path) -> None:
    notebook.write_text(notebook.read_text()[:-20])
    run = sorcery(student, "check", str(notebook))
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
    assert "may have been cut off" in run.stderr


def test_a_faulty_test_is_no_fault_of_the_students(student: Path) -> None:
    write(student, {"assignments/toy/tests/q1.py": HEAD.format("q1") + "def broken(:\n"})
    run = sorcery(student, "check", "assignments/toy/toy.ipynb")
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (2, "", 1)
    assert "a test of this topic is faulty; tell your instructor: " in run.stderr
    assert "q1.py:5: not valid Python" in run.stderr


def test_ctrl_c_ends_the_notebook_too(student: Path, notebook: Path) -> None:
    limit(student, "cell: 500s, notebook: 500s")
    answer(
        notebook,
        {"q1-1": "open('began', 'w').write(str(__import__('os').getpid()))\nimport time\ntime.sleep(400)"},
    )
    command = [sys.executable, "-m", "graders.cli", "check", str(notebook)]
    with subprocess.Popen(command, cwd=student, start_new_session=True, preexec_fn=_heed_interrupts) as run:
        began = notebook.parent / "began"
        deadline = time.monotonic() + 60
        while not began.exists() or not began.read_text():
            assert run.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(run.pid, signal.SIGINT)
        assert run.wait(30) == 130
    assert not psutil.pid_exists(int(began.read_text()))


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_the_bytes_of_the_notebook_decide_nothing_else(student: Path, notebook: Path) -> None:
    """Outputs and metadata of a notebook are not read: the run is fresh."""
    answer(notebook, SOLUTIONS)
    content = json.loads(notebook.read_text())
    for cell in content["cells"]:
        cell["metadata"] = {"nbgrader": {"grade": True, "points": 1000, "grade_id": "q1"}}
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "All tests passed!"}]
    notebook.write_text(json.dumps(content))
    digest = hashlib.sha256(notebook.read_bytes()).hexdigest()
    assert check(student)["points"] == 4
    assert hashlib.sha256(notebook.read_bytes()).hexdigest() == digest
