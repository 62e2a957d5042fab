"""A batch that is ended again and again comes to what one that is left alone does, and does nothing twice."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
from logged import mend, notebook, timeless, written

from graders.assignment import read_assignment
from graders.course import load_course
from graders.digests import digests
from graders.records import Result

STUDENTS = [f"s{number}" for number in range(9)]
GRADE = ("grade", "toy", "in", "--seed", "7", "--isolation", "none", "--jobs", "2")
REGRADE = ("regrade", "toy", "--isolation", "none", "--jobs", "2")


class Term:
    """A course in which students' cells write down whose they are."""

    def __init__(self, root: Path) -> None:
        self.root, self.log = root, root / "log.txt"
        self.results = root / ".sorcery/results/toy"
        written(root, self.log)
        (root / "in").mkdir()
        for number, student in enumerate(STUDENTS):
            told = f"with open({str(self.log)!r}, 'a') as log: log.write('{student}\\n')\n"
            answers = {
                "q1": f"{told}import random, time\ntime.sleep(0.2)\ndef q1(x): return 2 * x\nprint(random.random())",
                "q2": f"{told}def q2(x): return {3 + 3 * (number % 2)} * x",
                "q3": f"{told}def q3(x): return 4 * x" if number % 3 else f"{told}raise ValueError({number})",
            }
            (root / f"in/{student}.ipynb").write_bytes(notebook(**answers))

    def start(self, *command: str, stdout: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "graders.cli", *command],
            cwd=self.root,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(self, *command: str) -> dict[str, Result]:
        with self.start(*command) as run:
            _, errors = run.communicate()
        assert run.returncode == 0, errors
        return self.graded()

    def found(self) -> dict[str, bytes]:
        """What lies in the store now; each result is there whole or not at all."""
        return {path.stem: path.read_bytes() for path in self.results.glob("*.json")}

    def graded(self) -> dict[str, Result]:
        return {name: msgspec.json.decode(data, type=Result) for name, data in self.found().items()}

    def cells_run(self) -> Counter[str]:
        return Counter(self.log.read_text().split()) if self.log.exists() else Counter()

    def end(
        self, chance: random.Random, command: tuple[str, ...], done: Callable[[], int], *, at_once: bool
    ) -> None:
        """Begins the batch and ends it some moment after it has `done` some more: by SIGKILL, of its first
        process or of all that a terminal would reach, or by Ctrl-C; `at_once`, by SIGKILL after the first."""
        wanted, after = done() + chance.randrange(3), chance.uniform(0.0, 0.4)
        how = chance.choice(["first", "group", "interrupt"])
        if at_once:
            wanted, after, how = done() + 1, 0.0, "group"
        with self.start(*command) as run:
            while done() < wanted + (how == "interrupt") and run.poll() is None:
                time.sleep(0.01)
            time.sleep(after)
            if how == "first":
                run.kill()
            elif run.poll() is None:
                os.killpg(run.pid, signal.SIGINT if how == "interrupt" else signal.SIGKILL)
            _, errors = run.communicate()
        assert "Traceback" not in errors
        assert run.returncode in (130, 0) if how == "interrupt" else run.returncode in (-signal.SIGKILL, 0)


def test_a_batch_that_is_killed_is_gone_on_with(tmp_path: Path) -> None:
    term = Term(tmp_path)
    undisturbed = term.run(*GRADE)
    shutil.rmtree(term.root / ".sorcery")
    settled = _disturb(term, random.Random(4), GRADE, 4, before={})
    assert any(0 < len(done) < len(STUDENTS) for done in settled)
    final = term.run(*GRADE)
    _nothing_done_twice(term, settled)
    assert _timeless(final) == _timeless(undisturbed)


def test_so_is_the_grading_of_a_mended_test_which_leaves_the_old_result_or_the_new(tmp_path: Path) -> None:
    term, state = Term(tmp_path), tmp_path / ".sorcery"
    term.run(*GRADE)
    shutil.copytree(state, tmp_path / "kept")
    mend(term.root, term.log, "q2", "q2(1) > 3")  # every second student's returns 3
    whole = term.run(*GRADE, "--force")
    shutil.rmtree(state)
    (tmp_path / "kept").rename(state)
    before = term.found()
    settled = _disturb(term, random.Random(5), REGRADE, 3, before=before)
    assert any(0 < len(done) < len(STUDENTS) for done in settled)
    final = term.run(*REGRADE)
    _nothing_done_twice(term, settled)
    assert {result.regraded for result in final.values()} == {("q2",)}
    assert _timeless(final) == _timeless(whole)
    with term.start("show", str(term.results / "s0.json"), stdout=subprocess.PIPE) as shown:
        assert "q2; the rest is of an earlier time" in shown.communicate()[0]
    assert {name: result.points for name, result in whole.items()} == {
        student: 3 + (3 if number % 2 else 1) + (3 if number % 3 else 0)
        for number, student in enumerate(STUDENTS)
    }


def _timeless(results: dict[str, Result]) -> dict[str, Result]:
    return {name: timeless(result) for name, result in results.items()}


Settled = dict[str, tuple[bytes, int]]  # student -> the result, and how many cells had run


def _disturb(
    term: Term, chance: random.Random, command: tuple[str, ...], times: int, before: dict[str, bytes]
) -> list[Settled]:
    """What was settled after each of so many ends; `before` is what lay there and is not settled."""

    def new() -> dict[str, bytes]:
        return {name: data for name, data in term.found().items() if before.get(name) != data}

    topic = load_course(term.root).topic("toy")
    wanted = digests(topic, read_assignment(topic))
    settled = []
    for number in range(times):
        term.end(chance, command, lambda: len(new()), at_once=number == 0)
        done, ran = new(), term.cells_run()
        for data in done.values():
            result = msgspec.json.decode(data, type=Result)
            assert result.tests_sha256 == wanted.whole
            assert {one.id: one.tests_sha256 for one in result.questions} == wanted.questions
        settled.append({name: (data, ran[name]) for name, data in done.items()})
    return settled


def _nothing_done_twice(term: Term, settled: list[Settled]) -> None:
    """Of what was settled once, no byte has changed and no cell has run since."""
    found, ran = term.found(), term.cells_run()
    for done in settled:
        assert {name: (found[name], ran[name]) for name in done} == done
