"""What a submission can reach in a tier; each attack succeeds with the tier off, so it is one."""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from suite import excuse

from graders.engine.worker import Worker, Zygote
from graders.errors import SandboxError, UsageError
from graders.records import CellVerdict, Limits, Tier
from graders.sandbox.policy import policy
from graders.sandbox.tiers import choose, missing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")

LIMITS = Limits(cell_seconds=10, notebook_seconds=30, memory_bytes=300 << 20, output_bytes=3000)
COURSE = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def zygotes() -> Iterator[dict[Tier, Zygote]]:
    if why := missing(Tier.FULL):
        if machine := excuse(Tier.FULL, os.geteuid()):
            pytest.skip(f"{machine}: {why}")
        pytest.fail(f"this machine lacks nothing for the tier, but: {why}")
    with (
        Zygote(["numpy"], policy(Tier.FULL, LIMITS, hidden=COURSE)) as full,
        Zygote(["numpy"], policy(Tier.NONE, LIMITS)) as none,
    ):
        yield {Tier.FULL: full, Tier.NONE: none}


@pytest.fixture
def worker(zygotes: dict[Tier, Zygote]) -> Iterator[Worker]:
    forked = zygotes[Tier.FULL].fork()
    forked.begin(LIMITS)
    yield forked
    forked.close()


@pytest.fixture
def unconfined(zygotes: dict[Tier, Zygote]) -> Iterator[Worker]:
    forked = zygotes[Tier.NONE].fork()
    forked.begin(LIMITS)
    yield forked
    forked.close()


def says(worker: Worker, source: str) -> str:
    result, outputs = worker.run(0, source)
    return result.error or "".join(output.get("text", "") for output in json.loads(outputs))


ATTACKS = {
    "reads the course": (
        f"print('got', open({str(COURSE / 'pyproject.toml')!r}).read(9))",
        "No such file",
    ),
    "lists another process": (
        f"import os; os.kill({os.getpid()}, 0); print('got')",
        "No such process",
    ),
    "opens a socket": (
        "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print('got')",
        "Operation not permitted",
    ),
    "reads the environment of its parent": (
        "import os; print('got', open(f'/proc/{os.getppid()}/environ').read(0), len(os.environ) > 8)",
        "Permission denied",
    ),
    "imports the grader's packages from disk": (
        """
import sys
for name in [name for name in sys.modules if name.startswith("graders")]:
    del sys.modules[name]
import graders.course
print("got")""",
        "No module named",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_works_unconfined_fails_in_full(worker: Worker, unconfined: Worker, attack: str) -> None:
    source, refused = ATTACKS[attack]
    assert says(unconfined, source).startswith("got")
    assert refused in says(worker, source)


def test_the_system_is_read_only_and_home_is_writable(worker: Worker) -> None:
    assert "Error" in says(worker, "open('/usr/planted', 'w')")
    assert says(worker, "open('mine', 'w').write('x'); print(open('mine').read())") == "x\n"
    assert says(worker, "import getpass, os; print(getpass.getuser(), os.getcwd())").split() == [
        "student",
        "/home/student",
    ]


@pytest.mark.parametrize("kind", [Tier.FULL, Tier.NONE])
def test_everything_it_started_is_dead_when_it_is_closed(zygotes: dict[Tier, Zygote], kind: Tier) -> None:
    forked = zygotes[kind].fork()
    forked.begin(LIMITS)
    mark = f"sorcery-daemon-{os.getpid()}"
    daemon = (
        "import subprocess, sys\n"
        f"code = 'import os, time\\nif os.fork() == 0:\\n os.setsid()\\n os.fork()\\n time.sleep(600)'\n"
        f"subprocess.run([sys.executable, '-c', code, {mark!r}])"
    )
    forked.run(0, daemon)
    deadline = time.monotonic() + 30
    while len(_running(mark)) != 2:  # the second fork is its own child's business
        assert time.monotonic() < deadline
    forked.close()
    assert _running(mark) == []


def test_a_submission_whose_keeper_is_killed_dies_with_it(zygotes: dict[Tier, Zygote]) -> None:
    forked = zygotes[Tier.NONE].fork()
    forked.begin(LIMITS)
    worker = psutil.Process(int(says(forked, "import os; print(os.getpid())")))
    keeper = worker.parent().parent()
    folder = Path(worker.cwd())
    keeper.kill()
    psutil.wait_procs([worker], timeout=30)
    assert not worker.is_running()
    with pytest.raises(SandboxError, match="lost their keeper"):
        forked.close()
    shutil.rmtree(folder)


def _running(mark: str) -> list[int]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if mark in (process.info["cmdline"] or ()):
            found.append(process.pid)
    return found


def test_memory_is_that_of_the_whole_tree(worker: Worker) -> None:
    """Each child stays below the limit of one process; together they are over."""
    source = (
        "import os, time\n"
        "for _ in range(3):\n"
        "    if os.fork() == 0:\n"
        "        held = bytearray(150 << 20)\n"
        "        held[::4096] = b'x' * len(held[::4096])\n"
        "        time.sleep(60)\n"
        "held = bytearray(180 << 20)\n"
        "held[::4096] = b'x' * len(held[::4096])\n"
        "time.sleep(60)"
    )
    result, _ = worker.run(0, source)
    assert result.verdict in (CellVerdict.OUT_OF_MEMORY, CellVerdict.TIMEOUT)
    worker.close()
    assert worker.memory_exceeded


def test_shared_memory_is_counted_once_without_isolation_too(unconfined: Worker) -> None:
    """As an ordinary user, whose keeper may only look at processes that can be looked at."""
    said = says(unconfined, "print(__import__('os').access('/proc/self/smaps_rollup', 4), end=' ')")
    said += says(unconfined, "print(__import__('ctypes').CDLL(None).prctl(3))  # PR_GET_DUMPABLE")
    assert said.split()[-1] == "1"


def test_memory_of_one_process_is_an_error_and_the_notebook_goes_on(worker: Worker) -> None:
    assert worker.run(0, "x = bytearray(1 << 30)")[0].verdict is CellVerdict.OUT_OF_MEMORY
    assert says(worker, "print('on')") == "on\n"


def test_output_of_subprocesses_and_of_c_code_is_the_cells(worker: Worker) -> None:
    assert "from a shell" in says(worker, "import os; os.system('echo from a shell');")
    assert "straight" in says(worker, "import os; os.write(2, b'straight');")
    result, outputs = worker.run(0, "import os\nfor _ in range(1000): os.write(1, b'x' * 100)")
    assert result.cut
    assert len(json.loads(outputs)[0]["text"]) < 4000


def test_a_tier_is_chosen_only_when_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose("none") is Tier.NONE
    with pytest.raises(UsageError, match="choose from"):
        choose("wool")
    monkeypatch.setattr("graders.sandbox.tiers.missing", lambda tier: f"no {tier} here")
    with pytest.raises(UsageError, match=r"no full here.*no flat here.*--isolation none"):
        choose()


def test_a_course_that_landlock_would_show_is_refused() -> None:
    for tier in (Tier.FLAT, Tier.LANDLOCK):
        with pytest.raises(UsageError, match="move the course"):
            policy(tier, LIMITS, hidden=Path("/usr/src/course"))
    assert policy(Tier.FULL, LIMITS, hidden=Path("/usr/src/course")).hidden == ("/usr/src/course",)
