"""A warm process forks workers; each question is tested on the namespace its check cell saw."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from graders.engine.worker import Worker, Zygote
from graders.errors import InternalError, PeerTimeout
from graders.records import CellVerdict, Limits, Tier
from graders.sandbox.policy import policy
from graders.sandbox.tiers import missing

LIMITS = Limits(cell_seconds=1, notebook_seconds=20, output_bytes=2000)


@pytest.fixture(scope="module", params=[Tier.FULL, Tier.NONE])
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    if request.param is not Tier.NONE and (why := missing(request.param)):
        pytest.skip(why)
    with Zygote(["torch"], policy(request.param, LIMITS)) as warm:
        yield warm


@pytest.fixture
def worker(zygote: Zygote, tmp_path: Path) -> Iterator[Worker]:
    forked = zygote.fork(tmp_path)
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


def test_a_figure_is_drawn_inline(zygote: Zygote, tmp_path: Path) -> None:
    drawer = zygote.fork(tmp_path)
    drawer.begin(Limits())
    _, outputs = drawer.run(0, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    drawer.close()
    (output,) = json.loads(outputs)
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


def test_submissions_share_nothing(zygote: Zygote, tmp_path: Path) -> None:
    first, second = zygote.fork(tmp_path), zygote.fork(tmp_path)
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
