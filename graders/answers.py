"""A notebook handed in against the one released: whether it is that one at all, where each of its
questions is tested, and what of it was left unanswered.

Grading and the students' own commands go by the same rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from graders.assignment import Assignment
from graders.errors import Rejected
from graders.intake import Cell
from graders.records import ManualResult

Where = Literal["check cell", "last cell", "end"]


@dataclass(frozen=True, slots=True)
class CodeCell:
    """A code cell to run. `index` is its place in the notebook; `question` the one it checks, if any;
    `ends` the one whose last cell before the check it is; `seconds` what it may take, where that is not what
    any cell may."""

    index: int
    source: str
    question: str | None = None
    ends: str | None = None
    also: tuple[str, ...] = ()  # more questions it checks
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question of which `left` of its `cells` are empty or as they were released."""

    question: str
    left: int
    cells: int

    def __str__(self) -> str:
        return (
            self.question
            if self.left == self.cells
            else f"{self.question} ({self.left} of {self.cells} cells)"
        )


def recognise(assignment: Assignment, cells: Sequence[Cell]) -> None:
    """Raises Rejected for a notebook with nothing of `assignment` in it."""
    checked = {cell.checks for cell in cells}
    ours = {question.id for question in assignment.questions}
    known = {cell.id for cell in cells} & assignment.cell_ids
    if not checked & ours and not known:
        raise Rejected(f"this is not the notebook of {assignment.topic}: none of its questions is in it")


def code_cells(assignment: Assignment, cells: Sequence[Cell]) -> list[CodeCell]:
    last = {question.last_cell: question.id for question in assignment.questions}
    return [
        CodeCell(cell.index, cell.source, cell.checks, last.get(cell.id))
        for cell in cells
        if cell.kind == "code"
    ]


def place(question: str, cells: Sequence[CodeCell]) -> tuple[int, Where]:
    """The index of the cell after which `question` is tested; -1 when there is no cell at all."""
    checks = [cell.index for cell in cells if cell.question == question or question in cell.also]
    if checks:
        return checks[-1], "check cell"
    ends = [cell.index for cell in cells if cell.ends == question]
    if ends:
        return ends[-1], "last cell"
    return cells[-1].index if cells else -1, "end"


def unchecked(assignment: Assignment, cells: Sequence[Cell]) -> tuple[str, ...]:
    """Questions whose check cell is missing."""
    checked = {cell.checks for cell in cells}
    return tuple(question.id for question in assignment.questions if question.id not in checked)


def written(assignment: Assignment, cells: Sequence[Cell]) -> tuple[ManualResult, ...]:
    """The written questions, and whether there is an answer to each."""
    sources = {cell.id: cell.source for cell in cells}
    return tuple(
        ManualResult(
            id=manual.id,
            possible=manual.points,
            answered=sources.get(manual.cell, manual.stub).strip() not in ("", manual.stub.strip()),
        )
        for manual in assignment.manual
    )


def unanswered(assignment: Assignment, cells: Sequence[Cell]) -> tuple[Unanswered, ...]:
    """Questions not answered, or only in part, in the order of the released notebook."""
    sources = {cell.id: cell.source for cell in cells if cell.id}
    texts = Counter(cell.source.strip() for cell in cells)
    stubs = Counter(stub.source.strip() for stub in assignment.stubs)

    def left(cell: str, stub: str) -> bool:
        if cell in sources:
            return sources[cell].strip() in ("", stub)
        # A notebook without ids, of before nbformat 4.5: its texts are all there is to go by.
        return bool(stub) and texts[stub] >= stubs[stub]

    found = []
    for question in assignment.questions:
        own = [stub for stub in assignment.stubs if stub.question == question.id]
        count = sum(left(stub.cell, stub.source.strip()) for stub in own)
        if count:
            found.append(Unanswered(question.id, count, len(own)))
    found += [Unanswered(manual.id, 1, 1) for manual in written(assignment, cells) if not manual.answered]
    return tuple(found)
