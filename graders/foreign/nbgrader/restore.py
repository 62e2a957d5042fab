"""A submitted notebook as nbgrader would have it before it runs: by nbgrader's own preprocessors.

What a submission says of its cells is their order, kind and text, and which of the assignment's cells each
is. All else is the gradebook's, so a cell's points, locks and marks cannot be the student's.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graders.foreign.nbgrader.sheet import Sheet
from graders.intake import Cell

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_quiet = logging.getLogger("sorcery.nbgrader")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


@dataclass(frozen=True, slots=True)
class Restored:
    """`nodes` are nbformat cells without outputs; `names` says which of the assignment's cells each is, empty
    for one of the student's own; `duplicated` are the names that were there several times."""

    nodes: list[Any]
    names: list[str]
    duplicated: tuple[str, ...]


def restore(sheet: Sheet, cells: Sequence[Cell], options: dict[str, Any]) -> Restored:
    """`options` are those of the course for OverwriteCells. Of a cell that is there twice the last counts."""
    from nbgrader.preprocessors import DeduplicateIds, OverwriteCells

    notebook = _notebook(sheet, cells)
    given = [node.metadata.get("nbgrader", {}).get("grade_id", "") for node in notebook.cells]
    deduplicate = DeduplicateIds(log=_quiet)
    notebook, _ = deduplicate.preprocess(notebook, {})
    for node in notebook.cells:
        if not node.metadata.get("nbgrader", True):
            del node.metadata["nbgrader"]  # of the earlier one of two
    overwrite = OverwriteCells(log=_quiet, **options)
    overwrite.gradebook = _Kept(sheet)
    overwrite.notebook_id, overwrite.assignment_id = sheet.name, ""
    for index, node in enumerate(notebook.cells):
        notebook.cells[index], _ = overwrite.preprocess_cell(node, {}, index)
    if overwrite.add_missing_cells:
        with contextlib.suppress(KeyError, ValueError):  # it takes for granted that others are there
            notebook, _ = overwrite.add_missing_grade_cells(notebook, {})
            notebook, _ = overwrite.add_missing_task_cells(notebook, {})
    for index, node in enumerate(notebook.cells):
        node.setdefault("id", f"added-{index}")
    names = [node.metadata.get("nbgrader", {}).get("grade_id", "") for node in notebook.cells]
    twice = tuple(sorted({name for name in given if name and given.count(name) > 1}))
    return Restored(list(notebook.cells), names, twice)


def _notebook(sheet: Sheet, cells: Sequence[Cell]) -> Any:
    import nbformat as untyped

    nbformat: Any = untyped  # its package says it is typed

    nodes: list[dict[str, Any]] = []
    ids: set[str] = set()
    for cell in cells:
        identity = cell.id if _ID.fullmatch(cell.id) and cell.id not in ids else f"own-{cell.index}"
        ids.add(identity)
        node: dict[str, Any] = {"id": identity, "cell_type": cell.kind, "metadata": {}, "source": cell.source}
        known = sheet.cells.get(cell.grade_id)
        if known is not None:
            node["metadata"]["nbgrader"] = known.metadata()
        if cell.kind == "code":
            node |= {"outputs": [], "execution_count": None}
        nodes.append(node)
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": nodes})


class _Kept:
    """Of nbgrader's Gradebook what OverwriteCells asks, answered from memory."""

    def __init__(self, sheet: Sheet) -> None:
        self._cells = {name: _Row(cell) for name, cell in sheet.cells.items()}
        rows = self._cells.values()
        self.source_cells = list(rows)
        self.grade_cells = [row for row in rows if row.cell.grade]
        self.solution_cells = [row for row in rows if row.cell.solution]
        self.task_cells = [row for row in rows if row.cell.task]

    def find_source_cell(self, name: str, *_: str) -> _Row:
        return self._cells[name]

    find_graded_cell = find_source_cell

    def find_notebook(self, *_: str) -> _Kept:
        return self


class _Row:
    def __init__(self, cell: Any) -> None:
        self.cell = cell
        self.name, self.cell_type, self.source = cell.name, cell.kind, cell.source
        self.locked, self.checksum, self.max_score = cell.locked, cell.checksum, cell.points
