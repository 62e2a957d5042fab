"""A batch: from files to results, each written as soon as it is known.

One warm zygote serves a pool of grading processes; each has the topic's tests and asks the zygote
for a fork per submission. The parent alone writes. What was graded before on the same submission,
tests, limits and engine is not graded again, so a batch that was stopped goes on where it was.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from graders.assignment import read_assignment
from graders.course import Course, Topic
from graders.engine.worker import Forks, Zygote
from graders.errors import AuthorError, UsageError
from graders.grader import Grader, Task, blank_result, new_seed
from graders.otter_tests import tests_digest
from graders.records import Result, Tier, Verdict
from graders.sandbox.policy import policy
from graders.store import ResultStore, safe_name


@dataclass(frozen=True, slots=True)
class Handed:
    """A file handed in, and by whom as its place says."""

    student: str
    path: Path


def find_submissions(paths: list[Path], topic: str) -> list[Handed]:
    """The notebooks below `paths`: STUDENT.ipynb, or STUDENT/**/TOPIC.ipynb as nbgrader keeps them.

    Raises UsageError for a path that is not there, holds no notebook, or names one student twice.
    """
    handed: dict[str, Path] = {}
    for path in paths:
        found = list(_notebooks(path, topic))
        if not found:
            raise UsageError(f"{path}: no notebook (.ipynb) in it")
        for student, notebook in found:
            if not safe_name(student):
                raise UsageError(
                    f"{notebook}: {student!r} cannot be a student's id; use letters, digits and . _ @ + -"
                )
            if student in handed:
                raise UsageError(f"two notebooks of {student}: {handed[student]} and {notebook}; keep one")
            handed[student] = notebook
    return [Handed(student, handed[student]) for student in sorted(handed)]


def _notebooks(path: Path, topic: str) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield path.stem, path
        return
    if not path.is_dir():
        raise UsageError(f"{path}: no such file or folder")
    for entry in sorted(path.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_file() and entry.suffix == ".ipynb":
            yield entry.stem, entry
        elif entry.is_dir():
            inner = sorted(entry.rglob("*.ipynb"))
            named = [notebook for notebook in inner if notebook.stem == topic] or inner
            for notebook in named:
                yield entry.name, notebook


class Interrupted(Exception):
    """Ctrl-C: what was running is finished and saved. `results` holds it all."""

    def __init__(self, results: list[Result]) -> None:
        super().__init__(f"{len(results)} results are saved")
        self.results = results


class Batch:
    """One topic's batch. `report(result)` is called once for each submission, in the order they end."""

    def __init__(self, course: Course, topic: Topic, tier: Tier, jobs: int) -> None:
        self._topic, self._tier, self._jobs = topic, tier, jobs
        self._policy = policy(tier, topic.limits, data=topic.folder / "data", hidden=course.root)
        self._digest = tests_digest(topic.public_tests, topic.hidden_tests)
        self.assignment = read_assignment(topic)
        self.store = ResultStore(course.state, topic.id)

    def grade(
        self, handed: Sequence[Handed], report: Callable[[Result], None], *, force: bool = False
    ) -> list[Result]:
        """The results, by student; each is in the store when it is reported.

        Raises AuthorError for faulty tests, Interrupted on Ctrl-C. What is ungraded through a fault
        of ours is tried a second time with fresh processes before it is reported so.
        """
        results: dict[str, Result] = {}
        waiting: list[Task] = []

        def done(result: Result) -> None:
            self.store.write(result)
            results[result.student] = result
            report(result)

        for one in handed:
            task, known = self._known(one, force)
            if known is not None:
                done(known)
            elif task is not None:
                waiting.append(task)
        try:
            failed = self._round(waiting, done, last=False)
            self._round(failed, done, last=True)
        except KeyboardInterrupt:
            raise Interrupted(list(results.values())) from None
        return [results[student] for student in sorted(results)]

    def _known(self, handed: Handed, force: bool) -> tuple[Task | None, Result | None]:
        try:
            task = Task(handed.student, str(handed.path), handed.path.read_bytes(), new_seed())
        except OSError as error:
            empty = Task(handed.student, str(handed.path), b"", 0)
            blank = blank_result(empty, self._topic, self._tier, self._digest)
            return None, replace(blank, sha256="", key="", reason=f"cannot be read: {error.strerror}")
        self.store.keep(task.sha256, task.data)
        earlier = None if force else self.store.find(handed.student)
        blank = blank_result(task, self._topic, self._tier, self._digest)
        if earlier is not None and earlier.key == blank.key and earlier.verdict is not Verdict.UNGRADED:
            return None, earlier
        return task, None

    def _round(self, tasks: list[Task], done: Callable[[Result], None], *, last: bool) -> list[Task]:
        """Grades `tasks`; those that stayed ungraded, unless this is the `last` round."""
        if not tasks:
            return []
        failed: list[Task] = []
        with self._pool(len(tasks)) as pool:
            futures = {pool.submit(_grade, task): task for task in tasks}
            try:
                for future in as_completed(futures):
                    self._settle(future, futures[future], done, None if last else failed)
            except KeyboardInterrupt:
                pool.shutdown(wait=True, cancel_futures=True)
                for future, task in futures.items():
                    if not future.cancelled() and task.student not in {t.student for t in failed}:
                        self._settle(future, task, done, failed)
                raise
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return failed

    def _settle(
        self,
        future: Future[Result],
        task: Task,
        done: Callable[[Result], None],
        failed: list[Task] | None,
    ) -> None:
        try:
            result = future.result()
        except AuthorError:
            raise
        except Exception as error:  # a grading process that ended, or a fault in it: ours either way
            blank = blank_result(task, self._topic, self._tier, self._digest)
            result = replace(blank, reason=f"{type(error).__name__}: {error}")
        if result.verdict is Verdict.UNGRADED and failed is not None:
            failed.append(task)
        else:
            done(result)

    @contextlib.contextmanager
    def _pool(self, tasks: int) -> Iterator[ProcessPoolExecutor]:
        # A server that has imported the tests' libraries once, and forks the grading processes.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["graders.preload"])
        zygote = Zygote([*self.assignment.imports, *self._topic.warm], self._policy)
        try:
            with ProcessPoolExecutor(
                max_workers=min(self._jobs, tasks),
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
    confined = policy(tier, topic.limits, data=topic.folder / "data", hidden=course.root)
    with Zygote([*read_assignment(topic).imports, *topic.warm], confined) as zygote:
        return Grader(topic, tier, zygote).grade(task, question)


_made: Callable[[], Grader]
_grader: Grader | None = None


def _begin(topic: Topic, tier: Tier, requests: socket.socket) -> None:
    global _made
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which lets us finish
    requests.settimeout(None)

    def make() -> Grader:
        return Grader(topic, tier, Forks(requests))

    _made = make


def _load_tests() -> None:
    global _grader
    if _grader is None:
        _grader = _made()  # here, not in the initializer, whose errors do not reach the parent


def _grade(task: Task) -> Result:
    _load_tests()
    assert _grader is not None
    return _grader.grade(task)
