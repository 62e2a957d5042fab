"""When tests were mended only their questions are graded again; when that cannot be, the submission.

Every cell of a notebook, and every case, writes its name into a file, so that what ran can be told.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from logged import QUESTIONS, mend, notebook, timeless, write, written

from graders import mended
from graders.course import Course, load_course
from graders.engine.worker import Zygote
from graders.grader import Graded, Grader, Task
from graders.records import CaseVerdict, Limits, Result, Tier, Verdict
from graders.sandbox.linux import set_dumpable
from graders.sandbox.policy import policy
from graders.store import ResultStore


class Toy:
    """A course of one topic on disk, and its gradings, one after another."""

    def __init__(self, root: Path, zygote: Zygote) -> None:
        self.root, self._zygote, self._log = root, zygote, root / "log.txt"
        written(root, self._log)

    @property
    def course(self) -> Course:
        return load_course(self.root)

    def write(self, name: str, text: str) -> None:
        write(self.root / name, text, self._log)

    def mend(self, question: str, passes: str = "True", points: int = 2) -> None:
        mend(self.root, self._log, question, passes, points)

    def handed(self, **answers: str) -> bytes:
        return notebook(**answers).replace(b"'LOG'", repr(str(self._log)).encode())

    def grade(self, data: bytes, earlier: Result | None = None, seed: int = 5) -> Graded:
        self._log.write_text("")
        task = Task("ada", "ada.ipynb", data, seed, earlier=earlier)
        return Grader(self.course.topic("toy"), Tier.NONE, self._zygote).grade(task)

    def ran(self) -> list[str]:
        return self._log.read_text().split()


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(["numpy"], policy(Tier.NONE, Limits())) as warm:
        yield warm
    set_dumpable(True)  # a Grader takes it from its process


@pytest.fixture
def toy(tmp_path: Path, zygote: Zygote) -> Toy:
    return Toy(tmp_path, zygote)


@pytest.mark.parametrize(
    "asked", [some for count in (1, 2) for some in itertools.combinations(QUESTIONS, count)], ids="+".join
)
def test_only_mended_questions_are_graded_again_to_what_the_whole_would_give(
    toy: Toy, asked: tuple[str, ...]
) -> None:
    data = toy.handed(q1="def q1(x): return 2 * x + 1")  # so that what was drawn is told
    first = toy.grade(data)
    assert (first.result.verdict, first.result.regraded) == (Verdict.GRADED, ())
    for question in asked:
        toy.mend(question, passes=f"{question}(1) > 2")
    again = toy.grade(data, first.result, seed=6)
    ran = toy.ran()
    assert ran == [
        *QUESTIONS[: QUESTIONS.index(asked[-1]) + 1],
        *(f"{question}_{kind}" for kind in ("public", "hidden") for question in asked),
    ]
    assert again.result.regraded == asked
    assert again.notebook == b""
    untouched = [question for question in first.result.questions if question.id not in asked]
    assert [question for question in again.result.questions if question.id not in asked] == untouched
    assert again.result.cells == first.result.cells

    whole = toy.grade(data, seed=5)
    assert toy.ran() == [*QUESTIONS, *(f"{q}_{kind}" for kind in ("public", "hidden") for q in QUESTIONS)]
    assert whole.result.questions[0].points == 0
    assert timeless(again.result) == timeless(whole.result)
    assert again.result.notebook_sha256 == whole.result.notebook_sha256


def test_of_a_test_that_was_mended_twice_the_last_counts(toy: Toy) -> None:
    data = toy.handed()
    first = toy.grade(data)
    toy.mend("q2", passes="False")
    second = toy.grade(data, first.result)
    toy.mend("q3", passes="False")
    third = toy.grade(data, second.result)
    assert third.result.regraded == ("q3",)
    assert [question.points for question in third.result.questions] == [3, 1, 1]
    assert third.result.points == 5
    assert timeless(third.result) == timeless(toy.grade(data).result)


def test_an_address_in_memory_is_no_other_outcome(toy: Toy) -> None:
    answer = "import os\ndef q1(x): return 2 * x\nprint(f'<q1 at 0x{os.getpid() << 20:x}>')\n"
    data = toy.handed(q1=answer + "raise ValueError(f'at 0x{os.getpid() << 20:x}')")
    first = toy.grade(data)
    toy.mend("q2", passes="False")
    again = toy.grade(data, first.result)
    assert again.result.regraded == ("q2",)
    assert again.result.points == 7


def test_a_notebook_that_comes_to_something_else_is_graded_whole_and_no_cell_runs_twice(toy: Toy) -> None:
    answer = "def q2(x): return 3 * x\nimport time\nprint(time.time_ns())"
    data = toy.handed(q2=answer)
    first = toy.grade(data)
    toy.mend("q1", passes="False")
    assert toy.grade(data, first.result).result.regraded == ("q1",)  # what differs comes later
    toy.mend("q3", passes="False")
    again = toy.grade(data, first.result, seed=6)
    assert [one for one in toy.ran() if one in QUESTIONS] == [*QUESTIONS]
    assert again.result.regraded == ()
    assert [question.points for question in again.result.questions] == [1, 3, 1]
    assert again.notebook
    assert again.result.cells[3].shown_sha256 != first.result.cells[3].shown_sha256
    assert again.result.cells[5].seconds != first.result.cells[5].seconds


def test_a_cell_that_now_takes_too_long_is_something_else(toy: Toy, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    answer = f"import os\ndef q1(x): return 2 * x\nwhile os.path.exists({str(seen)!r}): pass"
    data = toy.handed(q1=answer)
    first = toy.grade(data)
    toy.mend("q2", passes="False")
    seen.touch()
    again = toy.grade(data, first.result)
    assert (again.result.verdict, again.result.regraded) == (Verdict.TIMEOUT, ())


def test_a_case_that_took_too_long_is_mended_by_itself_and_one_that_now_does_tells(toy: Toy) -> None:
    data = toy.handed()
    toy.mend("q2", passes="sum(1 for _ in iter(int, 1))")
    slow = toy.grade(data)
    assert (slow.result.verdict, slow.result.points) == (Verdict.TIMEOUT, 7)
    toy.mend("q2")
    mended_one = toy.grade(data, slow.result)
    assert mended_one.result.regraded == ("q2",)
    assert (mended_one.result.verdict, mended_one.result.points) == (Verdict.GRADED, 9)
    toy.mend("q2", passes="sum(1 for _ in iter(int, 1))")
    again = toy.grade(data, mended_one.result)
    assert timeless(again.result) == timeless(slow.result)
    toy.mend("q1", passes="False")  # q2's timeout would stay: what the process came to then is not known
    assert toy.grade(data, again.result).result.regraded == ()


def test_a_process_that_ends_in_a_mended_test_is_that_questions_alone(toy: Toy) -> None:
    data = toy.handed(q2="import os\ndef q2(x): return os._exit(0) if x == -1 else 3 * x")
    first = toy.grade(data)
    assert first.result.points == 9
    toy.mend("q2", passes="q2(-1)")
    again = toy.grade(data, first.result)
    assert again.result.regraded == ("q2",)
    assert again.result.questions[1].cases[1].verdict is CaseVerdict.ERROR
    assert timeless(again.result) == timeless(toy.grade(data).result)


def test_what_a_mended_test_finds_tampered_with_is_graded_whole(toy: Toy) -> None:
    attack = "for fd in range(3, 64):\n        try: os.write(fd, b'x' * 64)\n        except OSError: pass"
    data = toy.handed(q2=f"import os\ndef q2(x):\n    if x >= 0: return 3 * x\n    {attack}")
    first = toy.grade(data)
    assert first.result.points == 9
    toy.mend("q2", passes="q2(-1)")
    again = toy.grade(data, first.result)
    assert (again.result.verdict, again.result.regraded) == (Verdict.TAMPERED, ())
    assert toy.ran().count("q1") == 2
    assert timeless(again.result) == timeless(toy.grade(data).result)


@pytest.mark.parametrize(
    "change",
    ["data", "helper", "another notebook's cell", "points", "a written question's stub", "otter.json", "all"],
)
def test_what_all_questions_have_in_common_has_all_graded_again(toy: Toy, change: str) -> None:
    data = toy.handed()
    first = toy.grade(data)
    toy.mend("q2", passes="False")
    released = toy.root / "assignments/toy/toy.ipynb"
    text = released.read_text()
    match change:
        case "data":
            toy.write("assignments/toy/data/more.csv", "1")
        case "helper":
            toy.write("graders/hidden_tests/toy/shared/helper.py", "x = 1")
        case "another notebook's cell":
            released.write_text(text.replace('"id": "q3-1"', '"id": "q3-2"'))
        case "points":
            released.write_text(text.replace('"points": 3', '"points": 4', 1))
        case "a written question's stub":
            released.write_text(text.replace('"HERE"', '"Here."'))
        case "otter.json":
            toy.write("graders/hidden_tests/toy/otter.json", '{"schema": 1}')
        case "all":
            toy.mend("q1", passes="True and True")
            toy.mend("q3", passes="True and True")
    again = toy.grade(data, first.result, seed=6)
    assert (again.result.regraded, again.result.seed) == ((), 6)
    assert toy.ran().count("q3_hidden") >= 1
    assert again.notebook


def test_whatever_decides_points_changes_the_key(toy: Toy) -> None:
    def key() -> str:
        return toy.grade(toy.handed()).result.key

    keys = [key()]
    released = toy.root / "assignments/toy/toy.ipynb"
    released.write_text(released.read_text().replace('"HERE"', '"Here."'))
    keys.append(key())
    toy.write("assignments/toy/data/more.csv", "1")
    keys.append(key())
    toy.mend("q1", points=1)
    keys.append(key())
    assert len(set(keys)) == 4
    released.write_text(released.read_text().replace('"metadata": {}', '"metadata": {"tags": []}'))
    assert key() == keys[-1]


@pytest.mark.parametrize("change", ["sha256", "engine", "limits", "isolation", "verdict", "of before"])
def test_a_result_of_something_else_holds_in_no_part(toy: Toy, change: str) -> None:
    first = toy.grade(toy.handed()).result
    assert mended.may_hold(first, first)
    other = {
        "sha256": {"sha256": "0" * 64},
        "engine": {"engine": "0.0"},
        "limits": {"limits": Limits(cell_seconds=1)},
        "isolation": {"isolation": Tier.FULL},
        "verdict": {"verdict": Verdict.OUT_OF_MEMORY},
        "of before": {"common_sha256": ""},
    }
    assert not mended.may_hold(replace(first, **other[change]), first)


def test_a_notebook_that_is_not_the_results_own_has_all_graded_again(toy: Toy, tmp_path: Path) -> None:
    graded = toy.grade(toy.handed())
    store = ResultStore(tmp_path / "state", "toy")
    assert mended.kept(store, "ada") is None
    store.write(graded.result)
    assert mended.kept(store, "ada") is None
    store.write_notebook("ada", graded.notebook)
    assert mended.kept(store, "ada") == graded.result
    store.write_notebook("ada", graded.notebook + b" ")
    assert mended.kept(store, "ada") is None
