"""A batch: from files to results, each written as soon as it is known.

One warm zygote serves a pool of grading processes; each has the topic's tests and asks the zygote
for a fork per submission. The parent alone writes. What was graded before on the same submission,
tests, limits and engine is not graded again, so a batch that was stopped goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import os
import signal
import socket
import stat
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from graders.assignment import read_assignment
from graders.course import Course, Topic
from graders.engine.worker import Forks, Zygote
from graders.errors import AuthorError, InternalError, Problem, Rejected, UsageError
from graders.grader import Graded, Grader, Task, blank_result, new_seed
from graders.intake import MAX_BYTES, SUFFIXES, check_size, listed
from graders.otter_tests import tests_digest
from graders.pools import end_with_parent
from graders.records import Result, Tier, Verdict
from graders.rules import SUPPORT, read_rules
from graders.sandbox.policy import Policy, policy
from graders.store import ResultStore, safe_name
from graders.untrusted import printable
from graders.versions import current

MAX_UNSTARTED = 3  # pools that broke before they took anything
MAX_NESTED = 32  # folders of one student
GRADING_BYTES = 4 << 30  # address space of a grading process beyond what it began with


@dataclass(frozen=True, slots=True)
class Handed:
    """A file handed in, and by whom as its place says. `problem` says why it is not even opened; `file`
    is its name in the result, where that is not its path; `submitted` is UTC, ISO 8601, where known.
    `before` is what counts instead should it be rejected."""

    student: str
    path: Path
    problem: str = ""
    file: str = ""
    submitted: str = ""
    before: Handed | None = None


def find_submissions(paths: list[Path], topic: str) -> list[Handed]:
    """What was handed in below `paths`: STUDENT.ipynb, or STUDENT/**/TOPIC.ipynb as nbgrader keeps
    them; a zip or tar file may stand for a notebook.

    A name or a file that cannot be taken is its student's problem, not the batch's. Raises UsageError
    for a path that is not there or holds no notebook.
    """
    handed: dict[str, Handed] = {}
    for path in paths:
        found = list(_handed(path, topic))
        if not found:
            raise UsageError(f"{printable(path)}: no notebook (.ipynb) in it")
        for one in found:
            if not safe_name(one.student):
                digest = hashlib.sha256(os.fsencode(one.path)).hexdigest()[:8]
                problem = (
                    f"{listed([one.student])} cannot be a student's id; use letters, digits and . _ @ + -"
                )
                one = Handed(f"invalid-name-{digest}", one.path, problem)
            other = handed.get(one.student)
            if other is not None and not _same(other.path, one.path):
                names = listed([printable(other.path), printable(one.path)])
                one = replace(one, problem=f"several notebooks were handed in: {names}. Keep one")
            handed[one.student] = one
    return [handed[student] for student in sorted(handed)]


def collected_submissions(
    folder: Path, topic: Topic, extensions: Mapping[tuple[str, str], datetime]
) -> list[Handed]:
    """The version of each student that counts by the topic's rule, from what was collected in `folder`.

    Raises UsageError when there is nothing.
    """
    extended = {student: due for (student, of), due in extensions.items() if of == topic.id}
    grace = timedelta(seconds=topic.late.grace)
    found = current(folder, topic.id, topic.versions, topic.due, grace, extended) if folder.is_dir() else {}
    if not found:
        raise UsageError(f"nothing of {topic.id} was collected; name files, or see: sorcery collect --help")
    handed = []
    for student, versions in found.items():
        one: Handed | None = None
        for version in reversed(versions.ordered):
            submitted = version.submitted.isoformat() if version.submitted else ""
            file = version.path.relative_to(folder).as_posix()
            one = Handed(student, version.path, versions.problem, file, submitted, one)
        if one is not None:
            handed.append(one)
    return handed


def kept_submissions(store: ResultStore) -> list[Handed]:
    """What was graded before, from the store, to be graded again by the tests of today."""
    return [
        Handed(result.student, store.submission(result.sha256), "", result.file, result.submitted)
        for result in store
        if result.sha256
    ]


def _handed(path: Path, topic: str) -> Iterator[Handed]:
    if path.is_dir():
        for entry in sorted(path.iterdir()):
            if entry.name.startswith("."):
                continue
            if entry.is_dir() and not entry.is_symlink():
                yield from _of_one_student(entry, topic)
            elif (stem := _stem(entry.name)) is not None:
                yield Handed(stem, entry, _LINK if entry.is_symlink() else "")
    elif path.exists():
        stem = _stem(path.name)
        yield Handed(path.stem if stem is None else stem, path.resolve() if path.is_symlink() else path)
    else:
        raise UsageError(f"{printable(path)}: no such file or folder")


_LINK = "this is a link to a file. Submit the file itself"


def _of_one_student(folder: Path, topic: str) -> Iterator[Handed]:
    found: list[Path] = []
    for place, folders, files in os.walk(folder):  # follows no link
        if len(Path(place).parts) > len(folder.parts) + MAX_NESTED:
            yield Handed(folder.name, folder, f"folders are nested more than {MAX_NESTED} deep")
            return
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(files) if not name.startswith(".")]
    stems = {path: stem for path in found if (stem := _stem(path.name)) is not None}
    notebooks = [path for path in stems if path.suffix == ".ipynb"]
    named = [path for path in notebooks if stems[path] == topic] or notebooks or list(stems)
    if len(named) > 1:
        names = listed([printable(path.relative_to(folder)) for path in named])
        problem = f"several notebooks were handed in: {names}. Keep one, or name it {topic}.ipynb"
        yield Handed(folder.name, folder, problem)
    elif named:
        yield Handed(folder.name, named[0], _LINK if named[0].is_symlink() else "")


def _stem(name: str) -> str | None:
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), None)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _read(path: Path) -> bytes:
    """Never waits, as a FIFO would make it. Raises Rejected, OSError."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Rejected("this is no file but a device, a pipe or a folder. Submit the .ipynb file itself")
        check_size(status.st_size)
        return file.read(MAX_BYTES + 1)


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


