"""Otter files run against a namespace served by another process, with no change to either."""

import os
import socket
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graders.engine.answer import serve
from graders.errors import AuthorError, PeerGone, PeerTimeout
from graders.otter_tests import load_question, run_case
from graders.records import CaseResult, CaseVerdict
from graders.remote import Namespace, Remote, RemoteError

Serve = Callable[[str], Namespace]


@pytest.fixture
def student() -> Iterator[Serve]:
    """Executes source in a forked process, as a snapshot does, and gives the Namespace it serves."""
    opened: list[tuple[int, socket.socket]] = []

    def start(source: str) -> Namespace:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            namespace: dict[str, Any] = {}
            exec(textwrap.dedent(source), namespace)
            serve(theirs, namespace)
            os._exit(0)
        theirs.close()
        opened.append((pid, ours))
        space = Namespace(ours)
        space.allow(10)
        return space

    yield start
    for pid, sock in opened:
        sock.close()
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def write(folder: Path, body: str, name: str = "q1") -> Path:
    folder.mkdir(exist_ok=True)
    head = "from otter.test_files import test_case\nOK_FORMAT = False\n"
    (folder / f"{name}.py").write_text(head + f'name = "{name}"\npoints = None\n' + textwrap.dedent(body))
    return folder


def run_hidden(tmp_path: Path, body: str, space: Namespace, seconds: float = 5) -> CaseResult:
    question = load_question(tmp_path / "none", write(tmp_path / "hidden", body), "q1")
    return run_case(question.cases[0], space, seed=1, seconds=seconds)


MODEL = """
    import torch
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    class Box:
        size = 3
        items = [1, 2]
    box = Box()
    def scale(x, *, by=2): return x * by
    def naturals():
        n = 0
        while True:
            yield n
            n += 1
    def fail(): raise ValueError("not today")
    table = {(0, 1): 0.5}
"""


def test_a_module_answers_calls_parameters_and_its_state(student: Serve) -> None:
    import torch

    model = student(MODEL)["model"]
    assert type(model) is Remote
    assert [tuple(p.shape) for p in model.parameters()] == [(3, 4), (3,), (2, 3), (2,)]
    assert sum(p.numel() for p in model.parameters()) == 23
    state = model.state_dict()
    x = torch.randn(5, 4)
    hidden = torch.relu(x @ state["0.weight"].T + state["0.bias"])
    torch.testing.assert_close(model(x).detach(), hidden @ state["2.weight"].T + state["2.bias"])
    assert type(model[0]) is Remote
    assert len(model) == 3


def test_functions_objects_items_and_endless_generators_work_by_reference(student: Serve) -> None:
    space = student(MODEL)
    assert space["scale"](3, by=5) == 15
    box = space["box"]
    box.size = 7
    assert box.size == 7
    with pytest.raises(AttributeError):
        box.absent  # noqa: B018
    table = space["table"]
    table[(0, 1)] = 2.5
    assert table[(0, 1)] == 2.5
    assert [n for n, _ in zip(space["naturals"](), range(200), strict=False)] == list(range(200))
    assert space.get("nothing") is None
    with pytest.raises(ValueError, match="not today") as caught:
        space["fail"]()
    assert isinstance(caught.value, RemoteError)


@pytest.mark.parametrize(
    "use",
    [
        lambda r: isinstance(r, dict),
        bool,
        lambda r: r == 1,
        lambda r: r + 1,
        lambda r: r < 1,
        float,
        __import__("numpy").asarray,
        __import__("copy").copy,
    ],
)
def test_what_a_remote_cannot_do_names_the_way_that_works(student: Serve, use: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"lives in the student's process; (use|ask|say) "):
        use(student(MODEL)["model"])


def test_only_values_and_their_own_objects_can_be_sent(student: Serve) -> None:
    space = student(MODEL)
    with pytest.raises(TypeError, match="only values cross"):
        space["scale"](lambda: 1)
    assert type(space["scale"].__call__) is not Remote


