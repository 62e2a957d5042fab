"""A warm process forks workers; each question is tested on the namespace its check cell saw."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
from suite import excuse

from graders.engine.worker import Forks, Worker, Zygote
from graders.engine.zygote import Order
from graders.errors import InternalError, PeerTimeout
from graders.pools import THREAD_VARIABLES
from graders.records import CellVerdict, Limits, Tier
from graders.sandbox.policy import policy
from graders.sandbox.tiers import missing

LIMITS = Limits(cell_seconds=1, notebook_seconds=20, output_bytes=2000)


@pytest.fixture(scope="module", params=[Tier.FULL, Tier.NONE])
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    if request.param is not Tier.NONE and (why := missing(request.param)):
        if machine := excuse(request.param, os.geteuid()):
            pytest.skip(f"{machine}: {why}")
        pytest.fail(f"this machine lacks nothing for the tier, but: {why}")
    with Zygote(["torch"], policy(request.param, LIMITS)) as warm:
        yield warm


@pytest.fixture
def worker(zygote: Zygote) -> Iterator[Worker]:
    forked = zygote.fork()
    forked.begin(LIMITS)
    yield forked
    forked.close()


def value(worker: Worker, index: int, source: str) -> str:
    return json.loads(worker.run(index, source)[1])[0]["data"]["text/plain"]


def test_cells_leave_outputs_as_jupyter_would(worker: Worker) -> None:
    _, outputs = worker.run(0, "import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7")
    assert [(o["output_type"], o.get("text") or o["data"]["text/plain"]) for o in json.loads(outputs)] == [
        ("stream", "out\n"),
        ("stream", "err\n"),
        ("execute_result", "42"),
    ]
    assert value(worker, 1, "await __import__('asyncio').sleep(0)\n'awaited'") == "'awaited'"
    assert worker.run(2, "%time 5")[0].verdict is CellVerdict.OK


def test_a_figure_is_drawn_inline(zygote: Zygote) -> None:
    drawer = zygote.fork()
    drawer.begin(Limits())
    _, outputs = drawer.run(0, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    drawer.close()
    # Imported here for the first time, matplotlib may say that it looks for fonts.
    (output,) = [one for one in json.loads(outputs) if one["output_type"] != "stream"]
    assert output["output_type"] == "display_data"
    assert output["data"]["image/png"].startswith("iVBOR")


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("1 / 0", CellVerdict.ERROR),
        ("def (", CellVerdict.ERROR),
        ("import sys; sys.exit(3)", CellVerdict.EXITED),
        ("while True: pass", CellVerdict.TIMEOUT),
        ("raise MemoryError", CellVerdict.OUT_OF_MEMORY),
        ("while True:\n    try:\n        1 / 0\n    except Exception: pass", CellVerdict.TIMEOUT),
    ],
)
def test_cells_after_a_failing_one_still_run(worker: Worker, source: str, verdict: CellVerdict) -> None:
    assert worker.run(0, source)[0].verdict is verdict
    assert value(worker, 1, "'still here'") == "'still here'"


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("import os; os._exit(0)", CellVerdict.CRASHED),
        ("import ctypes; ctypes.string_at(0)", CellVerdict.CRASHED),
        (
            "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass",
            CellVerdict.TIMEOUT,
        ),
    ],
)
def test_a_process_that_is_lost_keeps_the_snapshots_before(
    worker: Worker, source: str, verdict: CellVerdict
) -> None:
    worker.run(0, "x = 1")
    snapshot = worker.snapshot()
    assert snapshot is not None
    assert worker.run(1, source)[0].verdict is verdict
    assert worker.run(2, "x = 2")[0].verdict is CellVerdict.NOT_REACHED
    assert worker.snapshot() is None
    with snapshot.round(5) as space:
        assert space["x"] == 1
    snapshot.close()


def test_a_snapshot_sees_its_moment_and_each_round_a_fresh_copy(worker: Worker) -> None:
    worker.run(
        0,
        "import torch\nw = torch.ones(2, requires_grad=True)\ndef grow():\n    data.append(1)\n    return len(data)\ndata = []",
    )
    early = worker.snapshot()
    worker.run(1, "data = [1, 2, 3]\n(w * 3).sum().backward()\ndef norm(): return w.grad.norm().item()")
    late = worker.snapshot()
    assert early is not None
    assert late is not None
    for _ in range(2):
        with early.round(5) as space:
            assert (space["grow"](), space["grow"](), len(space["data"])) == (1, 2, 2)
    with late.round(5) as space:
        assert space["data"] == [1, 2, 3]
        assert space["norm"]() == pytest.approx(18**0.5)
    early.close()
    late.close()


def test_a_round_that_hangs_leaves_the_next_one_whole(worker: Worker) -> None:
    worker.run(0, "def hang():\n    while True: pass\nx = 5")
    snapshot = worker.snapshot()
    assert snapshot is not None
    with snapshot.round(0.5) as space, pytest.raises(PeerTimeout):
        space["hang"]()
    with snapshot.round(5) as space:
        assert space["x"] == 5
    snapshot.close()


def test_output_over_the_limit_is_cut_and_the_cell_goes_on(worker: Worker) -> None:
    result, outputs = worker.run(0, "print('x' * 100_000)\ndone = True")
    assert result.cut
    assert result.verdict is CellVerdict.OK
    assert len(outputs) < 3000
    assert value(worker, 1, "done") == "True"


def test_check_cells_run_no_test_in_the_students_process(worker: Worker) -> None:
    source = "import otter, sys\ngrader = otter.Notebook('cnn.ipynb')\ngrader.check('q1')\n'otter.test_files' in sys.modules"
    assert value(worker, 0, source) == "False"


def test_bytes_written_into_the_control_channel_are_tampering(worker: Worker) -> None:
    source = "import os, stat\nfor fd in range(3, 64):\n    try:\n        if stat.S_ISSOCK(os.fstat(fd).st_mode): os.write(fd, b'\\xff' * 64)\n    except OSError: pass"
    assert worker.run(0, source)[0].verdict is CellVerdict.CRASHED
    assert worker.tampered


def test_submissions_share_nothing(zygote: Zygote) -> None:
    first, second = zygote.fork(), zygote.fork()
    for forked in (first, second):
        forked.begin(LIMITS)
    first.run(0, "import torch\ntorch.relu = None\nmine = 1")
    _, outputs = second.run(0, "import torch\n(torch.relu is None, 'mine' in globals())")
    assert json.loads(outputs)[0]["data"]["text/plain"] == "(False, False)"
    first.close()
    second.close()


def test_a_module_that_does_not_exist_is_our_error() -> None:
    with pytest.raises(InternalError, match="did not start"):
        Zygote(["no_such_module_anywhere"], policy(Tier.NONE, LIMITS)).wait_until_warm()


def test_a_length_is_believed_as_far_as_items_come(worker: Worker) -> None:
    worker.run(
        0,
        "class Lying:\n    def __len__(self): return 20\n    def __getitem__(self, i): return [1.0, 2.0][i]\n"
        "class Mute:\n    def __len__(self): return 20\n"
        "lying, mute = Lying(), Mute()\nimport torch\nlayers = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.ReLU())",
    )
    snapshot = worker.snapshot()
    assert snapshot is not None
    with snapshot.round(10) as names:
        assert len(names["layers"]) == 2
        assert list(names["lying"]) == [1.0, 2.0]
        for liar in ("lying", "mute"):
            with pytest.raises(TypeError):
                len(names[liar])
    snapshot.close()


def test_an_error_that_cannot_be_printed_ends_its_cell_only(worker: Worker) -> None:
    source = "class Cruel(Exception):\n    def __str__(self): raise Cruel\nraise Cruel"
    result, _ = worker.run(0, source)
    assert (result.verdict, result.error) == (
        CellVerdict.ERROR,
        "Cruel: (an exception that cannot be printed)",
    )
    assert worker.run(1, "1")[0].verdict is CellVerdict.OK


def test_a_fork_that_fails_is_our_error_and_the_warm_process_lives_on() -> None:
    code = (
        "import errno, os, sys\nfrom graders.engine import zygote\nfork, failures = os.fork, [1]\n"
        "def failing():\n    if failures:\n        failures.pop()\n        raise OSError(errno.EAGAIN, 'no process')\n"
        "    return fork()\nos.fork = failing\nsys.argv = ['', '0']\nzygote.main()"
    )
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    single = os.environ | dict.fromkeys(THREAD_VARIABLES, "1")
    with ours, subprocess.Popen([sys.executable, "-c", code], stdin=theirs.fileno(), env=single) as process:
        theirs.close()
        ours.send(msgspec.json.encode(Order([], policy(Tier.NONE, LIMITS), tempfile.gettempdir())))
        assert ours.recv(64) == b"ready"
        forks = Forks(ours)
        with pytest.raises(InternalError, match="no answer"):
            forks.fork()
        second = forks.fork()
        second.begin(LIMITS)
        assert value(second, 0, "6 * 7") == "42"
        second.close()
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends when its imports are done")
@pytest.mark.parametrize("when", ["it imports", "it is warm"])
def test_the_warm_process_ends_with_who_started_it_and_leaves_nothing(when: str, tmp_path: Path) -> None:
    start = (
        "import sys, time\nfrom graders.engine.worker import Zygote\nfrom graders.records import Limits, Tier\n"
        "from graders.sandbox.policy import policy\nzygote = Zygote(['torch'], policy(Tier.NONE, Limits()))\n"
        "if sys.argv[1] == 'it is warm': zygote.wait_until_warm()\n"
        "print(zygote._process.pid, flush=True)\ntime.sleep(600)"
    )
    environment = dict(os.environ, TMPDIR=str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", start, when], stdout=subprocess.PIPE, text=True, env=environment
    ) as starter:
        assert starter.stdout
        warm = psutil.Process(int(starter.stdout.readline()))
        while when == "it imports" and not list(tmp_path.glob("sorcery-home-*")):
            assert warm.is_running()
        starter.kill()
    psutil.wait_procs([warm], timeout=60)
    assert not warm.is_running()
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_comes_back_from_a_cell_speaks_for_nobody(worker: Worker) -> None:
    assert worker.run(0, "import os\nx = 5\nos.fork();")[0].verdict is CellVerdict.OK
    assert worker.run(1, "def twice():\n    os.fork()\n    return 2")[0].verdict is CellVerdict.OK
    assert value(worker, 2, "x") == "5"
    snapshot = worker.snapshot()
    assert snapshot
    with snapshot.round(5) as names:
        assert [names["twice"]() for _ in range(3)] == [2, 2, 2]
    snapshot.close()
    assert not worker.tampered