class Batch:
    """One topic's batch. `report(result)` is called once for each submission, in the order they end.
    What it finds out is kept in `state`, the course's own when left out.

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
        self._seed = seed
        self._topic, self._tier, self._jobs = topic, tier, jobs
        self._policy = _policy(course, topic, tier)
        self._digest = tests_digest(*topic.material)
        self.assignment = read_assignment(topic)
        _check_readable(topic.data, tier)
        self.store = ResultStore(state or course.state, topic.id)

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

        def done(result: Result, notebook: bytes = b"") -> None:
            before = counting[result.student].before
            if result.verdict is Verdict.REJECTED and before is not None:
                passed_over[result.student] = f"a later version was rejected ({result.reason})"
                counting[result.student] = before
                begin(before)
                return
            if result.student in passed_over and not result.reason:
                result = replace(result, reason=passed_over[result.student])
            self.store.write_notebook(result.student, notebook)
            self.store.write(result)  # last: it says that all is there
            results[result.student] = result
            report(result)

        def begin(one: Handed) -> None:
            known = self._known(one, force)
            if isinstance(known, Result):
                done(known)
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
        empty = blank_result(nothing, self._topic, self._tier, self._digest)
        empty = replace(empty, sha256="", key="")
        try:
            if handed.problem:
                raise Rejected(handed.problem)
            task = Task(
                handed.student,
                file,
                _read(handed.path),
                new_seed(handed.student, self._seed),
                handed.submitted,
            )
        except Rejected as reason:
            return replace(empty, verdict=Verdict.REJECTED, reason=str(reason))
        except OSError as error:
            return replace(empty, reason=f"cannot be read: {error.strerror}")
        self.store.keep(task.sha256, task.data)
        earlier = None if force else self.store.find(handed.student)
        blank = blank_result(task, self._topic, self._tier, self._digest)
        if earlier is not None and earlier.key == blank.key and earlier.verdict is not Verdict.UNGRADED:
            return replace(earlier, file=file, submitted=handed.submitted or earlier.submitted)
        return _Waiting(task.student, task.file, task.sha256, task.seed, task.submitted)

    def _round(
        self,
        waiting: deque[_Waiting],
        jobs: int,
        done: Callable[[Result, bytes], None],
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
        done: Callable[[Result, bytes], None],
        failed: deque[_Waiting] | None,
    ) -> None:
        try:
            graded = future.result()
        except AuthorError:
            raise
        except Exception as error:  # a grading process that ended, or a fault in it: ours either way
            blank = blank_result(self._task(one), self._topic, self._tier, self._digest)
            ended = "the grading process ended while its tests ran"
            why = ended if isinstance(error, BrokenProcessPool) else f"{type(error).__name__}: {error}"
            graded = Graded(replace(blank, reason=why))
        if graded.result.verdict is Verdict.UNGRADED and failed is not None:
            failed.append(one)
        else:
            done(graded.result, graded.notebook)

    @contextlib.contextmanager
    def _pool(self, jobs: int) -> Iterator[ProcessPoolExecutor]:
        # A server that has imported the tests' libraries once, and forks the grading processes.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["graders.preload"])
        zygote = Zygote([*self.assignment.imports, *self._topic.warm], self._policy)
        try:
            with ProcessPoolExecutor(
                max_workers=jobs,
                mp_context=context,
                initializer=_begin,
                initargs=(self._topic, self._tier, zygote.requests),
            ) as pool:
                pool.submit(_load_tests)  # while the zygote warms up
                zygote.wait_until_warm()
                yield pool
        finally:
            zygote.close()


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


_made: Callable[[], Grader]
_grader: Grader | None = None


def _begin(topic: Topic, tier: Tier, requests: socket.socket) -> None:
    global _made
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which lets us finish
    end_with_parent()  # with the last of us the zygote loses its orders, and the keepers their supervisor
    requests.settimeout(None)

    def make() -> Grader:
        return Grader(topic, tier, Forks(requests))

    _made = make


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
