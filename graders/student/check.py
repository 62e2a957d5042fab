"""Runs a student's notebook afresh, in a process of its own, and its public tests with it.

The cells run in order and each question is tested where grading would test it; a cell that fails does
not stop the rest. Hidden tests are not looked for. What ends or hangs the process is told like any other
result: the process is only believed for what it said before.
"""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from graders.answers import Where, code_cells, place
from graders.course import Course, Topic
from graders.errors import InternalError, PeerGone, UsageError
from graders.otter_tests import Case, CaseTimeout, judge, not_reached
from graders.records import CaseResult, CaseVerdict, CellResult, CellVerdict, Limits, QuestionResult
from graders.student.inside import Order
from graders.student.place import read
from graders.untrusted import for_terminal, on_one_line, printable

START_SECONDS = 120.0
GRACE_SECONDS = 5.0  # between the alarm inside the process and its being ended from here

Told = Callable[[CellResult | QuestionResult], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run, in which folder. `places` says where each question is tested; `possible` what
    it is worth with its hidden tests; `begins` the first line of each cell."""

    order: Order
    folder: Path
    places: Mapping[str, Where]
    possible: Mapping[str, float]
    begins: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Checked:
    """Points and possible points are of public tests alone."""

    questions: tuple[QuestionResult, ...]
    cells: tuple[CellResult, ...]

    @property
    def points(self) -> float:
        return sum(question.points for question in self.questions)

    @property
    def possible(self) -> float:
        return sum(question.possible for question in self.questions)

    @property
    def passed(self) -> bool:
        return all(case.verdict is CaseVerdict.PASSED for one in self.questions for case in one.cases)


def plan(course: Course, topic: Topic, notebook: Path, question: str = "") -> Plan:
    """How to check `notebook`, or one `question` of it. Raises UsageError for what is no notebook of the
    topic, and for a question without public tests."""
    _, assignment, cells = read(course, topic, notebook)
    public = [one for one in assignment.questions if (topic.public_tests / f"{one.id}.py").is_file()]
    if question:
        known = ", ".join(one.id for one in public) or "none"
        public = [one for one in public if one.id == question]
        if not public:
            raise UsageError(f"{topic.id} has no public tests of {question!a} (it has of: {known})")
    code = code_cells(assignment, cells)
    places = {one.id: place(one.id, code) for one in public}
    if question:
        code = [cell for cell in code if cell.index <= places[question][0]]
    order = Order(
        modules=(*assignment.imports, *topic.warm),  # as grading does: they cost no cell its time
        cells=[(cell.index, cell.source) for cell in code],
        places={name: index for name, (index, _) in places.items()},
        tests=str(topic.public_tests.resolve()),
        limits=topic.limits,
        seed=secrets.randbits(32),
        seeds={one.id: secrets.randbits(32) for one in public},
    )
    return Plan(
        order=order,
        folder=_folder(notebook, topic),
        places={name: where for name, (_, where) in places.items()},
        possible={one.id: one.points for one in public},
        begins={cell.index: next(iter(cell.source.strip().splitlines()), "") for cell in code},
    )


def _folder(notebook: Path, topic: Topic) -> Path:
    """Where the notebook runs: its own folder, or the topic's for a copy that has no data beside it."""
    folder = notebook.resolve().parent
    data = topic.folder / "data"
    return topic.folder if data.is_dir() and not (folder / "data").exists() else folder


def check(plan: Plan, told: Told) -> Checked:
    """Runs what is planned. `told` hears of each cell and each question as soon as it is done.

    Raises UsageError for a faulty test file, InternalError when the process cannot be started.
    """
    process = _start(plan.folder)
    try:
        run = _Run(plan, told)
        with contextlib.suppress(OSError):  # it ended already, as is seen next
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(plan.order))
            process.stdin.close()
        for event in _events(process, run):
            if event is None:
                run.ended(_how(process))
                break
            run.take(*event)
            if run.over:
                break
        return run.result()
    finally:
        _end(process)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "graders.student.inside"]
    try:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # where there are sessions; all of it can be ended then
        )
    except OSError as error:
        raise InternalError(f"no process can be started in {printable(folder)}: {error.strerror}") from None


