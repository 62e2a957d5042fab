"""How much memory a submission's processes have together, and which has most."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

REFRESH_SECONDS = 10.0  # until all is asked for in any case

_PAGE = os.sysconf("SC_PAGESIZE")
_LARGE_PAGE = 2 << 20
_LARGE_PAGES = ("thp_fault_alloc ", "thp_collapse_alloc ")  # that the kernel has given to anybody
_COUNTED = ("Pss:", "SwapPss:", "Private_Hugetlb:", "Shared_Hugetlb:")


@dataclass(frozen=True, slots=True)
class _Size:
    """Bytes of resident pages, each shared one counted whole, and page faults since the process began."""

    resident: int
    faults: int


@dataclass(frozen=True, slots=True)
class _Known:
    """The bytes of a process with its part of what it shares, and its size then."""

    share: int
    then: _Size

    def at_most(self, now: _Size) -> int:
        """What it has now: a fault may have been the copying of a shared page, which is resident before and
        after."""
        grown = max(0, now.resident - self.then.resident) + (now.faults - self.then.faults) * _PAGE
        return min(now.resident, self.share + grown)


class Weight:
    """The memory of a submission's processes, of which there may be `limit` bytes.

    Resident pages are cheap to read, but a snapshot shares nearly all of them. Only when they are over the
    limit is it asked what part each process has of what it shares, for which the kernel looks at every page:
    milliseconds a process. From then on its growth is added to that, and one that ended goes on counting, as
    what it shared is others' now. A large page can take the place of shared ones at a single fault: all that
    were given out since, to whom is not known, are added too. So the sum is rather too high, and where it is
    over the limit all is asked for anew. That, and now and then in any case, makes it true again.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: dict[tuple[int, int], _Known] = {}  # by process id and when it began
        self._refresh = 0.0  # on time.monotonic()'s clock
        self._large = 0

    def heaviest_over(self, processes: Iterable[int]) -> int:
        """The process id of the largest when together they are over the limit; else 0."""
        sizes = {found[0]: found[1] for process in processes if (found := _look(process))}
        if sum(size.resident for size in sizes.values()) <= self._limit:
            return 0
        if time.monotonic() < self._refresh:
            if self._at_most(sizes) <= self._limit:
                return 0
            self._ask({process: size for process, size in sizes.items() if process not in self._known})
            if self._at_most(sizes) <= self._limit:
                return 0
        self._known, self._large = {}, _large_pages()
        self._ask(sizes)
        self._refresh = time.monotonic() + REFRESH_SECONDS
        if sum(known.share for known in self._known.values()) <= self._limit:
            return 0
        return max(self._known, key=lambda process: self._known[process].share)[0]

    def _at_most(self, sizes: Mapping[tuple[int, int], _Size]) -> int:
        ended = sum(known.share for process, known in self._known.items() if process not in sizes)
        alive = sum(
            self._known[process].at_most(size) if process in self._known else size.resident
            for process, size in sizes.items()
        )
        return ended + alive + (_large_pages() - self._large) * _LARGE_PAGE

    def _ask(self, sizes: Mapping[tuple[int, int], _Size]) -> None:
        """To be called with all that are not known: were one left out and ended, what the others shared with
        it would count too little."""
        for process, size in sizes.items():
            self._known[process] = _Known(_share(process[0], size.resident), size)


def _look(process: int) -> tuple[tuple[int, int], _Size] | None:
    try:
        fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    # From the third of proc_pid_stat(5) on: minor and major faults are the 10th and 12th.
    faults, began, pages = int(fields[7]) + int(fields[9]), int(fields[19]), int(fields[21])
    return (process, began), _Size(pages * _PAGE, faults)


def _large_pages() -> int:
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:  # not every container has it
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(_LARGE_PAGES))


def _share(process: int, resident: int) -> int:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except PermissionError:
        return resident
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(_COUNTED))
