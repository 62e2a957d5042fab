"""A batch: from files to results, each written as soon as it is known.

One warm zygote serves a pool of grading processes; each has the topic's tests and asks the zygote
for a fork per submission. The parent alone writes. What was graded before on the same submission,
tests, limits and engine is not graded again, so a batch that was stopped goes on where it was.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import stat
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from graders.assignment import read_assignment
from graders.course import Course, Topic
from graders.engine.worker import Forks, Zygote
from graders.errors import AuthorError, InternalError, Problem, Rejected, UsageError
from graders.grader import Graded, Grader, Subject, Task, blank_result, new_seed
from graders.handed import Handed, read_file
from graders.otter_tests import tests_digest
from graders.pools import end_with_parent
from graders.records import Result, Tier, Verdict
from graders.rules import SUPPORT, read_rules
from graders.sandbox.policy import Policy, policy
from graders.store import ResultStore
from graders.untrusted import printable

MAX_UNSTARTED = 3  # pools that broke before they took anything
GRADING_BYTES = 4 << 30  # address space of a grading process beyond what it began with


def _check_readable(data: Path, tier: Tier) -> None:
    """Raises AuthorError for data that submissions, who are other users when root grades, cannot read."""
    if os.geteuid() != 0 or tier is Tier.NONE or not data.is_dir():
        return
    wanted = {True: stat.S_IROTH | stat.S_IXOTH, False: stat.S_IROTH}
    closed = [
        path for path in sorted((data, *data.rglob("*"))) if ~path.lstat().st_mode & wanted[path.is_dir()]
    ]
    if closed:
        mend = "run: chmod -R a+rX " + str(data)
        raise AuthorError([Problem(path, 0, "cannot be read by submissions", mend) for path in closed])


def _policy(course: Course, topic: Topic, tier: Tier) -> Policy:
    shown_as = SUPPORT if read_rules(topic) else "data"
    return policy(tier, topic.limits, data=topic.data, shown_as=shown_as, hidden=course.root)


class Interrupted(Exception):
    """Ctrl-C: what was running is finished and saved. `results` holds it all."""

    def __init__(self, results: list[Result]) -> None:
        super().__init__(f"{len(results)} results are saved")
        self.results = results


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A submission to be graded, its bytes left in the store until its turn comes."""

    student: str
    file: str
    sha256: str
    seed: int
    submitted: str


@dataclass(frozen=True, slots=True)
class Work:
    """What a batch grades by: who it is for, how it is confined, the digest of the tests, and how a grading
    process makes its grader of the warm process's forks. `modules` are imported there, `judging` as for
    graders.engine.worker.Zygote."""

    subject: Subject
    policy: Policy
    digest: str
    modules: tuple[str, ...]
    make: Callable[[Forks], Grades]
    judging: tuple[str, ...] | None = None


class Grades(Protocol):
    def grade(self, task: Task) -> Graded: ...


