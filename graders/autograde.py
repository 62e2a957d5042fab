"""A batch: from files to results, each written as soon as it is known.

Submissions of one topic or several are given to a pool, the longest expected first; it warms a process
for each topic when its first submission comes. The parent alone writes, and keeps no result in memory.
What was graded before on the same submission, tests, limits and engine is not graded again, so a batch
that was stopped goes on where it was.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from graders import mended
from graders.assignment import read_assignment
from graders.course import Course, Topic
from graders.engine.worker import Zygote
from graders.errors import AuthorError, InternalError, Rejected, UsageError
from graders.grader import Graded, Grader, Task, blank_result, new_seed
from graders.handed import Handed, read_file
from graders.local import LocalPool
from graders.pace import UNLIMITED, Pacemaker
from graders.pools import GRADING
from graders.records import Result, Tier, Verdict
from graders.store import ResultStore
from graders.untrusted import printable
from graders.work import Work, work_of

WATCH_SECONDS = 1.0
MAX_UNSTARTED = 3  # pools that broke before they took anything


class Interrupted(Exception):
    """Ctrl-C: what was running is finished and saved, as is all before it."""


class Pool(Protocol):
    """Where submissions are graded: `slots` at a time, by the works it was made for, which are numbered.

    `submit` may raise BrokenExecutor, as may what it gives: whatever it then held is lost, and `close` is
    all that is left to do. What it gives raises UsageError when another pool would be no better.
    """

    @property
    def slots(self) -> int: ...
    def prepare(self, work: int) -> None:
        """The next submissions are of this work. Returns at once."""

    def submit(self, work: int, task: Task) -> Future[Graded]: ...
    def leave(self, work: int) -> None:
        """No more submissions come of this work, and none is running."""

    def close(self, *, wait: bool) -> None:
        """Ends it; with `wait`, what runs is finished first, and what waits is cancelled."""


# The pool of these works, with at most so many submissions at a time.
MakePool = Callable[[Sequence[Work], int], Pool]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A submission to be graded, its bytes left in the store until its turn comes."""

    part: int
    student: str
    file: str
    sha256: str
    seed: int
    submitted: str
    in_part: bool  # whether the earlier result may hold in part


# Called about once a second with what is under way: student and seconds, the longest first.
Watch = Callable[[Sequence[tuple[str, float]]], None]


class BatchOf:
    """Submissions, graded by some work. `preload` is the module that has imported what every grading
    process needs."""

    preload = GRADING
    pacemaker: Pacemaker | None = None

    def __init__(self, work: Work, store: ResultStore, seed: int | None = None) -> None:
        self.work, self.store, self._seed = work, store, seed

    def read(self, handed: Handed) -> bytes:
        """What was handed in, as one string of bytes. Raises Rejected, OSError."""
        return read_file(handed.path)

    def keep(self, graded: Graded) -> Result:
        """Saves what was found out, its result last: that says that all is there. Returns it as saved."""
        result, started = graded.result, time.perf_counter()
        if graded.notebook:
            self.store.write_notebook(result.student, graded.notebook)
            write = round(time.perf_counter() - started, 6)
            result = replace(result, timings={**result.timings, "write": write})
        self.store.write(result)
        return result

    def blank(self, task: Task) -> Result:
        return blank_result(task, self.work.subject, self.work.policy.tier, self.work.digest)

    def known(self, handed: Handed, part: int, force: bool) -> Result | _Waiting:
        """What is known without grading: the result, or what has to be graded."""
        file = handed.file or printable(handed.path)
        nothing = Task(handed.student, file, b"", 0, handed.submitted)
        empty = self.blank(nothing)
        empty = replace(empty, sha256="", key="")
        try:
            if handed.problem:
                raise Rejected(handed.problem)
            task = Task(
                handed.student,
                file,
                self.read(handed),
                new_seed(handed.student, self._seed),
                handed.submitted,
            )
        except Rejected as reason:
            return replace(empty, verdict=Verdict.REJECTED, reason=str(reason))
        except OSError as error:
            return replace(empty, reason=f"cannot be read: {error.strerror}")
        self.store.keep(task.sha256, task.data)
        earlier = self.store.find(handed.student)
        blank = self.blank(task)
        same = earlier is not None and earlier.key == blank.key
        if earlier and same and not force and earlier.verdict is not Verdict.UNGRADED:
            return replace(earlier, file=file, submitted=handed.submitted or earlier.submitted)
        in_part = (
            earlier is not None
            and not force
            and mended.may_hold(earlier, blank)
            and (self._seed is None or earlier.seed == task.seed)
        )
        return _Waiting(part, task.student, task.file, task.sha256, task.seed, task.submitted, in_part)

    def expected(self, handed: Handed) -> float:
        """Wall seconds that grading it may take, as it did before; 0 where nothing is known."""
        earlier = self.store.find(handed.student)
        return earlier.seconds if earlier else 0.0

    def task(self, one: _Waiting) -> Task:
        data, pace = self.store.kept(one.sha256), self.pacemaker.pace if self.pacemaker else {}
        earlier = mended.kept(self.store, one.student) if one.in_part else None
        return Task(one.student, one.file, data, one.seed, one.submitted, earlier, pace)

    def find_pace(self, submit: Callable[[Task], Future[Graded]]) -> None:
        """Has the solution run when its times are wanted and not known; where that fails, the batch goes on
        without. Raises AuthorError, BrokenExecutor."""
        if self.pacemaker is None or (solution := self.pacemaker.solution()) is None:
            return
        self.pacemaker.wanted = False
        task = Task("solution", "solution", solution, new_seed("solution", 0), pace=UNLIMITED)
        try:
            result = submit(task).result().result
        except (AuthorError, BrokenExecutor):
            raise
        except Exception:
            return
        self.pacemaker.found(solution, result)

    def grade(
        self,
        handed: Sequence[Handed],
        report: Callable[[Result], None],
        *,
        jobs: int,
        force: bool = False,
        pool: MakePool | None = None,
        watch: Watch | None = None,
    ) -> None:
        """As `grade_together`, for this one alone; on this machine unless a `pool` is given."""
        pool = pool or partial(LocalPool, preload=self.preload)
        grade_together([(self, handed)], report, pool, jobs, force=force, watch=watch)


