"""`sorcery grade --cluster`: on a scheduler with two workers that see nothing of the course's folder."""

import contextlib
import gc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from graders.cluster import Cluster
from graders.sandbox.tiers import missing
from tests.graders.test_grade import cell

ROOT = Path(__file__).parents[2]
HEAD = "from otter.test_files import test_case\nOK_FORMAT = False\npoints = None\nname = 'q1'\n"
PUBLIC = HEAD + "@test_case(points=1)\ndef test_one(double):\n    assert double(1) == 2\n"
HIDDEN = HEAD + (
    "import random\n@test_case(points=3, hidden=True)\ndef test_all(double):\n"
    "    number = random.randrange(10**9)\n    assert double(number) == 2 * number, number\n"
)
RIGHT = "def double(x): return 2 * x"
CAN_HIDE = (
    os.geteuid() == 0
    and shutil.which("unshare") is not None
    and subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).returncode == 0
)
# What this one has of the calls that confine a process is refused to what it starts.
WITHOUT_CONFINEMENT = """
import os, sys, pyseccomp
rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
for call in ("unshare", "landlock_create_ruleset"):
    rules.add_rule(pyseccomp.ERRNO(1), call)
rules.load()
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def notebook(answer: str) -> str:
    cells = [
        cell("code", answer, "q1-1", grade=False, solution=True),
        cell("code", 'grader.check("q1")', "q1", grade=True, solution=False, points=4),
    ]
    about = {"sorcery": {"schema": 1, "topic": "toy"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": cells})


@pytest.fixture
def course(tmp_path: Path) -> Path:
    files = {
        "assignments/course.yaml": "schema: 1\ncourse: {id: c, title: C}\ntopics:\n"
        "  - {id: toy, title: Toy, points: {auto: 4, manual: 0}, limits: {cell: 4s, notebook: 10s}}\n",
        "assignments/toy/toy.ipynb": notebook("def double(x):\n    raise NotImplementedError()"),
        "assignments/toy/tests/q1.py": PUBLIC,
        "assignments/toy/data/scale.txt": "2",
        "graders/hidden_tests/toy/q1.py": HIDDEN,
        "in/ada.ipynb": notebook("def double(x): return int(open('data/scale.txt').read()) * x"),
        "in/bob.ipynb": notebook("def double(x): return 2"),
        "in/cyd.ipynb": notebook("import random; print(random.random())\n" + RIGHT),
        "in/dan.ipynb": notebook("import time; time.sleep(60)"),
        "in/eve.ipynb": notebook("x")[:-9],
        "in/fay.ipynb": notebook("import os; os._exit(3)"),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def sorcery(course: Path, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graders.cli", *arguments]
    environment = {**os.environ, "NO_COLOR": "1", **more}
    return subprocess.run(command, cwd=course, capture_output=True, text=True, env=environment, check=False)


def by_student(shown: str) -> dict[str, dict[str, Any]]:
    return {result["student"]: result for result in json.loads(shown)}


class Workers:
    """A scheduler and its workers, in a folder of their own. Where that can be had, they do not see the
    folders of the tests, and so no course."""

    def __init__(self, place: Path, unseen: Path) -> None:
        self.place, self._started = place, list[subprocess.Popen[str]]()
        self._blind = []
        if CAN_HIDE:
            hide = f'mount -t tmpfs none "{unseen}" && exec "$@"'
            self._blind = ["unshare", "--mount", "sh", "-c", hide, "sh"]
        self.scheduler = self._start(
            ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"], {}
        )
        assert self.scheduler.stderr is not None
        said = next(found for line in self.scheduler.stderr if (found := re.search(r"tcp://[\d.:]+", line)))
        self.address = said[0]

    def start(self, name: str, *, before: tuple[str, ...] = (), **more: str) -> subprocess.Popen[str]:
        place = self.place / name
        place.mkdir()
        command = ["distributed.cli.dask_worker", self.address, "--nthreads", "1", "--name", name]
        command += ["--local-directory", str(place), "--no-dashboard"]
        return self._start(command, more, before)

    def _start(
        self, module: list[str], more: dict[str, str], before: tuple[str, ...] = ()
    ) -> subprocess.Popen[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.place), **more}
        log = subprocess.PIPE if "scheduler" in module[0] else subprocess.DEVNULL
        command = [*self._blind, sys.executable, *before, "-m", *module]
        run = subprocess.Popen(command, cwd=self.place, env=environment, stderr=log, text=True)
        self._started.append(run)
        return run

    def wait_for(self, count: int) -> None:
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=60)

    def end(self) -> None:
        for run in reversed(self._started):
            if self.scheduler.poll() is None:
                run.terminate()
            else:
                run.kill()  # it would wait for a scheduler
            run.wait(30)
        assert self.scheduler.stderr is not None
        self.scheduler.stderr.close()


@pytest.fixture(scope="module")
def make_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Workers]]:
    made = []

    def make() -> Workers:
        place = Path(tempfile.mkdtemp(prefix="workers-"))
        place.chmod(0o755)
        made.append(Workers(place, tmp_path_factory.getbasetemp()))
        return made[-1]

    yield make
    for one in made:
        one.end()
        shutil.rmtree(one.place, ignore_errors=True)  # a worker that was killed may still be ending


@pytest.fixture(scope="module")
def workers(make_workers: Callable[[], Workers]) -> Workers:
    started = make_workers()
    started.start("one")
    started.start("two")
    started.wait_for(2)
    return started


def untimed(value: Any) -> Any:
    if isinstance(value, dict):
        timed = ("seconds", "started", "timings")
        return {key: untimed(inner) for key, inner in value.items() if key not in timed}
    return [untimed(inner) for inner in value] if isinstance(value, list) else value


def test_results_are_those_of_this_machine_bit_for_bit(course: Path, workers: Workers) -> None:
    def graded(*where: str) -> tuple[Any, dict[str, bytes]]:
        shutil.rmtree(course / ".sorcery", ignore_errors=True)
        run = sorcery(course, "grade", "toy", "in", "--seed", "5", "--json", *where)
        assert run.returncode == 0, run.stderr
        ran = {path.parts[-3]: path.read_bytes() for path in course.glob(".sorcery/autograded/*/*/*.ipynb")}
        return untimed(json.loads(run.stdout)), ran

    there = graded("--cluster", workers.address)
    assert {result["student"]: (result["verdict"], result["points"]) for result in there[0]} == {
        "ada": ("graded", 4),
        "bob": ("graded", 1),
        "cyd": ("graded", 4),
        "dan": ("timeout", 0),
        "eve": ("rejected", 0),
        "fay": ("crashed", 0),
    }
    assert there == graded()
    assert not [path for path in workers.place.rglob("*") if path.name in ("q1.py", "toy.ipynb")]


@pytest.mark.skipif(not CAN_HIDE, reason="a folder cannot be hidden from the workers here")
def test_the_workers_cannot_see_the_course(course: Path, workers: Workers) -> None:
    """So what they graded by came with the submissions."""
    from distributed import Client

    with Client(workers.address, set_as_default=False) as client:
        seen = client.run(os.path.exists, str(course / "assignments/course.yaml"))
    assert list(seen.values()) == [False, False]


LOOK = """
import os
found = [f"{folder}/{name}" for folder, _, names in os.walk(PLACE) for name in names if name == "q1.py"]
print("found", len([name for name in found if open(name).read()]))
def double(x): return 2 * x
"""


def test_what_came_with_a_submission_is_out_of_its_reach(course: Path, workers: Workers) -> None:
    (course / "ada.ipynb").write_text(notebook(LOOK.replace("PLACE", repr(str(workers.place)))))

    def said(*isolation: str) -> str:
        where = ("--cluster", workers.address, "--force", "--json")
        run = sorcery(course, "grade", "toy", "ada.ipynb", *where, *isolation)
        assert by_student(run.stdout)["ada"]["points"] == 4, run.stderr
        ran = json.loads((course / ".sorcery/autograded/ada/toy/toy.ipynb").read_text())
        return str(ran["cells"][0]["outputs"][0]["text"])

    assert said("--isolation", "flat" if missing_full() else "full") == "found 0\n"
    assert said("--isolation", "none") == "found 4\n"  # a public and a hidden one, of each worker


def missing_full() -> str:
    from graders.records import Tier

    return missing(Tier.FULL)


def test_what_a_worker_had_that_was_killed_is_graded_again(course: Path, workers: Workers) -> None:
    for name in ("ada", "bob"):
        (course / f"in/{name}.ipynb").write_text(notebook("import time\ntime.sleep(2)\n" + RIGHT))
    command = [sys.executable, "-m", "graders.cli", "grade", "toy", "in/ada.ipynb", "in/bob.ipynb", "--json"]
    command += ["--cluster", workers.address]
    with subprocess.Popen(command, cwd=course, stdout=subprocess.PIPE, text=True) as run:
        wait_for_a_worker_that_grades().kill()
        shown = run.communicate()[0]
    assert run.returncode == 0
    assert {name: result["points"] for name, result in by_student(shown).items()} == {"ada": 4, "bob": 4}


def test_a_client_that_is_killed_leaves_no_test_on_its_workers(course: Path, workers: Workers) -> None:
    (course / "in/ada.ipynb").write_text(notebook("import time\ntime.sleep(2)\n" + RIGHT))
    command = [
        sys.executable,
        "-m",
        "graders.cli",
        "grade",
        "toy",
        "in/ada.ipynb",
        "--cluster",
        workers.address,
    ]
    with subprocess.Popen(command, cwd=course) as run:
        wait_for_a_worker_that_grades()
        assert list(workers.place.rglob("hidden_tests/toy/q1.py"))
        run.kill()
    deadline = time.monotonic() + 60
    while list(workers.place.rglob("q1.py")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for_a_worker_that_grades(begun: int = 2) -> psutil.Process:
    """One of Dask's processes that has a warm process, of which there is a submission, in a keeper; with
    `begun` 0, a warm process that may have none yet."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for one in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it has just ended
                parent = one.parent()
                warm = "graders.engine.zygote" in one.cmdline() and len(one.children(recursive=True)) >= begun
                if warm and parent is not None and "graders.engine.zygote" not in parent.cmdline():
                    return parent
        time.sleep(0.02)
    raise AssertionError("no worker graded anything")


