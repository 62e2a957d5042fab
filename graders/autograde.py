"""A batch: from files to results, each written as soon as it is known.

One submission after another, in this process; the work of each is a warm fork. What was graded
before on the same submission, tests, limits and engine is not graded again.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import msgspec

from graders import __version__
from graders.assignment import Assignment, checked_question, read_assignment
from graders.course import Course, Topic
from graders.engine.examine import CodeCell, examine
from graders.engine.worker import Zygote
from graders.errors import InternalError, Rejected, UsageError
from graders.intake import Submission, read_submission
from graders.otter_tests import QuestionTests, load_question, tests_digest
from graders.records import Limits, ManualResult, Result, Tier, Verdict
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


class Grader:
    """Everything one topic's grading needs, made once. Raises AuthorError for faulty course material."""

    def __init__(self, course: Course, topic: Topic, tier: Tier) -> None:
        self.tier = tier
        self._policy = policy(tier, topic.limits, data=topic.folder / "data", hidden=course.root)
        self.assignment: Assignment = read_assignment(topic)
        self.tests: Mapping[str, QuestionTests] = {
            question.id: load_question(topic.public_tests, topic.hidden_tests, question.id)
            for question in self.assignment.questions
        }
        self.tests_sha256 = tests_digest(topic.public_tests, topic.hidden_tests)
        self.topic = topic
        self.store = ResultStore(course.state, topic.id)
        self._zygote: Zygote | None = None

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._zygote is not None:
            self._zygote.close()

    def grade(self, handed: Handed, *, force: bool = False) -> Result:
        """The result of one file, written to the store. Never raises for what the file is or does."""
        result = self._graded(handed, force)
        self.store.write(result)
        return result

    def _graded(self, handed: Handed, force: bool) -> Result:
        started = time.perf_counter()
        blank = Result(
            topic=self.topic.id,
            student=handed.student,
            file=str(handed.path),
            sha256="",
            key="",
            engine=__version__,
            tests_sha256=self.tests_sha256,
            isolation=self.tier,
            limits=self.topic.limits,
            seed=int.from_bytes(os.urandom(4), "big"),
            verdict=Verdict.UNGRADED,
            possible=float(sum(tests.possible for tests in self.tests.values())),
            started=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        try:
            data = handed.path.read_bytes()
        except OSError as error:
            return replace(blank, reason=f"cannot be read: {error.strerror}")
        blank = replace(blank, sha256=hashlib.sha256(data).hexdigest())
        blank = replace(blank, key=result_key(blank.sha256, self.tests_sha256, self.topic.limits))
        earlier = None if force else self.store.find(handed.student)
        if earlier is not None and earlier.key == blank.key and earlier.verdict is not Verdict.UNGRADED:
            return earlier
        try:
            submission = read_submission(handed.student, handed.path.name, data)
            self._recognise(submission)
            result = self._examine(submission, blank)
        except Rejected as reason:
            result = replace(blank, verdict=Verdict.REJECTED, reason=str(reason))
        except InternalError as error:
            self._drop_zygote()
            result = replace(blank, reason=str(error))
        return replace(result, seconds=round(time.perf_counter() - started, 6))

    def _examine(self, submission: Submission, blank: Result) -> Result:
        cells = [
            CodeCell(cell.index, cell.source, checked_question(cell.source))
            for cell in submission.cells
            if cell.kind == "code"
        ]
        with tempfile.TemporaryDirectory(prefix="sorcery-") as folder:
            done = examine(
                self._warm(), cells, self.tests, self.topic.limits, seed=blank.seed, folder=Path(folder)
            )
        return replace(
            blank,
            verdict=done.verdict,
            points=done.points,
            questions=done.questions,
            manual=self._written(submission),
            cells=done.cells,
        )

    def _recognise(self, submission: Submission) -> None:
        checked = {checked_question(cell.source) for cell in submission.cells if cell.kind == "code"}
        ours = {question.id for question in self.assignment.questions}
        known = {cell.id for cell in submission.cells} & self.assignment.cell_ids
        if not checked & ours and not known:
            raise Rejected(f"this is not the notebook of {self.topic.id}: none of its questions is in it")

    def _written(self, submission: Submission) -> tuple[ManualResult, ...]:
        sources = {cell.id: cell.source for cell in submission.cells}
        return tuple(
            ManualResult(
                id=manual.id,
                possible=manual.points,
                answered=sources.get(manual.cell, manual.stub).strip() not in ("", manual.stub.strip()),
            )
            for manual in self.assignment.manual
        )

    def _warm(self) -> Zygote:
        if self._zygote is None:
            self._zygote = Zygote([*self.assignment.imports, *self.topic.warm], self._policy)
        return self._zygote

    def _drop_zygote(self) -> None:
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None


def result_key(submission: str, tests: str, limits: Limits) -> str:
    """SHA-256 of what decides a result: submission, tests, limits and engine."""
    parts = [submission, tests, msgspec.json.encode(limits).decode(), __version__]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
