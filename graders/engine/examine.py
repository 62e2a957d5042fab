"""One notebook, examined: its cells run, its questions tested, and what came of each.

Tests run only after the last cell: no code whose output is shown is still running when hidden
inputs cross the channel. All public cases go before any hidden one, over all questions, because a
public failure may quote the student's code, and by then it has seen nothing hidden.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import re
import signal
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from graders.answers import CodeCell, Where, place
from graders.engine.worker import Snapshot, Worker
from graders.errors import ChannelError, Tampered
from graders.executed import MAX_OUTPUT_BYTES
from graders.otter_tests import Case, QuestionTests, case_seed, not_reached, run_case
from graders.records import (
    CaseResult,
    CaseVerdict,
    CellResult,
    CellVerdict,
    Limits,
    QuestionResult,
    Verdict,
    worst,
)
from graders.remote import Namespace, RemoteError
from graders.seeding import seed_everything

_SPARE_CPU_SECONDS = 10.0
_CELL_VERDICTS = {
    CellVerdict.TIMEOUT: Verdict.TIMEOUT,
    CellVerdict.OUT_OF_MEMORY: Verdict.OUT_OF_MEMORY,
    CellVerdict.CRASHED: Verdict.CRASHED,
}


# Differs from one run to the next, and says nothing: <function f at 0x7f3a5c1e2d40>
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,16}\b")


@dataclass(frozen=True, slots=True)
class Before:
    """What came of the same notebook's cells, in their order, on the same seed, and the questions to be
    tested this time."""

    cells: Sequence[CellResult]
    asked: Set[str]


@dataclass(frozen=True, slots=True)
class Examination:
    """What examining one notebook gave. `in_part`: its cells came to the same as before up to the last that
    the questions asked need, so none ran after that one and no other question was tested."""

    verdict: Verdict
    questions: tuple[QuestionResult, ...]
    cells: tuple[CellResult, ...]
    outputs: dict[int, bytes | None]  # cell index -> what its process says are its outputs; None: not kept
    timings: dict[str, float]  # stage -> wall seconds: cells, snapshots, tests, end
    in_part: bool = False

    @property
    def points(self) -> float:
        return sum(question.points for question in self.questions)


def examine(
    worker: Worker,
    cells: Sequence[CodeCell],
    tests: Mapping[str, QuestionTests],
    limits: Limits,
    *,
    seed: int,
    before: Before | None = None,
) -> Examination:
    """Runs `cells` in `worker`, a fresh one, then every test, and closes it.

    A question whose check cell comes several times is tested where it comes last; one whose check
    cell is missing, at its last cell, or else at the end of the notebook.

    With `before`, what it asks is enough while each cell comes to what it came to then. From the first that
    does not on, the notebook is examined whole: the namespaces of all questions up to there are kept for it.
    """
    places = {question: place(question, cells) for question in tests}
    snapshots: dict[str, Snapshot] = {}
    times = [time.perf_counter()]
    try:
        worker.begin(limits, notebook_seed(seed))
        ran = _run(worker, cells, places, snapshots, before)
        worker.stop()
        if before is not None and ran.in_part:
            tests = {question: asked for question, asked in tests.items() if question in before.asked}
        times.append(time.perf_counter())
        questions, tampered = _test(tests, places, snapshots, limits, seed)
        times.append(time.perf_counter())
    finally:
        for snapshot in snapshots.values():
            snapshot.close()
        worker.close()
    verdict = overall(ran.results, questions, bool(worker.tampered) or tampered)
    if worker.memory_exceeded:
        verdict = worst(verdict, Verdict.OUT_OF_MEMORY)
    times.append(time.perf_counter())
    running, testing, ending = (after - before for before, after in itertools.pairwise(times))
    timings = {"cells": running - ran.copying, "snapshots": ran.copying, "tests": testing, "end": ending}
    return Examination(verdict, questions, ran.results, ran.outputs, timings, ran.in_part)


@dataclass(frozen=True, slots=True)
class _Ran:
    """What came of the cells, what they showed, how long taking the snapshots took, and whether the cells
    after the last one needed were left out."""

    results: tuple[CellResult, ...]
    outputs: dict[int, bytes | None]
    copying: float
    in_part: bool


def _run(
    worker: Worker,
    cells: Sequence[CodeCell],
    places: Mapping[str, tuple[int, Where]],
    snapshots: dict[str, Snapshot],
    before: Before | None,
) -> _Ran:
    results: list[CellResult] = []
    outputs: dict[int, bytes | None] = {}
    room = MAX_OUTPUT_BYTES
    copying = 0.0
    same = before is not None and len(before.cells) == len(cells)
    needed = max((places[question][0] for question in before.asked), default=-1) if before else -1
    for position, cell in enumerate(cells):
        result, output = worker.run(cell.index, cell.source, limit=cell.seconds)
        result = replace(result, shown_sha256=_shown(output))
        results.append(result)
        room -= len(output)
        outputs[cell.index] = output if room >= 0 else None
        ran = time.perf_counter()
        for question, (index, _) in places.items():
            if index == cell.index and (snapshot := worker.snapshot()) is not None:
                snapshots[question] = snapshot
        copying += time.perf_counter() - ran
        if before is not None and same:
            same = _came_to(result) == _came_to(before.cells[position])
            if same and cell.index == needed and before.asked <= snapshots.keys():
                return _Ran(tuple(results), outputs, copying, True)
    return _Ran(tuple(results), outputs, copying, False)


def _shown(outputs: bytes) -> str:
    """SHA-256 of a cell's outputs, as JSON; empty for none."""
    text = _ADDRESS.sub("at 0x", outputs.decode("utf-8", "replace"))
    return "" if text == "[]" else hashlib.sha256(text.encode()).hexdigest()


