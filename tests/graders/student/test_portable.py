"""Students' commands need nothing that only POSIX systems have, and nothing of what grades."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graders.alarm import _by_timer
from tests.graders.student.conftest import SOLUTIONS, answer, limit, sorcery, write

# Python as Windows has it, as far as our own modules can tell, and a grader that cannot be imported.
POORER = """
import builtins, os, signal, socket

MISSING = {"fcntl", "grp", "posix", "pty", "pwd", "pyseccomp", "resource", "syslog", "termios"}
STAFFS = {"multiprocessing", "nbgrader", "graders.gradebook", "graders.grader", "graders.autograde"}
STAFFS |= {"graders.build", "graders.sandbox", "graders.extensions"}
STAFFS |= {f"graders.engine.{name}" for name in ("answer", "examine", "inside", "worker", "zygote")}
really = builtins.__import__

def poorer(name, globals=None, locals=None, fromlist=(), level=0):
    if str((globals or {}).get("__name__", "")).partition(".")[0] == "graders":
        for one in (name, *(f"{name}.{inner}" for inner in fromlist or ())):
            parts = one.split(".")
            if not {".".join(parts[:end]) for end in range(1, len(parts) + 1)}.isdisjoint(MISSING | STAFFS):
                raise ImportError(f"{globals['__name__']} imports {one}")
    return really(name, globals, locals, fromlist, level)

builtins.__import__ = poorer
for module, names in {
    os: ("fork", "forkpty", "killpg", "pread", "pwrite", "sched_getaffinity", "setsid", "O_NOFOLLOW")
    + ("O_NONBLOCK", "O_DIRECTORY", "O_CLOEXEC", "mkfifo"),
    signal: ("SIGALRM", "alarm", "setitimer", "getitimer", "pthread_sigmask", "ITIMER_REAL"),
    socket: ("send_fds", "recv_fds"),
}.items():
    for name in names:
        delattr(module, name)
"""


@pytest.fixture
def windows(tmp_path: Path) -> dict[str, str]:
    """The environment of a poorer Python, for it and for the processes it starts."""
    write(tmp_path / "poorer", {"sitecustomize.py": POORER})
    paths = [str(tmp_path / "poorer"), str(Path(__file__).parents[3])]
    return {"PYTHONPATH": os.pathsep.join(paths), "LOGNAME": "", "USER": "", "LNAME": "", "USERNAME": "ada"}


def test_the_poorer_python_is_one(windows: dict[str, str], tmp_path: Path) -> None:
    """Else the tests below would hold of anything."""
    code = "import os; assert not hasattr(os, 'fork'); import graders.engine.zygote"
    env = {**os.environ, **windows}
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert "ImportError: graders.engine.zygote imports graders.sandbox" in run.stderr


def test_a_topic_from_fetch_to_receipt(archive: Path, tmp_path: Path, windows: dict[str, str]) -> None:
    root = tmp_path / "student"
    root.mkdir()

    def run(*arguments: str) -> str:
        done = sorcery(root, *arguments, **windows)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    assert run("fetch", "toy", "--from", str(archive)).count("added") == 6
    answer(root / "assignments/toy/toy.ipynb", SOLUTIONS)
    assert "kept     assignments/toy/toy.ipynb" in run("fetch", "toy", "--from", str(archive))
    assert "public tests: 4 of 4 points" in run("check", "assignments/toy/toy.ipynb")
    assert "by ada, version 1" in run("submit", "assignments/toy/toy.ipynb")
    assert "1 version" in run("list")
    told = sorcery(root, "feedback", "toy", **windows)
    assert told.stderr.startswith("this course has no exchange; feedback comes to where you uploaded")
    assert run("lab", "--", "--version")


def test_code_without_end_is_interrupted_without_signals_too(student: Path, windows: dict[str, str]) -> None:
    limit(student, "cell: 4s, case: 1s")
    notebook = student / "assignments/toy/toy.ipynb"
    answer(
        notebook,
        SOLUTIONS | {"q1-1": "def double(x):\n    while True:\n        x += 1", "q3-1": "while True: pass"},
    )
    run = sorcery(student, "check", str(notebook), **windows)
    assert (run.returncode, run.stderr) == (1, "")
    assert "Took longer than 1 s. Look for a loop that does not end." in run.stdout
    assert "public tests: 3 of 4 points" in run.stdout
    assert "CellTimeoutError: this cell took longer than it may" in run.stdout


class Rang(BaseException):
    pass


def test_a_timer_rings_in_running_code_and_never_afterwards() -> None:
    with pytest.raises(Rang), _by_timer(0.05, Rang):
        sum(1 for _ in itertools.count())
    with _by_timer(0.01, Rang):
        pass
    for _ in range(200_000):
        pass


def test_an_exchange_is_not_written_to_from_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from graders.errors import UsageError
    from graders.exchange import Exchange

    monkeypatch.setattr("graders.exchange.WINDOWS", True)
    with pytest.raises(UsageError, match="use --upload"):
        Exchange(tmp_path, "deep").check_inbound("ada")


def test_only_what_a_command_needs_is_imported(student: Path) -> None:
    """None of these comes with `sorcery submit`, so it begins at once."""
    code = (
        "import sys; from graders.cli import app; sys.argv[1:] = ['submit', 'assignments/toy/toy.ipynb'];\n"
        "try: app()\nexcept SystemExit: pass\n"
        "heavy = ('torch', 'otter', 'nbgrader', 'numpy', 'IPython', 'matplotlib', 'pandas', 'jupyterlab')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=student, capture_output=True, text=True)
    assert run.stdout.splitlines()[-1] == "[]"
