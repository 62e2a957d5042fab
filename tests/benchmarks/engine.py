"""The engine against bare execution of the same cells, in turns.

Ours runs in a pool that is warm: intake, fork, isolation, cells, snapshots, end, in `tested` batches with
every public and hidden case. Its CPU is that of all processes: worker, snapshots, keeper, the process with
the tests, the one that hands out submissions. What the warm process does once a batch has grown falls into one turn: it
is not in the medians, but in the ratio of all turns together. One job is one submission at a time; bare
execution has two processes for two jobs.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType

from bare import Bare, Request
from loads import Load, code_cells
from process import Accounts

from graders.grader import Graded, Grader, Task
from graders.local import LocalPool
from graders.otter_tests import QuestionTests
from graders.records import Tier, Verdict
from graders.sandbox.tiers import choose, missing
from graders.work import work_of

JOBS = (1, 2)
# Ours over what does the same bare: what is said of it, then whether ours has tests, and whether figures are
# drawn and tests run bare.
COMPARED = (
    ("cells only, figures drawn", False, True, False),
    ("cells only", False, False, False),
    ("with tests, figures drawn", True, True, True),
)


@dataclass(frozen=True)
class Cost:
    """Seconds a submission."""

    cpu: float
    wall: float


class Untested(Grader):
    """All of grading but the cases: snapshots are taken, and none is asked."""

    def _load(self) -> dict[str, QuestionTests]:
        return {question: replace(asked, cases=()) for question, asked in super()._load().items()}


class Engine:
    """A warm pool for one load, with its tests and without."""

    def __init__(self, load: Load, accounts: Accounts) -> None:
        self._accounts = accounts
        self.tier = tier = choose() if accounts.whole or missing(Tier.FLAT) else Tier.FLAT
        tested = work_of(load.topic, tier)
        untested = replace(tested, make=partial(Untested, load.topic, tier))
        self.modules = tested.modules
        self._pool = LocalPool([untested, tested], max(JOBS))
        for with_tests in (False, True):
            self.run([load.task(number) for number in range(2 * max(JOBS))], max(JOBS), tested=with_tests)

    def run(self, tasks: Sequence[Task], jobs: int, *, tested: bool) -> Cost:
        """Grades all of them. Raises SystemExit when one does not earn everything."""
        ahead, running = list(tasks), set[Future[Graded]]()
        cpu, wall = self._accounts.seconds(), time.perf_counter()
        graded: list[Graded] = []
        while ahead or running:
            while ahead and len(running) < jobs:
                running.add(self._pool.submit(int(tested), ahead.pop(0)))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            graded += [future.result() for future in done]
        wall, cpu = time.perf_counter() - wall, self._accounts.seconds() - cpu
        for result in (one.result for one in graded):
            if result.verdict is not Verdict.GRADED or (tested and result.points != result.possible):
                earned = f"{result.points:g} of {result.possible:g} points"
                raise SystemExit(f"{result.file}: {result.verdict}, {earned}. {result.reason}".rstrip())
            if failed := [cell.error for cell in result.cells if cell.error]:
                raise SystemExit(f"{result.file}: {failed}")
        return Cost(cpu / len(tasks), wall / len(tasks))

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close(wait=kind is None)


def overhead(load: Load, accounts: Accounts, batch: int, rounds: int) -> list[dict[str, object]]:
    """A row for each comparison and number of jobs: medians over `rounds`, which share the batch."""
    ours: dict[tuple[bool, int], list[Cost]] = defaultdict(list)
    bare: dict[tuple[bool, bool, int], list[Cost]] = defaultdict(list)
    size = max(1, batch // rounds)
    with Engine(load, accounts) as engine:
        bares = [Bare(load.course, load.topic_id, engine.modules) for _ in range(max(JOBS))]
        try:
            _bare(bares, load, range(len(bares)), figures=True, tests=True)  # so that all is warm
            for number in range(rounds):
                numbers = range(number * size, (number + 1) * size)
                tasks = [load.task(one) for one in numbers]
                for jobs in JOBS:
                    for tested in (False, True):
                        ours[tested, jobs].append(engine.run(tasks, jobs, tested=tested))
                    for *_, figures, tests in COMPARED:
                        cost = _bare(bares[:jobs], load, numbers, figures=figures, tests=tests)
                        bare[figures, tests, jobs].append(cost)
        finally:
            for one in bares:
                one.close()
    rows: list[dict[str, object]] = []
    for what, tested, figures, tests in COMPARED:
        for jobs in JOBS:
            pairs = list(zip(ours[tested, jobs], bare[figures, tests, jobs], strict=True))
            rows.append({
                "load": load.name, "ours over bare": what, "isolation": str(engine.tier), "jobs": jobs, "submissions": size * rounds,
                "ours CPU s": statistics.median(a.cpu for a, _ in pairs),
                "bare CPU s": statistics.median(b.cpu for _, b in pairs),
                "cpu": statistics.median(a.cpu / b.cpu for a, b in pairs),
                "cpu of all": sum(a.cpu for a, _ in pairs) / sum(b.cpu for _, b in pairs),
                "wall": statistics.median(a.wall / b.wall for a, b in pairs),
            })  # fmt: skip
    return rows


def _bare(bares: Sequence[Bare], load: Load, numbers: Sequence[int], *, figures: bool, tests: bool) -> Cost:
    """Of executing the notebooks, dealt out to `bares`."""
    started = time.perf_counter()
    for index, one in enumerate(bares):
        dealt = [code_cells(load.submission(number)) for number in numbers[index :: len(bares)]]
        one.send(Request(dealt, figures=figures, tests=tests))
    cpu = sum(one.answer()["cpu"] for one in bares)
    return Cost(cpu / len(numbers), (time.perf_counter() - started) / len(numbers))