class BatchOf:
    """Submissions, graded by some work. `report(result)` is called once for each, in the order they end.
    `preload` is the module that has imported what every grading process needs."""

    preload = "graders.preload"

    def __init__(self, work: Work, store: ResultStore, jobs: int, seed: int | None = None) -> None:
        self._work, self.store, self._jobs, self._seed = work, store, jobs, seed

    def read(self, handed: Handed) -> bytes:
        """What was handed in, as one string of bytes. Raises Rejected, OSError."""
        return read_file(handed.path)

    def keep(self, graded: Graded) -> None:
        """Saves what was found out, its result last: that says that all is there."""
        self.store.write_notebook(graded.result.student, graded.notebook)
        self.store.write(graded.result)

    def _blank(self, task: Task) -> Result:
        return blank_result(task, self._work.subject, self._work.policy.tier, self._work.digest)

    def grade(
        self, handed: Sequence[Handed], report: Callable[[Result], None], *, force: bool = False
    ) -> list[Result]:
        """The results, by student; each is in the store when it is reported.

        Raises AuthorError for faulty tests, Interrupted on Ctrl-C. What is ungraded through a fault
        of ours is tried a second time with fresh processes before it is reported so.
        """
        results: dict[str, Result] = {}
        waiting: deque[_Waiting] = deque()
        failed: deque[_Waiting] = deque()
        counting = {one.student: one for one in handed}
        passed_over: dict[str, str] = {}

        def done(graded: Graded) -> None:
            result = graded.result
            before = counting[result.student].before
            if result.verdict is Verdict.REJECTED and before is not None:
                passed_over[result.student] = f"a later version was rejected ({result.reason})"
                counting[result.student] = before
                begin(before)
                return
            if result.student in passed_over and not result.reason:
                result = replace(result, reason=passed_over[result.student])
            self.keep(replace(graded, result=result))
            results[result.student] = result
            report(result)

        def begin(one: Handed) -> None:
            known = self._known(one, force)
            if isinstance(known, Result):
                done(Graded(known))
            else:
                waiting.append(known)

        try:
            for one in handed:
                begin(one)
            while waiting or failed:
                self._round(waiting, self._jobs, done, failed)
                # One at a time: what ends its grading process then takes no other with it.
                self._round(failed, 1, done, None)
        except KeyboardInterrupt:
            raise Interrupted(list(results.values())) from None
        return [results[student] for student in sorted(results)]

    def _known(self, handed: Handed, force: bool) -> Result | _Waiting:
        """What is known without grading: the result, or what has to be graded."""
        file = handed.file or printable(handed.path)
        nothing = Task(handed.student, file, b"", 0, handed.submitted)
        empty = self._blank(nothing)
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
        earlier = None if force else self.store.find(handed.student)
        blank = self._blank(task)
        if earlier is not None and earlier.key == blank.key and earlier.verdict is not Verdict.UNGRADED:
            return replace(earlier, file=file, submitted=handed.submitted or earlier.submitted)
        return _Waiting(task.student, task.file, task.sha256, task.seed, task.submitted)

    def _round(
        self,
        waiting: deque[_Waiting],
        jobs: int,
        done: Callable[[Graded], None],
        failed: deque[_Waiting] | None,
    ) -> None:
        """Grades `waiting`; what stays ungraded goes to `failed`, or is done when there is none.

        No more is handed to the pool than it can run, so when it breaks few are suspect; the others
        go on in a fresh one.
        """
        unstarted = 0
        while waiting:
            before = len(waiting)
            running: dict[Future[Graded], _Waiting] = {}
            with self._pool(min(jobs, len(waiting))) as pool:
                try:
                    broken = False
                    while running or (waiting and not broken):
                        while waiting and not broken and len(running) < jobs:
                            try:
                                running[pool.submit(_grade, self._task(waiting[0]))] = waiting[0]
                                waiting.popleft()
                            except BrokenProcessPool:
                                broken = True
                        for future in wait(running, return_when=FIRST_COMPLETED).done:
                            broken |= isinstance(future.exception(), BrokenProcessPool)
                            self._settle(future, running.pop(future), done, failed)
                except KeyboardInterrupt:
                    pool.shutdown(wait=True, cancel_futures=True)
                    for future, one in running.items():
                        if not future.cancelled():
                            self._settle(future, one, done, failed)
                    raise
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
            unstarted = unstarted + 1 if len(waiting) == before else 0
            if unstarted == MAX_UNSTARTED:
                raise InternalError("the grading processes end before they begin; what is graded is saved")

    def _task(self, one: _Waiting) -> Task:
        return Task(one.student, one.file, self.store.kept(one.sha256), one.seed, one.submitted)

    def _settle(
        self,
        future: Future[Graded],
        one: _Waiting,
        done: Callable[[Graded], None],
        failed: deque[_Waiting] | None,
    ) -> None:
        try:
            graded = future.result()
        except AuthorError:
            raise
        except Exception as error:  # a grading process that ended, or a fault in it: ours either way
            blank = self._blank(self._task(one))
            ended = "the grading process ended while its tests ran"
            why = ended if isinstance(error, BrokenProcessPool) else f"{type(error).__name__}: {error}"
            graded = Graded(replace(blank, reason=why))
        if graded.result.verdict is Verdict.UNGRADED and failed is not None:
            failed.append(one)
        else:
            done(graded)

    @contextlib.contextmanager
    def _pool(self, jobs: int) -> Iterator[ProcessPoolExecutor]:
        # A server that has imported the tests' libraries once, and forks the grading processes.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([self.preload])
        work = self._work
        zygote = Zygote(work.modules, work.policy, work.judging)
        try:
            with ProcessPoolExecutor(
                max_workers=jobs,
                mp_context=context,
                initializer=_begin,
                initargs=(work.make, zygote.requests),
            ) as pool:
                pool.submit(_load_tests)  # while the zygote warms up
                zygote.wait_until_warm()
                yield pool
        finally:
            zygote.close()


class Batch(BatchOf):
    """One topic's batch. What it finds out is kept in `state`, the course's own when left out.

    Raises AuthorError for material that cannot be used.
    """

    def __init__(
        self,
        course: Course,
        topic: Topic,
        tier: Tier,
        jobs: int,
        seed: int | None = None,
        state: Path | None = None,
    ) -> None:
        self.assignment = read_assignment(topic)
        _check_readable(topic.data, tier)
        work = Work(
            subject=topic,
            policy=_policy(course, topic, tier),
            digest=tests_digest(*topic.material),
            modules=(*(name for name in self.assignment.imports if not _in_data(topic, name)), *topic.warm),
            make=partial(Grader, topic, tier),
        )
        super().__init__(work, ResultStore(state or course.state, topic.id), jobs, seed)


def _in_data(topic: Topic, module: str) -> bool:
    """Whether a module lies in the topic's data, where only the notebook finds it."""
    top = module.partition(".")[0]
    return (topic.data / f"{top}.py").is_file() or (topic.data / top).is_dir()


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
    confined = _policy(course, topic, tier)
    with Zygote([*read_assignment(topic).imports, *topic.warm], confined) as zygote:
        return Grader(topic, tier, zygote).grade(task, question).result


_made: Callable[[], Grades]
_grader: Grades | None = None


def _begin(make: Callable[[Forks], Grades], requests: socket.socket) -> None:
    global _made
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which lets us finish
    end_with_parent()  # with the last of us the zygote loses its orders, and the keepers their supervisor
    requests.settimeout(None)
    _made = partial(make, Forks(requests))


def _load_tests() -> None:
    global _grader
    if _grader is None:
        _grader = _made()  # here, not in the initializer, whose errors do not reach the parent
        _bound_memory()


def _bound_memory() -> None:
    """What a test makes of a student's numbers, `list(range(n))`, fails in its case, not on the machine."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        import resource

        used = int(statm.read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = used + GRADING_BYTES
        resource.setrlimit(
            resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )


def _grade(task: Task) -> Graded:
    _load_tests()
    assert _grader is not None
    return _grader.grade(task)
