"""How much memory a submission's processes have together, and which has most."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

REFRESH_SECONDS = 10.0  # until all is asked for once more, where that is needed

_PAGE = os.sysconf("SC_PAGESIZE")
_LARGE_PAGE = 2 << 20
_SIZES = Path("/sys/kernel/mm/transparent_hugepage")
# In /proc/vmstat: how often anybody was given pages since the system began.
_FAULTS = (b"pgfault ",)
_LARGE_PAGES = (b"thp_fault_alloc ", b"thp_collapse_alloc ", b"thp_file_alloc ")
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
        """With what it was given since: a fault may have been the copying of a shared page, which is resident
        before and after. What it let go of may be others' alone now, so it goes on counting."""
        grown = max(0, now.resident - self.then.resident) + (now.faults - self.then.faults) * _AT_A_FAULT
        return self.share + grown


class Weight:
    """The memory of a submission's processes, of which there may be `limit` bytes.

    Resident pages are cheap to read, but a snapshot shares nearly all of them. What part each process has of
    what it shares is not cheap: the kernel looks at every page, milliseconds a process. That is asked for
    only when two bounds are over the limit, each rather too high:

    - What there was at any earlier look, and all that anybody on this machine was given since.
    - For when much is graded at once, and that is much: what each process had when it was asked, and was
      given since. One that ended goes on counting, as what it shared is others' now. A large page can take
      the place of shared ones at a single fault: all that were given out since, to whom is not known, are
      added.

    Now and then all is asked for in any case where the first bound is over the limit. It leaves out files
    that are mapped once there are snapshots; how large a submission's own may be is limited elsewhere.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._most = math.inf  # bytes there were at the last look
        self._given = _given()
        self._known: dict[tuple[int, int], _Known] = {}  # by process id and when it began
        self._refresh = 0.0  # on time.monotonic()'s clock
        self._large = 0

    def heaviest_over(self, processes: Iterable[int]) -> int:
        """The process id of the largest when together they are over the limit; else 0."""
        sizes = {found[0]: found[1] for process in processes if (found := _look(process))}
        given, before = _given(), self._given
        resident = sum(size.resident for size in sizes.values())
        # `processes` were listed after the last look, so what came since is in what is added.
        self._most = min(self._most, resident) + (given.bytes - before.bytes) if given.bytes else math.inf
        self._given = given
        if min(self._most, resident) <= self._limit:
            return 0
        if time.monotonic() < self._refresh:
            if self._at_most(sizes) <= self._limit:
                return 0
            self._ask({process: size for process, size in sizes.items() if process not in self._known})
            if self._at_most(sizes) <= self._limit:
                return 0
        self._known, self._large = {}, given.large
        self._ask(sizes)
        self._refresh = time.monotonic() + REFRESH_SECONDS
        self._most = sum(known.share for known in self._known.values())
        if self._most <= self._limit:
            return 0
        return max(self._known, key=lambda process: self._known[process].share)[0]

    def _at_most(self, sizes: Mapping[tuple[int, int], _Size]) -> int:
        ended = sum(known.share for process, known in self._known.items() if process not in sizes)
        alive = sum(
            self._known[process].at_most(size) if process in self._known else size.resident
            for process, size in sizes.items()
        )
        return ended + alive + (self._given.large - self._large) * _LARGE_PAGE

    def _ask(self, sizes: Mapping[tuple[int, int], _Size]) -> None:
        """To be called with all that are not known: were one left out and ended, what the others shared with
        it would count too little."""
        for process, size in sizes.items():
            self._known[process] = _Known(_share(process[0], size.resident), size)


def read(path: str) -> bytes:
    """A file of /proc, whole, without the costs of a file object. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while part := os.read(descriptor, 1 << 16):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def _given_at_a_fault() -> int:
    """Bytes at most, where it is none of the large pages that are counted."""
    sizes = [_PAGE]
    for size in _SIZES.glob("hugepages-*kB"):
        kept = [(size / name).read_text() for name in ("enabled", "shmem_enabled") if (size / name).exists()]
        if not all("[never]" in setting for setting in kept):
            sizes.append(int(size.name.removeprefix("hugepages-").removesuffix("kB")) << 10)
    return max(size for size in sizes if size < _LARGE_PAGE)


_AT_A_FAULT = _given_at_a_fault()


def _look(process: int) -> tuple[tuple[int, int], _Size] | None:
    try:
        fields = read(f"/proc/{process}/stat").rpartition(b")")[2].split()
    except OSError:
        return None
    # From the third of proc_pid_stat(5) on: minor and major faults are the 10th and 12th.
    faults, began, pages = int(fields[7]) + int(fields[9]), int(fields[19]), int(fields[21])
    return (process, began), _Size(pages * _PAGE, faults)


@dataclass(frozen=True, slots=True)
class _Given:
    """What the kernel has given to anybody since it began: bytes at most, and large pages."""

    bytes: int
    large: int


def _given() -> _Given:
    """Nothing at all where that is not told, as in some containers."""
    try:
        lines = read("/proc/vmstat").splitlines()
    except OSError:
        return _Given(0, 0)
    faults, large = (
        sum(int(line.split()[1]) for line in lines if line.startswith(counted))
        for counted in (_FAULTS, _LARGE_PAGES)
    )
    return _Given(faults * _AT_A_FAULT + large * _LARGE_PAGE, large)


def _share(process: int, resident: int) -> int:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except PermissionError:
        return resident
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(_COUNTED))