def grade_together(
    parts: Sequence[tuple[BatchOf, Sequence[Handed]]],
    report: Callable[[Result], None],
    pool: MakePool,
    jobs: int,
    *,
    force: bool = False,
    watch: Watch | None = None,
) -> None:
    """Grades all that was handed in; `report(result)` is called once for each, in the order they end, when
    it is in the store. Of each part those go first that took longest when they were last graded.

    Raises AuthorError for faulty tests, UsageError when the pool is lost, Interrupted on Ctrl-C. What is
    ungraded through a fault of ours is tried a second time with fresh processes before it is reported so.
    """
    try:
        _Together(parts, report, pool, jobs, force, watch).grade()
    except KeyboardInterrupt:
        raise Interrupted from None


@dataclass(frozen=True, slots=True)
class _Running:
    one: _Waiting
    since: float  # on time.monotonic()'s clock


class _Together:
    def __init__(
        self,
        parts: Sequence[tuple[BatchOf, Sequence[Handed]]],
        report: Callable[[Result], None],
        pool: MakePool,
        jobs: int,
        force: bool,
        watch: Watch | None,
    ) -> None:
        self._watch = watch
        self._batches = [batch for batch, _ in parts]
        self._report, self._make_pool, self._jobs, self._force = report, pool, jobs, force
        self._counting = [{one.student: one for one in handed} for _, handed in parts]
        self._passed_over: dict[tuple[int, str], str] = {}
        self._ahead: deque[tuple[int, Handed]] = deque()
        self._waiting: deque[_Waiting] = deque()
        self._failed: deque[_Waiting] = deque()

    def grade(self) -> None:
        for part, (batch, counting) in enumerate(zip(self._batches, self._counting, strict=True)):
            # One that takes long and comes last has everybody wait for it alone (R. L. Graham, "Bounds on
            # Multiprocessing Timing Anomalies", SIAM J. Appl. Math. 17, 1969).
            ordered = sorted(counting.values(), key=batch.expected, reverse=True)
            self._ahead += [(part, one) for one in ordered]
        while self._ahead or self._waiting or self._failed:
            self._take_in(1)
            self._round(self._waiting, self._jobs, again=True)
            # One at a time: what ends its grading process then takes no other with it.
            self._round(self._failed, 1, again=False)

    def _take_in(self, count: int) -> None:
        """Until so many wait to be graded, or nothing is left to be looked at."""
        while self._ahead and len(self._waiting) < count:
            self._begin(*self._ahead.popleft())

    def _begin(self, part: int, one: Handed) -> None:
        known = self._batches[part].known(one, part, self._force)
        if isinstance(known, Result):
            self._done(part, Graded(known))
        else:
            self._waiting.append(known)

    def _done(self, part: int, graded: Graded) -> None:
        result = graded.result
        before = self._counting[part][result.student].before
        if result.verdict is Verdict.REJECTED and before is not None:
            self._passed_over[part, result.student] = f"a later version was rejected ({result.reason})"
            self._counting[part][result.student] = before
            self._begin(part, before)
            return
        passed_over = self._passed_over.get((part, result.student), "")
        if passed_over and not result.reason:
            result = replace(result, reason=passed_over)
        self._report(self._batches[part].keep(replace(graded, result=result)))

    def _round(self, waiting: deque[_Waiting], jobs: int, *, again: bool) -> None:
        """Grades `waiting`; what stays ungraded is tried `again` later, or is done.

        No more is handed to the pool than it can run, so when it breaks few are suspect; the others
        go on in a fresh one.
        """
        unstarted = 0
        while waiting:
            left = len(waiting) + (len(self._ahead) if again else 0)
            pool = self._make_pool([batch.work for batch in self._batches], min(jobs, left))
            running: dict[Future[Graded], _Running] = {}
            finished = False
            try:
                taken = self._feed(pool, waiting, running, again=again)
                finished = True
            except KeyboardInterrupt:
                pool.close(wait=True)
                for future, begun in running.items():
                    if not future.cancelled():
                        self._settle(future, begun.one, again=again)
                raise
            finally:
                pool.close(wait=finished)
            unstarted = 0 if taken else unstarted + 1
            if unstarted == MAX_UNSTARTED:
                raise InternalError("the grading processes end before they begin; what is graded is saved")

    def _feed(
        self, pool: Pool, waiting: deque[_Waiting], running: dict[Future[Graded], _Running], *, again: bool
    ) -> bool:
        """Until all that waits is graded, or the pool is broken. Whether it took anything.

        While submissions are graded, those that ended are saved, and the next are read.
        """
        broken = taken = False
        ended: Collection[Future[Graded]] = ()
        while running or (waiting and not broken):
            while waiting and not broken and len(running) - len(ended) < pool.slots:
                one = waiting[0]
                batch = self._batches[one.part]
                try:
                    batch.find_pace(partial(pool.submit, one.part))
                    running[pool.submit(one.part, batch.task(one))] = _Running(one, time.monotonic())
                    waiting.popleft()
                    taken = True
                except BrokenExecutor:
                    broken = True
            for future in ended:
                one = running.pop(future).one
                self._settle(future, one, again=again)
                if not broken and not self._left(one.part, running, waiting):
                    pool.leave(one.part)
            if again:
                self._take_in(pool.slots)
            if waiting and not broken:
                pool.prepare(waiting[0].part)
                if len(running) < pool.slots:
                    ended = ()
                    continue
            ended = wait(running, WATCH_SECONDS, return_when=FIRST_COMPLETED).done
            broken |= any(isinstance(future.exception(), BrokenExecutor) for future in ended)
            if self._watch is not None:
                now = time.monotonic()
                self._watch([(begun.one.student, now - begun.since) for begun in running.values()])
        return taken

    def _left(self, part: int, running: dict[Future[Graded], _Running], waiting: deque[_Waiting]) -> bool:
        """Whether anything of `part` is to be graded still. What is not looked at yet is in the order of
        parts."""
        return (
            bool(self._ahead and self._ahead[0][0] == part)
            or any(one.part == part for one in waiting)
            or any(begun.one.part == part for begun in running.values())
        )

    def _settle(self, future: Future[Graded], one: _Waiting, *, again: bool) -> None:
        try:
            graded = future.result()
        except (AuthorError, UsageError):
            raise
        except Exception as error:  # a grading process that ended, or a fault in it: ours either way
            batch = self._batches[one.part]
            ended = "the grading process ended while its tests ran"
            why = ended if isinstance(error, BrokenExecutor) else f"{type(error).__name__}: {error}"
            graded = Graded(replace(batch.blank(batch.task(one)), reason=why))
        if graded.result.verdict is Verdict.UNGRADED and again:
            self._failed.append(one)
        else:
            self._done(one.part, graded)