def _came_to(cell: CellResult) -> CellResult:
    """A cell's result without what differs between runs that came to the same."""
    return replace(cell, error=_ADDRESS.sub("at 0x", cell.error), seconds=0.0)


def _test(
    tests: Mapping[str, QuestionTests],
    places: Mapping[str, tuple[int, Where]],
    snapshots: Mapping[str, Snapshot],
    limits: Limits,
    seed: int,
) -> tuple[tuple[QuestionResult, ...], bool]:
    results: dict[str, list[CaseResult]] = {question: [] for question in tests}
    tampered = False
    for hidden in (False, True):
        for question, asked in tests.items():
            snapshot = snapshots.get(question)
            cases = [case for case in asked.cases if case.hidden is hidden]
            if cases and asked.in_order:  # what comes before a hidden case runs once more before it
                cases = [case for case in asked.cases if hidden or not case.hidden]
            own = question_seed(seed, question)
            done, broken = _run_cases(snapshot, cases, limits, own, together=asked.seed)
            results[question] += [result for result in done if result.hidden is hidden]
            tampered |= broken
    results = {question: _counted(tests[question], found) for question, found in results.items()}
    return tuple(
        QuestionResult(
            id=question,
            points=sum(result.points for result in results[question]),
            possible=asked.possible,
            seed=question_seed(seed, question),
            cases=tuple(results[question]),
            snapshot=places[question][1] if question in snapshots else "none",
            seconds=round(sum(result.seconds for result in results[question]), 6),
        )
        for question, asked in tests.items()
    ), tampered


def _counted(asked: QuestionTests, results: list[CaseResult]) -> list[CaseResult]:
    """With the points that count; of an `in_order` question in the order of its file."""
    if asked.in_order:
        ordered = {hidden: iter([r for r in results if r.hidden is hidden]) for hidden in (False, True)}
        results = [next(ordered[case.hidden]) for case in asked.cases]
    if asked.all_or_nothing and any(result.verdict is not CaseVerdict.PASSED for result in results):
        return [replace(result, points=0.0) for result in results]
    return results


def _run_cases(
    snapshot: Snapshot | None,
    cases: Sequence[Case],
    limits: Limits,
    seed: int,
    *,
    together: int | None = None,
) -> tuple[list[CaseResult], bool]:
    """`together`: what a round draws from, both sides of it; else each case from `seed` and its own name."""
    if snapshot is None:
        return [not_reached(case, "The notebook stopped before this question.") for case in cases], False
    results: list[CaseResult] = []
    tampered = False
    while len(results) < len(cases):
        before = len(results)
        with snapshot.round(limits.case_seconds) as names:
            if together is not None:
                _seed_both(names, together)
            # A round ends early only when its process is lost; the next begins from a fresh copy.
            while len(results) < len(cases) and names.lost is None:
                index = len(results)
                names.allow(limits.case_seconds)
                with cpu_backstop(2 * limits.case_seconds + _SPARE_CPU_SECONDS):
                    result = run_case(
                        cases[index],
                        names,
                        seed=case_seed(seed, cases[index], index) if together is None else None,
                        seconds=limits.case_seconds,
                    )
                results.append(result)
            tampered |= isinstance(names.lost, Tampered)
        if len(results) == before:  # the snapshot itself is gone
            why = "Your code ended the process that kept this question."
            results += [not_reached(case, why) for case in cases[before:]]
    return results, tampered


def _seed_both(names: Namespace, seed: int) -> None:
    seed_everything(seed)
    with contextlib.suppress(RemoteError, ChannelError):  # a process that is lost is found so by its cases
        names.ask("seed", seed)


@contextlib.contextmanager
def cpu_backstop(seconds: float) -> Iterator[None]:
    """Has the kernel end this process when a test computes for so long without coming back to Python,
    where its alarm would reach it: `sum(range(n))` for an `n` of the student's. The batch goes on."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def overall(cells: Sequence[CellResult], questions: Sequence[QuestionResult], tampered: bool) -> Verdict:
    """The verdict on a notebook whose cells and questions came to these."""
    verdicts = [_CELL_VERDICTS[cell.verdict] for cell in cells if cell.verdict in _CELL_VERDICTS]
    if any(cell.cut for cell in cells):
        verdicts.append(Verdict.OUTPUT_LIMIT)
    if any(case.verdict is CaseVerdict.TIMEOUT for question in questions for case in question.cases):
        verdicts.append(Verdict.TIMEOUT)
    if tampered:
        verdicts.append(Verdict.TAMPERED)
    return worst(*verdicts)


def notebook_seed(seed: int) -> int:
    """What the notebook itself draws from, and can read: it tells nothing of the questions' seeds."""
    return int.from_bytes(hashlib.sha256(f"{seed} notebook".encode()).digest()[:4], "big")


def question_seed(seed: int, question: str) -> int:
    """The 32-bit seed of one question; a function of the submission's seed and the question's id."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{question}".encode()).digest()[:4], "big")
