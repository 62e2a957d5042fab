"""How long a cell may take, by how long the solution's own takes on the machine that grades.

With `factor: 20` among a course's limits a cell may take twenty times what the solution's took, where
that is more than `cell`. So limits need no guess for slow cells, and are as fair on a slow machine. The
solution is graded once, like any submission, before the first of its topic, and its times are kept:
.sorcery/pace/TOPIC.json.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from graders import __version__
from graders.course import Topic
from graders.records import CellVerdict, Limits, Result
from graders.store import write_atomically

# Wall seconds by a cell's id; `EVERY` stands for each cell that is not named.
Pace = Mapping[str, float]
EVERY = ""
UNLIMITED: Pace = {EVERY: float("inf")}  # but for the notebook's own limit


class _Kept(msgspec.Struct):
    key: str
    cells: dict[str, float]


def cell_limit(limits: Limits, pace: Pace, cell: str) -> float | None:
    """Wall seconds for the cell of that id; None where `limits` say it all. A cell the solution has not may
    have been split from any it has."""
    if not limits.cell_factor or not pace:
        return None
    took = pace.get(cell, pace.get(EVERY, max(pace.values())))
    return min(max(limits.cell_seconds, limits.cell_factor * took), limits.notebook_seconds)


class Pacemaker:
    """The pace of one topic, kept below `state`; `pace` is empty until it is known. `build` makes the
    solution of its master, and may raise AuthorError."""

    def __init__(self, topic: Topic, state: Path, build: Callable[[], bytes]) -> None:
        self._topic, self._build = topic, build
        self._path = state / "pace" / f"{topic.id}.json"
        self.wanted = bool(topic.limits.cell_factor) and topic.master.exists()
        self._key = self._identity() if self.wanted else ""
        self.pace: Pace = self._kept() if self.wanted else {}

    def solution(self) -> bytes | None:
        """What is to be run to find the pace out; None when there is nothing to find out. Raises AuthorError
        for a master that cannot be built."""
        return self._build() if self.wanted and not self.pace else None

    def found(self, solution: bytes, result: Result) -> None:
        """Keeps what running the solution took. Cells that did not end well say nothing."""
        ids = [cell["id"] for cell in msgspec.json.decode(solution)["cells"]]
        cells = {ids[cell.index]: cell.seconds for cell in result.cells if cell.verdict is CellVerdict.OK}
        if cells:
            self.pace = cells
            write_atomically(self._path, msgspec.json.encode(_Kept(self._key, cells)))

    def _kept(self) -> Pace:
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}
        return kept.cells if kept.key == self._key else {}

    def _identity(self) -> str:
        """SHA-256 of what decides the times: solution, data, engine and machine."""
        digest = hashlib.sha256("\n".join([__version__, platform.node(), platform.machine()]).encode())
        for path in (self._topic.master, *_files(self._topic.data)):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