def _events(process: subprocess.Popen[bytes], run: _Run) -> Iterator[list[Any] | None]:
    """What the process tells; None, last, when it has ended. Ends it when `run` has waited long enough."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(b"")

    threading.Thread(target=listen, daemon=True).start()
    while True:
        try:
            # In steps: a process that the notebook started may hold the pipe open.
            line = lines.get(timeout=min(max(0.0, run.deadline - time.monotonic()), 1.0))
        except queue.Empty:
            if process.poll() is None:
                if time.monotonic() < run.deadline:
                    continue
                run.timed_out()
                return
            try:
                line = lines.get(timeout=1.0)
            except queue.Empty:
                line = b""
        try:
            event = msgspec.json.decode(line) if line else None
        except msgspec.DecodeError:
            event = None
        yield event if isinstance(event, list) else None


def _how(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        return "it closed its output"
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and what it started."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):  # all of it has ended
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


class _Run:
    """What is known of a run so far."""

    def __init__(self, plan: Plan, told: Told) -> None:
        self._plan, self._told = plan, told
        self._limits: Limits = plan.order.limits
        self._cells: dict[int, CellResult] = {}
        self._cases: dict[str, list[Case]] = {}
        self._results: dict[str, list[CaseResult]] = {}
        self._in_cell: tuple[int, float] | None = None
        self._in_case: tuple[str, int] | None = None
        self._ready = self.over = False
        self._wait(START_SECONDS)

    def _wait(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds

    def take(self, kind: str, *about: Any) -> None:
        self._wait(START_SECONDS)
        match kind, *about:
            case "ready", heads:
                self._ready = True
                self._cases = {name: [_case(*head) for head in cases] for name, cases in heads.items()}
                self._results = {name: [] for name in heads}
            case "cell", index, seconds:
                self._in_cell = index, seconds
                self._wait(seconds + GRACE_SECONDS)
            case "ran", result:
                self._in_cell = None
                self._ran(msgspec.convert(result, CellResult))
            case "case", question, number:
                self._in_case = question, number
                self._wait(self._limits.case_seconds + GRACE_SECONDS)
            case "tested", question, _, result:
                self._in_case = None
                self._tested(question, msgspec.convert(result, CaseResult))
            case "faulty", text:
                raise UsageError(f"a test of this topic is faulty; tell your instructor: {text}")
            case "done", *_:
                self.over = True

    def timed_out(self) -> None:
        self._lost(
            CellVerdict.TIMEOUT,
            "took longer than {seconds:g} s and could not be interrupted",
            lambda case: judge(case, CaseTimeout(), None, self._limits.case_seconds),
            f"within {START_SECONDS:g} s",
        )

    def ended(self, how: str) -> None:
        self._lost(
            CellVerdict.CRASHED,
            f"the Python process ended in this cell ({how})",
            lambda case: judge(case, None, PeerGone(how), self._limits.case_seconds),
            f"({how})",
        )

    def _lost(self, verdict: CellVerdict, why: str, judged: Callable[[Case], CaseResult], never: str) -> None:
        if not self._ready:
            raise InternalError(f"the process that runs the notebook did not start {never}")
        if self._in_cell is not None:
            index, seconds = self._in_cell
            self._ran(CellResult(index=index, verdict=verdict, error=why.format(seconds=seconds)))
        if self._in_case is not None:
            question, number = self._in_case
            self._tested(question, judged(self._cases[question][number]))

    def _ran(self, result: CellResult) -> None:
        self._cells[result.index] = result
        self._told(result)

    def _tested(self, question: str, result: CaseResult) -> None:
        self._results[question].append(result)
        if len(self._results[question]) == len(self._cases[question]):
            self._told(self._question(question))

    def _question(self, name: str) -> QuestionResult:
        results = self._results.get(name, [])
        return QuestionResult(
            id=name,
            points=sum(result.points for result in results),
            possible=sum(case.points for case in self._cases[name]),
            seed=self._plan.order.seeds[name],
            cases=tuple(results),
            snapshot=self._plan.places[name],
            seconds=round(sum(result.seconds for result in results), 6),
        )

    def result(self) -> Checked:
        """All of it; what was not reached is told now."""
        for name, cases in self._cases.items():
            missing = cases[len(self._results[name]) :]
            if missing:
                why = "The notebook stopped before this question."
                if len(missing) < len(cases):
                    why = "Your code ended the process before this test."
                self._results[name] += [not_reached(case, why) for case in missing]
                self._told(self._question(name))
        for index, _ in self._plan.order.cells:
            if index not in self._cells:
                self._cells[index] = CellResult(index=index, verdict=CellVerdict.NOT_REACHED)
        return Checked(
            questions=tuple(self._question(name) for name in self._plan.places),
            cells=tuple(self._cells[index] for index in sorted(self._cells)),
        )


def _case(name: str, points: float, failure_message: str) -> Case:
    """A case of the other process, of which only what is said about it is needed here."""

    def run(_: object) -> None:
        raise AssertionError("runs in the other process")

    return Case(name, points, False, failure_message, "", (), run)


def lines(plan: Plan, result: CellResult | QuestionResult) -> list[str]:
    """What is told of a cell or a question on a terminal: of a cell that is as it should be nothing."""
    return _cell_lines(plan, result) if isinstance(result, CellResult) else _question_lines(plan, result)


def _cell_lines(plan: Plan, result: CellResult) -> list[str]:
    if not result.error:
        return []
    begins = _shortened(plan.begins.get(result.index, ""), 40)
    return [f"cell {result.index + 1} ({begins}): {_shortened(result.error, 200)}"]


def _question_lines(plan: Plan, result: QuestionResult) -> list[str]:
    head = f"{result.id}  {result.points:g}/{result.possible:g}"
    if plan.possible[result.id] != result.possible:
        head += f"  ({plan.possible[result.id]:g} with its hidden tests)"
    if result.snapshot != "check cell":
        head += f"  its check cell is missing: tested at its {result.snapshot}"
    told = [head]
    for case in result.cases:
        told.append(f"  {case.verdict:<11}  {on_one_line(case.name)}")
        told += [f"      {line}" for line in for_terminal(case.message).splitlines()]
    return told


def _shortened(text: str, most: int) -> str:
    text = on_one_line(text)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def summary(plan: Plan, checked: Checked) -> str:
    """The last line."""
    said = f"public tests: {checked.points:g} of {checked.possible:g} points"
    left = sum(plan.possible.values()) - checked.possible
    return f"{said}; hidden tests are worth {left:g} more, and run when it is graded" if left else said


def as_json(plan: Plan, checked: Checked) -> dict[str, Any]:
    """For other programs; `points` and `possible` are those of public tests, `worth` all of a question's."""
    questions = [
        {**msgspec.to_builtins(question), "worth": plan.possible[question.id]}
        for question in checked.questions
    ]
    return {
        "passed": checked.passed,
        "points": checked.points,
        "possible": checked.possible,
        "questions": questions,
        "cells": msgspec.to_builtins(checked.cells),
    }
