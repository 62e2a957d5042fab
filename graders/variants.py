"""A topic's solution in other words, right ones and wrong ones: `solutions/TOPIC_variants.yaml`.

    schema: 1
    alternatives:                  # right answers: each must earn everything
      - name: windows by strides
        cells:                     # whole cells; q1-2 is the second solution cell before the check of q1
          q1-1: |
            def conv2d(image, kernel):
                ...
    mistakes:                      # what students get wrong, and what it must cost
      - name: no softmax
        loses: {q3: 1}
        change:                    # text that stands once in the code of the solution
          - {old: logits.softmax(1), new: logits}

An `old` of one line may be part of a line of code. One of several lines stands for whole lines,
indented as deep as you like; `new` is indented alike. An `old` that no longer stands in the
solution, or stands there twice, is a fault with its line.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from graders.course import Topic
from graders.errors import AuthorError, Problem
from graders.strict_yaml import Document, Location, read, suggest

Kind = Literal["alternative", "mistake"]
_KEYS: dict[Kind, str] = {"alternative": "alternatives", "mistake": "mistakes"}

_Name = Annotated[str, Field(min_length=1, max_length=80)]


@dataclass(frozen=True, slots=True)
class Variant:
    """One submission made from the solution. `loses` maps questions to the points it must cost; `line` is
    where it stands in its file."""

    kind: Kind
    name: str
    line: int
    notebook: bytes
    loses: dict[str, float] = field(default_factory=dict)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Change(_Entry):
    old: Annotated[str, Field(min_length=1)]
    new: str


class _Variant(_Entry):
    name: _Name
    cells: dict[str, str] = {}
    change: tuple[_Change, ...] = ()


class _Mistake(_Variant):
    loses: Annotated[dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]], Field(min_length=1)]


class _File(_Entry):
    version: Literal[1] = Field(alias="schema")
    alternatives: tuple[_Variant, ...] = ()
    mistakes: tuple[_Mistake, ...] = ()


def variants_file(topic: Topic) -> Path:
    return topic.master.with_name(f"{topic.id}_variants.yaml")


def read_variants(topic: Topic, solution: bytes, possible: dict[str, float]) -> tuple[Variant, ...]:
    """The variants of `topic`, made from its solution notebook; none when it has no file of them.

    `possible` maps questions to their points. Raises AuthorError with every fault.
    """
    path = variants_file(topic)
    if not path.exists():
        return ()
    document = read(path)
    written = document.into(_File)
    notebook = json.loads(solution)
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    maker = _Maker(document, notebook, possible)
    made = [*maker.all("alternative", written.alternatives), *maker.all("mistake", written.mistakes)]
    if maker.problems:
        raise AuthorError(sorted(maker.problems, key=lambda problem: (problem.line, problem.column)))
    return tuple(made)


@dataclass(slots=True)
class _Maker:
    document: Document
    solution: dict[str, Any]
    possible: dict[str, float]
    problems: list[Problem] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)  # of each name

    def report(self, place: Location, message: str, mend: str = "", *, key: bool = False) -> None:
        self.problems.append(self.document.problem(place, message, mend, key=key))

    def all(self, kind: Kind, entries: Sequence[_Variant]) -> Iterator[Variant]:
        for index, entry in enumerate(entries):
            place: Location = (_KEYS[kind], index)
            line = self.document.marks[place][0]
            if entry.name in self.lines:
                message = f"a second variant {entry.name!r} (first in line {self.lines[entry.name]})"
                self.report((*place, "name"), message, "rename one")
            self.lines.setdefault(entry.name, line)
            loses = dict(entry.loses) if isinstance(entry, _Mistake) else {}
            self._losses(place, loses)
            yield Variant(kind, entry.name, line, self._notebook(place, entry), loses)

    def _losses(self, place: Location, loses: dict[str, float]) -> None:
        for question, points in loses.items():
            here = (*place, "loses", question)
            if question not in self.possible:
                mend = suggest(question, self.possible) or f"questions: {', '.join(self.possible)}"
                self.report(here, f"no question {question!r}", mend, key=True)
            elif points > self.possible[question] + 1e-9:
                worth = self.possible[question]
                self.report(here, f"{question} is worth {worth:g}, of which nobody loses {points:g}")

    def _notebook(self, place: Location, entry: _Variant) -> bytes:
        before = len(self.problems)
        notebook = copy.deepcopy(self.solution)
        code = {cell["id"]: cell for cell in notebook["cells"] if cell["cell_type"] == "code"}
        for name, source in entry.cells.items():
            if name not in code:
                mend = suggest(name, code) or "q1-2 is the second solution cell before the check of q1"
                self.report((*place, "cells", name), f"no code cell {name!r}", mend, key=True)
            else:
                code[name]["source"] = source.removesuffix("\n")
        for index, change in enumerate(entry.change):
            here = (*place, "change", index, "old")
            found = [(cell, span) for cell in code.values() for span in _spans(cell["source"], change.old)]
            if len(found) != 1:
                stands = "does not stand" if not found else f"stands {len(found)} times"
                self.report(here, f"this text {stands} in the code of the solution", "it must stand once")
                continue
            (cell, (start, end)) = found[0]
            text = cell["source"]
            cell["source"] = text[:start] + _indented(text, start, change) + text[end:]
        if notebook == self.solution and len(self.problems) == before:
            self.report(place, f"{entry.name!r} changes nothing", "give it `cells` or `change`")
        return json.dumps(notebook).encode()


def _spans(source: str, old: str) -> Iterator[tuple[int, int]]:
    """Where `old` stands in `source`: of one line as it is, of several with any one indentation."""
    old = old.removesuffix("\n")
    if "\n" not in old:
        start = source.find(old)
        while start >= 0:
            yield start, start + len(old)
            start = source.find(old, start + 1)
        return
    wanted = old.split("\n")
    lines = source.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for at in range(len(lines) - len(wanted) + 1):
        if not lines[at].endswith(wanted[0]):
            continue
        indent = lines[at][: len(lines[at]) - len(wanted[0])]
        block = lines[at : at + len(wanted)]
        if not indent.strip() and block == [indent + line if line else line for line in wanted]:
            yield starts[at] + len(indent), starts[at + len(wanted)] - 1


def _indented(source: str, start: int, change: _Change) -> str:
    """What takes the place of `change.old` at `start`: its lines after the first as deep as that line."""
    line = source[source.rfind("\n", 0, start) + 1 :]
    indent = line[: len(line) - len(line.lstrip())]
    first, *rest = change.new.removesuffix("\n").split("\n")
    return "\n".join([first, *(indent + text if text else text for text in rest)])
