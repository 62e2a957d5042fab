"""What processes cost, as the system tells it: seconds of CPU of a tree of them, and proportional memory."""

from __future__ import annotations

import contextlib

import psutil


def pss(process: int) -> float:
    """MiB: what it has alone, and its share of what it has with others. Raises psutil.Error where that may
    not be known, as of another user's process."""
    return psutil.Process(process).memory_full_info().pss / 2**20


def tree_pss(root: int) -> float:
    """MiB of `root` and all below it."""
    total = pss(root)
    for process in psutil.Process(root).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            total += pss(process.pid)
    return total


def tree_cpu(root: int) -> float:
    """Seconds of `root` and all below it, ended ones included: who is still to be reaped says what it used."""
    top = psutil.Process(root)
    return sum(_cpu(process) for process in (top, *top.children(recursive=True)))


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system + times.children_user + times.children_system
