"""One submission from its bytes to its result, in a trusted process that has the topic's tests."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from graders import __version__, declared, mended, rules
from graders.answers import CodeCell, code_cells, recognise, written
from graders.assignment import Assignment, read_assignment
from graders.course import Topic
from graders.digests import digests, result_key
from graders.engine.examine import Before, cpu_backstop, examine
from graders.engine.worker import READ_SECONDS, Forks
from graders.errors import InternalError, Rejected
from graders.executed import executed_notebook
from graders.intake import Notebook, check_size
from graders.otter_tests import QuestionTests, load_question
from graders.pace import Pace, cell_limit
from graders.records import Limits, Result, Tier, Verdict


@dataclass(frozen=True, slots=True)
class Task:
    """A file handed in: by whom, from where, and its bytes. `earlier` is a result of it that may hold in part
    (graders.mended)."""

    student: str
    file: str
    data: bytes
    seed: int
    submitted: str = ""  # UTC, ISO 8601
    earlier: Result | None = None
    pace: Pace = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Graded:
    """A result, and the notebook as it ran; empty when none of it did, or an earlier one holds."""

    result: Result
    notebook: bytes = b""


class Subject(Protocol):
    """Whose tests are asked: a topic, or an assignment of another tool's."""

    @property
    def id(self) -> str: ...
    @property
    def limits(self) -> Limits: ...


def blank_result(task: Task, topic: Subject, tier: Tier, tests_sha256: str) -> Result:
    """What is known of a task before it is graded: an ungraded result."""
    return Result(
        topic=topic.id,
        student=task.student,
        file=task.file,
        sha256=task.sha256,
        key=result_key(task.sha256, tests_sha256, topic.limits),
        engine=__version__,
        tests_sha256=tests_sha256,
        isolation=tier,
        limits=topic.limits,
        seed=task.seed,
        verdict=Verdict.UNGRADED,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        submitted=task.submitted,
    )


class Grader:
    """Everything one topic's grading needs, made once. Raises AuthorError for faulty course material."""

    def __init__(self, topic: Topic, tier: Tier, forks: Forks) -> None:
        if sys.platform == "linux":
            from graders.sandbox.linux import set_dumpable

            set_dumpable(False)  # it holds the tests: no process of the same user may read its memory
        self._topic, self._tier, self._forks = topic, tier, forks
        self.assignment: Assignment = read_assignment(topic)
        self._released = json.loads(topic.notebook.read_bytes())  # which that has read
        self._rules = rules.read_rules(topic)
        self._tests: Mapping[str, QuestionTests] = self._load()
        self._digests = digests(topic, self.assignment)

    def _load(self) -> dict[str, QuestionTests]:
        questions = [question.id for question in self.assignment.questions]
        if self._rules is None:
            public, hidden = self._topic.public_tests, self._topic.hidden_tests
            return {question: load_question(public, hidden, question) for question in questions}
        rules.prepare_tests(self._rules, self._topic)
        return declared.load_tests(self._topic, self._rules, questions)

    def grade(self, task: Task, question: str | None = None) -> Graded:
        """What grading one file gives; of one `question` alone when given. Raises nothing for what the file
        is or does; an InternalError becomes an ungraded result."""
        started = time.perf_counter()
        tests = {question: self._tests[question]} if question else self._tests
        possible = float(sum(asked.possible for asked in tests.values()))
        blank = replace(blank_result(task, self._topic, self._tier, self._digests.whole), possible=possible)
        earlier, before = task.earlier, None
        if earlier is not None and (asked := mended.changed(earlier, blank, self._digests)):
            blank, before = replace(blank, seed=earlier.seed), Before(earlier.cells, asked)
        try:
            graded = self._grade(task, tests, blank, before)
        except Rejected as reason:
            graded = Graded(replace(blank, verdict=Verdict.REJECTED, reason=str(reason)))
        except InternalError as error:
            graded = Graded(replace(blank, reason=str(error)))
        seconds = round(time.perf_counter() - started, 6)
        return replace(graded, result=replace(graded.result, seconds=seconds))

    def _grade(
        self,
        task: Task,
        tests: Mapping[str, QuestionTests],
        blank: Result,
        before: Before | None,
    ) -> Graded:
        check_size(len(task.data))
        worker = self._forks.fork()
        started = time.perf_counter()
        try:
            with cpu_backstop(2 * READ_SECONDS):
                read = worker.read(task.data, self._topic.id)
            ids = {cell.index: cell.id for cell in read.cells}
            cells = [
                replace(cell, seconds=cell_limit(self._topic.limits, task.pace, ids.get(cell.index, "")))
                for cell in self._cells(read)
            ]
            timings = worker.timings | {"intake": time.perf_counter() - started}
            done = examine(worker, cells, tests, self._topic.limits, seed=blank.seed, before=before)
        finally:
            worker.close()
        timings |= done.timings
        blank = replace(blank, timings={stage: round(took, 6) for stage, took in timings.items()})
        questions, reason = mended.stamped(done.questions, self._digests), ""
        if done.in_part and task.earlier is not None:
            result = mended.joined(task.earlier, blank, questions, done.verdict)
            return Graded(result) if result else self._grade(task, tests, blank, None)
        if self._rules is not None and tests is self._tests:
            questions, reason = rules.counted(self._rules, questions)
        notebook = executed_notebook(self._released, read.cells, done.outputs)
        result = replace(
            blank,
            verdict=done.verdict,
            reason=reason,
            points=sum(question.points for question in questions),
            questions=questions,
            manual=written(self.assignment, read.cells),
            cells=tuple(cell for cell in done.cells if cell.index != rules.SETTING_UP),
            common_sha256=self._digests.common,
            notebook_sha256=hashlib.sha256(notebook).hexdigest(),
        )
        return Graded(result, notebook)

    def _cells(self, read: Notebook) -> list[CodeCell]:
        """Raises Rejected for a notebook of something else."""
        if self._rules is not None:
            rules.recognise(self._rules, read)
            return rules.code_cells(self._rules, read.cells)
        recognise(self.assignment, read.cells)
        return code_cells(self.assignment, read.cells)


def new_seed(student: str, base: int | None = None) -> int:
    """More bits than can be tried out, and no more than JSON's readers keep; with a `base`, the same again
    for the same student."""
    drawn = os.urandom(7) if base is None else hashlib.sha256(f"{base}:{student}".encode()).digest()[:7]
    return int.from_bytes(drawn, "big") >> 3