class Batch(BatchOf):
    """One topic's batch. What it finds out is kept in `state`, the course's own when left out. `solution`
    makes the topic's, to be run where limits go by what it takes.

    Raises AuthorError for material that cannot be used.
    """

    def __init__(
        self,
        course: Course,
        topic: Topic,
        tier: Tier,
        seed: int | None = None,
        state: Path | None = None,
        solution: Callable[[], bytes] | None = None,
    ) -> None:
        super().__init__(work_of(topic, tier), ResultStore(state or course.state, topic.id), seed)
        self.assignment = read_assignment(topic)
        if solution is not None:
            self.pacemaker = Pacemaker(topic, state or course.state, solution)


def replayed(course: Course, before: Result, question: str, tier: Tier) -> Result:
    """One question of an earlier result, graded again on its seed. Nothing is written.

    Raises UsageError for a question that is not the topic's or a submission that was not kept.
    """
    topic = course.topic(before.topic)
    questions = [one.id for one in read_assignment(topic).questions]
    if question not in questions:
        raise UsageError(f"no question {question!r} in {topic.id} (questions: {', '.join(questions)})")
    data = ResultStore(course.state, topic.id).kept(before.sha256)
    task = Task(before.student, before.file, data, before.seed)
    work = work_of(topic, tier)
    with Zygote(work.modules, work.policy) as zygote:
        return Grader(topic, tier, zygote).grade(task, question).result
