"""One student's notebooks of an nbgrader assignment: each run in a box of its own, its tests on copies of it.

The order is nbgrader's: cells run from the top, and a test sees the notebook as it was at its place. What
students have of a test cell runs there too, as it does with them, and its outcome means nothing; the whole
of it, hidden tests included, runs on a copy once no cell of the student's is left to run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from graders.engine.assertions import Told, run_assertions
from graders.engine.examine import cpu_backstop, notebook_seed, overall
from graders.engine.worker import READ_SECONDS, Forks, Snapshot, Worker
from graders.errors import PeerTimeout, Tampered
from graders.executed import MAX_OUTPUT_BYTES, harmless
from graders.foreign.nbgrader.restore import Restored, restore
from graders.foreign.nbgrader.sheet import Sheet, SourceCell
from graders.records import (
    CaseResult,
    CaseVerdict,
    CellResult,
    CellVerdict,
    Limits,
    ManualResult,
    QuestionResult,
    Verdict,
    worst,
)
from graders.untrusted import for_markdown, for_terminal

# What notebooks find in nbgrader's kernel: modules beside them, and what tells them that they are graded.
_AS_NBGRADER = """\
__import__("sys").path.insert(0, "")
__import__("os").environ["NBGRADER_EXECUTION"] = "autograde"
"""
MARK = {"tests": "in the student's process"}  # in the metadata of each test cell that ran


@dataclass(frozen=True, slots=True)
class Score:
    """What nbgrader keeps of a graded cell; None leaves it to a person."""

    auto: float | None


@dataclass(frozen=True, slots=True)
class Sat:
    """One notebook, examined. `scores` by the name of the cell, of those that are in it; `blank` are solution
    cells as they were released; `notebook` is nbformat JSON as it ran."""

    verdict: Verdict
    scores: dict[str, Score]
    blank: frozenset[str]
    questions: tuple[QuestionResult, ...]
    manual: tuple[ManualResult, ...]
    cells: tuple[CellResult, ...]
    notebook: bytes
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Run:
    worker: Worker
    limits: Limits
    results: list[CellResult] = field(default_factory=list)
    outputs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    room: int = MAX_OUTPUT_BYTES


def examine_notebook(
    forks: Forks,
    sheet: Sheet,
    data: bytes,
    files: Mapping[str, bytes],
    limits: Limits,
    options: dict[str, Any],
    *,
    seed: int,
) -> Sat:
    """`files` are to lie beside the notebook. Raises Rejected for what is no notebook, InternalError."""
    worker = forks.fork()
    run = _Run(worker, limits)
    try:
        with cpu_backstop(2 * READ_SECONDS):
            cells = worker.read(data, sheet.name).cells
        restored = restore(sheet, cells, options)
        for path, content in files.items():
            worker.put(path, content)
        worker.begin(limits, notebook_seed(seed))
        worker.run(-1, _AS_NBGRADER)
        _run_cells(run, sheet, restored)
        worker.stop()
        told = {
            name: run_assertions(snapshot, sheet.tests[name].run, limits.cell_seconds)
            for name, snapshot in run.snapshots.items()
        }
    finally:
        for snapshot in run.snapshots.values():
            snapshot.close()
        worker.close()
    return _sat(run, sheet, restored, told)


def _run_cells(run: _Run, sheet: Sheet, restored: Restored) -> None:
    for index, (node, name) in enumerate(zip(restored.nodes, restored.names, strict=True)):
        if node.cell_type != "code":
            continue
        test = sheet.tests.get(name)
        if test is not None and (snapshot := run.worker.snapshot()) is not None:
            run.snapshots[name] = snapshot
        source = test.visible if test is not None else node.source
        authored = test is None and name in sheet.cells and sheet.cells[name].locked
        result, output = run.worker.run(index, source, authored=authored)
        run.results.append(result)
        run.room -= len(output)
        run.outputs[index] = harmless(output) if run.room >= 0 else []
        if test is not None and name in run.snapshots and result.verdict is CellVerdict.TIMEOUT:
            # The whole of it would take as long again: what students have of it is in it.
            run.snapshots.pop(name).close()


def _sat(run: _Run, sheet: Sheet, restored: Restored, told: Mapping[str, Told]) -> Sat:
    questions: list[QuestionResult] = []
    manual: list[ManualResult] = []
    scores: dict[str, Score] = {}
    blank: set[str] = set()
    verdicts = {result.index: result for result in run.results}
    tampered = bool(run.worker.tampered)
    for index, (node, name) in enumerate(zip(restored.nodes, restored.names, strict=True)):
        cell = sheet.cells.get(name)
        if cell is None:
            continue
        unchanged = _unchanged(node)
        if cell.solution and unchanged:
            blank.add(name)
        if cell.tests:
            hidden = sheet.tests[name].visible != cell.source
            question, score = _judged(cell, told.get(name), verdicts[index], run.limits, hidden=hidden)
            questions.append(question)
            scores[name] = score
            tampered |= name in told and isinstance(told[name].lost, Tampered)
            run.outputs[index] = _shown(question, score, told.get(name))
            node.metadata["sorcery"] = MARK
        elif cell.grade:
            scores[name] = Score(0.0 if cell.solution and unchanged else None)
        if cell.manual:
            manual.append(ManualResult(id=name, possible=cell.points, answered=cell.task or not unchanged))
    for name, cell in sheet.cells.items():
        if cell.tests and name not in scores:
            questions.append(_absent(cell))
    verdict = overall(run.results, questions, tampered)
    if run.worker.memory_exceeded:
        verdict = worst(verdict, Verdict.OUT_OF_MEMORY)
    notes = tuple(f"{name} is there several times; the last counts" for name in restored.duplicated)
    notebook = _executed(sheet, restored, run.outputs)
    return Sat(
        verdict,
        scores,
        frozenset(blank),
        tuple(questions),
        tuple(manual),
        tuple(run.results),
        notebook,
        notes,
    )


def _unchanged(node: Any) -> bool:
    from nbgrader.utils import compute_checksum

    about = node.metadata.get("nbgrader", {})
    return "checksum" in about and bool(about["checksum"] == compute_checksum(node))


def _judged(
    cell: SourceCell, told: Told | None, ran: CellResult, limits: Limits, *, hidden: bool
) -> tuple[QuestionResult, Score]:
    """Points by nbgrader's rule (nbgrader.utils.determine_grade, 0.9.6): the last value where it is a number,
    none for an error, all otherwise. What that rule gives all points for, or stops at, though it was no
    number of points, is left to a person: below zero, over the most there are, none at all."""
    points, auto = 0.0, None
    said = ""  # by the test, and so perhaps of what is hidden
    verdict, message = CaseVerdict.PASSED, ""
    if told is None:
        timeout = ran.verdict is CellVerdict.TIMEOUT
        verdict = CaseVerdict.TIMEOUT if timeout else CaseVerdict.NOT_REACHED
        message = (
            f"Took longer than {limits.cell_seconds:g} s."
            if timeout
            else "The notebook stopped before this test."
        )
        auto = 0.0
    elif not told.passed:
        verdict, message, said = _failure(told, limits)
        auto = 0.0
    elif isinstance(told.value, str) or (told.value is not None and not 0 <= told.value <= cell.points):
        verdict = CaseVerdict.FAILED
        value = f"{told.value:g}" if isinstance(told.value, float) else "no plain number"
        message = f"The test gave {value} of {cell.points:g} points. A person decides."
    else:
        points = auto = cell.points if told.value is None else float(told.value)
        if points < cell.points:
            verdict, message = CaseVerdict.FAILED, f"The test gave {points:g} of {cell.points:g} points."
    detail = told.trace if told is not None and told.trace else said
    case = CaseResult(
        name=cell.name, verdict=verdict, points=points, possible=cell.points, hidden=hidden,
        message=_plain(message if hidden or not said else said)[:4000], detail=_plain(detail)[:20000],
    )  # fmt: skip
    question = QuestionResult(
        id=cell.name, points=points, possible=cell.points, seed=0, cases=(case,), in_process=True,
        snapshot="check cell" if told is not None else "none",
    )  # fmt: skip
    return question, Score(auto)


def _failure(told: Told, limits: Limits) -> tuple[CaseVerdict, str, str]:
    """The verdict, what any student may be told, and what the test itself said."""
    if isinstance(told.lost, PeerTimeout):
        return CaseVerdict.TIMEOUT, f"Took longer than {limits.cell_seconds:g} s.", ""
    if isinstance(told.lost, Tampered):
        text = "The answers of this notebook were not those of an honest process."
        return CaseVerdict.ERROR, text, ""
    if told.lost is not None:
        text = "Your code ended the Python process (os._exit, out of memory or a crash)."
        return CaseVerdict.ERROR, text, ""
    if told.kind == "AssertionError":
        return CaseVerdict.FAILED, "An assertion did not hold.", told.text
    if told.kind:
        return CaseVerdict.ERROR, "An error ended the test.", f"{told.kind}: {told.text}"
    return CaseVerdict.ERROR, "Not all of the test was run.", ""


def _absent(cell: SourceCell) -> QuestionResult:
    """A test cell that the student removed. As in nbgrader a person decides."""
    case = CaseResult(
        name=cell.name, verdict=CaseVerdict.NOT_REACHED, points=0.0, possible=cell.points, hidden=False,
        message="This test cell is not in the notebook. A person decides.",
    )  # fmt: skip
    return QuestionResult(
        id=cell.name,
        points=0.0,
        possible=cell.points,
        seed=0,
        cases=(case,),
        snapshot="none",
        in_process=True,
    )


def _shown(question: QuestionResult, score: Score, told: Told | None) -> list[dict[str, Any]]:
    """Outputs of a test cell such that nbgrader, reading them again, comes to the same points."""
    (case,) = question.cases
    found: list[dict[str, Any]] = []
    if told is not None and told.printed:
        found.append({"output_type": "stream", "name": "stdout", "text": for_terminal(told.printed)})
    if case.verdict is not CaseVerdict.PASSED and score.auto in (0.0, None) and not _counted(told):
        kind = told.kind if told is not None and told.kind else "AssertionError"
        evalue = told.text if told is not None and told.text else case.message
        lines = (case.detail or case.message).split("\n")
        found.append(
            {
                "output_type": "error",
                "ename": for_terminal(kind),
                "evalue": for_terminal(evalue),
                "traceback": [for_terminal(line) for line in lines],
            }
        )
    elif told is not None and told.value is not None:
        data = {"text/plain": f"{told.value}"}
        found.append({"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None})
    return found


def _counted(told: Told | None) -> bool:
    return told is not None and told.passed and isinstance(told.value, float) and told.value >= 0


def _executed(sheet: Sheet, restored: Restored, outputs: Mapping[int, list[dict[str, Any]]]) -> bytes:
    """nbformat 4.5 JSON of the notebook as it ran, harmless to whoever opens it."""
    made = []
    for index, (node, name) in enumerate(zip(restored.nodes, restored.names, strict=True)):
        own = dict(node)
        known = sheet.cells.get(name)
        if node.cell_type == "markdown" and not (known and known.locked):
            own["source"] = for_markdown(node.source)
        if node.cell_type == "raw":
            own["metadata"] = {**node.metadata, "raw_mimetype": "text/plain"}
        if node.cell_type == "code":
            own |= {"outputs": outputs.get(index, []), "execution_count": None}
        made.append(own)
    about = {"kernelspec": json.loads(sheet.kernelspec)} if sheet.kernelspec else {}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": made}
    return msgspec.json.format(msgspec.json.encode(notebook), indent=1) + b"\n"


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def renamed(question: QuestionResult, notebook: str) -> QuestionResult:
    """With its notebook's name before its own, as several notebooks may have cells of one name."""
    return replace(question, id=f"{notebook}/{question.id}")
