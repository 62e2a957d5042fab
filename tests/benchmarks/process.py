"""What processes cost, as the system tells it: seconds of CPU of a tree of them, and proportional memory."""

from __future__ import annotations

import atexit
import contextlib
import os
from pathlib import Path

import psutil


def pss(process: int) -> float:
    """MiB: what it has alone, and its share of what it has with others. Raises psutil.Error where that may
    not be known, as of another user's process."""
    return psutil.Process(process).memory_full_info().pss / 2**20


def anonymous() -> float:
    """MiB of this process's own data, libraries' files not counted: others cannot change it by mapping them."""
    rollup = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return int(next(line for line in rollup if line.startswith("Anonymous:")).split()[1]) / 1024


def tree_pss(root: int) -> float:
    """MiB of `root` and all below it."""
    total = pss(root)
    for process in psutil.Process(root).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            total += pss(process.pid)
    return total


class Accounts:
    """Seconds of CPU that this process and all it starts have used, those that are gone included.

    When the first process of a process table is killed, the kernel reaps the others of that table and adds
    their time to nobody's: so in the tier `full` only a control group knows it, and making one takes root or
    a delegated group. Without one (`whole` is false) the time of such processes is missed. There is one a
    program: what is started before it is not counted.
    """

    def __init__(self) -> None:
        self._group = _joined()
        self.whole = self._group is not None
        if self.whole:
            atexit.register(self._leave)

    def seconds(self) -> float:
        if self._group is not None:
            lines = (self._group / "cpu.stat").read_text().splitlines()
            return int(next(line for line in lines if line.startswith("usage_usec")).split()[1]) / 1e6
        own = psutil.Process()
        return sum(map(_cpu, (own, *own.children(recursive=True))))

    def _leave(self) -> None:
        """With who is still there, as multiprocessing's server."""
        assert self._group is not None
        above = self._group.parent / "cgroup.procs"
        for process in (self._group / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                above.write_text(process)
        self._group.rmdir()


def _joined() -> Path | None:
    """A new control group (version 2) below this process's own, which it is moved to; None where it may not."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    own = [line for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")]
    for mounted in [Path(fields[1]) for fields in mounts if fields[2] == "cgroup2" and own]:
        group = mounted / own[0].removeprefix("0::").lstrip("/") / f"sorcery-benchmark-{os.getpid()}"
        with contextlib.suppress(OSError):
            group.mkdir()
            try:
                (group / "cgroup.procs").write_text(str(os.getpid()))
                return group
            except OSError:
                group.rmdir()
    return None


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system + times.children_user + times.children_system