def test_an_otter_file_passes_and_fails_with_its_points_and_messages(tmp_path: Path, student: Serve) -> None:
    public = write(
        tmp_path / "public",
        """
        @test_case(points=1, failure_message="Look at the factor.")
        def test_scale(scale):
            assert scale(2) == 5, f"scale(2) is {scale(2)}, not 5"
        """,
    )
    hidden = write(
        tmp_path / "hidden",
        """
        @test_case(points=2, hidden=True, failure_message="Another factor fails.")
        def test_secret(scale):
            assert scale(2, by=123456) == 1, "123456 is the secret input"
        @test_case(points=3, hidden=True)
        def test_env(env):
            assert env["scale"](2) == 4
        """,
    )
    question = load_question(public, hidden, "q1")
    assert question.possible == 6
    space = student(MODEL)
    first, second, third = (run_case(case, space, seed=1, seconds=5) for case in question.cases)
    assert first.message == "Look at the factor.\nscale(2) is 4, not 5"
    assert (second.verdict, second.message) == (CaseVerdict.FAILED, "Another factor fails.")
    assert "123456" in second.detail
    assert (third.verdict, third.points) == (CaseVerdict.PASSED, 3)


def test_ok_format_runs_against_the_remote_namespace(tmp_path: Path, student: Serve) -> None:
    folder = tmp_path / "public"
    folder.mkdir()
    cases = [{"code": ">>> scale(2)\n4"}, {"code": ">>> box.size == 4\nTrue"}]
    (folder / "q1.py").write_text(
        f'OK_FORMAT = True\ntest = {{"name": "q1", "points": 2, "suites": [{{"cases": {cases!r}}}]}}\n'
    )
    question = load_question(folder, tmp_path / "none", "q1")
    verdicts = [run_case(case, student(MODEL), seed=1, seconds=5).verdict for case in question.cases]
    assert verdicts == [CaseVerdict.PASSED, CaseVerdict.FAILED]


def test_a_name_that_is_not_there_fails_with_its_name(tmp_path: Path, student: Serve) -> None:
    result = run_hidden(tmp_path, "@test_case(points=1)\ndef t(absent): pass\n", student(MODEL))
    assert result.verdict is CaseVerdict.FAILED
    assert "`absent` is not defined" in result.detail


def test_a_case_that_swallows_the_death_of_the_student_does_not_pass(tmp_path: Path, student: Serve) -> None:
    body = "@test_case(points=1)\ndef t(f):\n    try: f()\n    except Exception: pass\n"
    space = student("import os\ndef f(): os._exit(0)")
    assert run_hidden(tmp_path, body, space).verdict is CaseVerdict.ERROR
    assert isinstance(space.lost, PeerGone)


def test_an_endless_loop_is_a_timeout_wherever_it_spins(tmp_path: Path, student: Serve) -> None:
    space = student("def f():\n    while True: pass")
    space.allow(0.5)
    assert run_hidden(tmp_path, "@test_case(points=1)\ndef t(f): f()\n", space).verdict is CaseVerdict.TIMEOUT
    assert isinstance(space.lost, PeerTimeout)
    spinning = "@test_case(points=1)\ndef t(f):\n    while True:\n        pass\n"
    result = run_hidden(tmp_path, spinning, student("f = 1"), seconds=0.2)
    assert result.verdict is CaseVerdict.TIMEOUT


def test_inputs_are_those_of_the_seed(tmp_path: Path, student: Serve) -> None:
    folder = write(
        tmp_path / "h",
        "@test_case(points=1)\ndef t(scale):\n    import torch\n    assert False, torch.rand(3)\n",
    )
    case = load_question(tmp_path / "none", folder, "q1").cases[0]
    space = student(MODEL)
    details = [run_case(case, space, seed=seed, seconds=5).detail for seed in (1, 1, 2)]
    assert details[0] == details[1] != details[2]


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("OK_FORMAT = False\nname = 'q1'\ndef (", ":3", "not valid Python"),
        ("name = 'q1'\n", ":1", "does not say its format"),
        ("OK_FORMAT = False\nname = 'q2'\n", ":2", "is named 'q2'"),
        ("OK_FORMAT = False\nname = 'q1'\n1 / 0\n", ":3", "ZeroDivisionError"),
        ("OK_FORMAT = False\nname = 'q1'\ndef t(): pass\ndef t(): pass\n", ":4", "a second t"),
    ],
)
def test_a_malformed_file_is_its_authors_error(tmp_path: Path, text: str, place: str, says: str) -> None:
    (tmp_path / "q1.py").write_text(text)
    with pytest.raises(AuthorError) as caught:
        load_question(tmp_path, tmp_path / "none", "q1")
    assert f"q1.py{place}: " in str(caught.value)
    assert says in str(caught.value)


def test_a_question_without_tests_is_its_authors_error(tmp_path: Path) -> None:
    with pytest.raises(AuthorError, match="no test file"):
        load_question(tmp_path, tmp_path, "q9")