def test_faulty_tests_are_told_where_their_author_has_them(course: Path, workers: Workers) -> None:
    (course / "graders/hidden_tests/toy/q1.py").write_text(HEAD + "def broken(:\n    pass\n")
    run = sorcery(course, "grade", "toy", "in", "--cluster", workers.address)
    assert run.returncode == 2
    assert run.stderr.startswith(f"{course}/graders/hidden_tests/toy/q1.py:5: ")
    assert len(run.stderr.strip().splitlines()) == 1


def test_what_dask_leaves_half_done_is_not_told(workers: Workers, caplog: pytest.LogCaptureFixture) -> None:
    """A wait of its own that times out as the loop ends, which nobody comes to hear of."""
    with Cluster(workers.address) as cluster:
        loop = cluster._loop
        left = loop.create_future()
        loop.call_soon_threadsafe(left.set_exception, TimeoutError("Timeout"))
    del left, loop, cluster
    gc.collect()
    assert not caplog.records


def test_a_worker_of_another_kind_is_left_out_with_the_reason(
    course: Path, tmp_path: Path, make_workers: Callable[[], Workers]
) -> None:
    workers = make_workers()
    shutil.copytree(ROOT / "graders", workers.place / "other/graders")
    about = workers.place / "other/graders/__init__.py"
    about.write_text(re.sub(r'__version__ = ".*"', '__version__ = "0.0.1"', about.read_text()))
    lame = workers.place / "lame.py"
    lame.write_text(WITHOUT_CONFINEMENT)
    workers.start("old", PYTHONPATH=str(workers.place / "other"))
    workers.start("open", before=(str(lame),))
    workers.wait_for(2)
    run = sorcery(course, "grade", "toy", "in", "--cluster", workers.address)
    assert run.returncode == 2
    assert len(run.stderr.strip().splitlines()) == 1
    assert f"no worker of {workers.address} can grade" in run.stderr
    assert "sorcery is 0.0.1 there" in run.stderr
    assert "full isolation: " in run.stderr

    workers.start("able")
    workers.wait_for(3)
    command = ["grade", "toy", "in/ada.ipynb", "--cluster", workers.address, "--json"]
    run = sorcery(course, *command)
    assert by_student(run.stdout)["ada"]["points"] == 4
    assert len(re.findall("^left out: ", run.stderr, re.MULTILINE)) == 2


@pytest.mark.parametrize("begun", [0, 2])
def test_a_scheduler_that_is_killed_is_said_to_be_lost(
    course: Path, make_workers: Callable[[], Workers], begun: int
) -> None:
    """Whether its workers get ready, or grade."""
    workers = make_workers()
    workers.start("able")
    workers.wait_for(1)
    (course / "in/ada.ipynb").write_text(notebook("import time\ntime.sleep(2)\n" + RIGHT))
    command = ["grade", "toy", "in/ada.ipynb", "--cluster", workers.address]
    with subprocess.Popen(
        [sys.executable, "-m", "graders.cli", *command], cwd=course, stderr=subprocess.PIPE, text=True
    ) as going:
        wait_for_a_worker_that_grades(begun)
        workers.scheduler.kill()
        said = going.communicate()[1]
    assert going.returncode == 2
    assert len(said.strip().splitlines()) == 1
    assert "the connection to the scheduler was lost; what is graded is saved, and the same command" in said


def test_an_interrupted_batch_saves_what_its_workers_had(course: Path) -> None:
    for number in range(6):
        (course / f"many/s{number}.ipynb").parent.mkdir(exist_ok=True)
        answer = f"import time\ntime.sleep(0.8)\n{RIGHT}  # {number}"
        (course / f"many/s{number}.ipynb").write_text(notebook(answer))
    command = [sys.executable, "-m", "graders.cli", "grade", "toy", "many", "--cluster", "local:2"]
    heed = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
    with subprocess.Popen(
        command, cwd=course, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=heed
    ) as run:
        results = course / ".sorcery/results/toy"
        while not list(results.glob("s*.json")):
            assert run.poll() is None
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal sends it: to everyone in the foreground
        errors = run.communicate()[1]
    assert run.returncode == 130, errors
    assert "Traceback" not in errors
    early = [json.loads(path.read_text()) for path in results.glob("s*.json")]
    assert 0 < len(early) < 6
    assert [result["points"] for result in early] == [4] * len(early)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("toy", "in", "--cluster", "local:0"), "write how many workers, from local:1 to local:256"),
        (
            ("toy", "in", "--cluster", "tcp://127.0.0.1:1"),
            "no scheduler of Dask answers at tcp://127.0.0.1:1",
        ),
        (("toy", "in", "--cluster", "no such address"), "no scheduler of Dask answers"),
        (
            ("toy", "in", "--cluster", "tls://127.0.0.1:1"),
            "no scheduler of Dask answers at tls://127.0.0.1:1: TLS",
        ),
        (("ps1", "--nbgrader", "course", "--cluster", "local:2"), "leave out --cluster"),
    ],
)
def test_bad_input_is_one_line_and_a_non_zero_exit(
    course: Path, arguments: tuple[str, ...], says: str
) -> None:
    run = sorcery(course, "grade", *arguments, DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="1s")
    assert run.returncode == 2
    assert says in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
