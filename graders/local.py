"""The pool of this machine: grading processes, and a warm process for each work that is under way."""

from __future__ import annotations

import signal
import socket
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from graders.engine.worker import Forks, Zygote
from graders.grader import Graded, Task
from graders.pools import GRADING, end_with_parent, start_server
from graders.work import Grades, Work

GRADING_BYTES = 4 << 30  # address space of a grading process beyond what it began with


class LocalPool:
    """See graders.autograde.Pool. Every grading process can grade by every work: it makes a work's grader
    when the first submission comes, as the pool starts its warm process then."""

    def __init__(self, works: Sequence[Work], slots: int, *, preload: str = GRADING) -> None:
        self.slots = slots
        self._works = works
        self._orders = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in works]
        self._zygotes: dict[int, Zygote] = {}
        self._warm: set[int] = set()
        self._processes = ProcessPoolExecutor(
            max_workers=slots,
            mp_context=start_server(preload, [name for work in works for name in work.modules]),
            initializer=_begin,
            initargs=(works, [ours for ours, _ in self._orders]),
        )

    def prepare(self, work: int) -> None:
        if work not in self._zygotes:
            one = self._works[work]
            self._zygotes[work] = Zygote(one.modules, one.policy, one.judging, self._orders[work])
            self._processes.submit(_load_tests, work)  # while the zygote warms up

    def warm(self, work: int) -> None:
        """As `prepare`, and returns when submissions can be graded. Raises InternalError."""
        self.prepare(work)
        if work not in self._warm:
            self._zygotes[work].wait_until_warm()
            self._warm.add(work)

    def submit(self, work: int, task: Task) -> Future[Graded]:
        self.warm(work)
        return self._processes.submit(_grade, work, task)

    def leave(self, work: int) -> None:
        if zygote := self._zygotes.pop(work, None):
            zygote.close()

    def close(self, *, wait: bool) -> None:
        self._processes.shutdown(wait=wait, cancel_futures=True)
        for work in list(self._zygotes):
            self.leave(work)
        for pair in self._orders:
            for one in pair:
                one.close()


_works: Sequence[Work]
_requests: Sequence[socket.socket]
_graders: dict[int, Grades] = {}


def _begin(works: Sequence[Work], requests: Sequence[socket.socket]) -> None:
    global _works, _requests
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which lets us finish
    end_with_parent()  # with the last of us the zygotes lose their orders, and the keepers their supervisor
    for one in requests:
        one.settimeout(None)
    _works, _requests = works, requests


def _load_tests(work: int) -> None:
    if work not in _graders:
        # Here, not in the initializer, whose errors do not reach the parent.
        _graders[work] = _works[work].make(Forks(_requests[work]))
        _bound_memory()


def _bound_memory() -> None:
    """What a test makes of a student's numbers, `list(range(n))`, fails in its case, not on the machine."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        import resource

        used = int(statm.read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = used + GRADING_BYTES
        resource.setrlimit(
            resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )


def _grade(work: int, task: Task) -> Graded:
    _load_tests(work)
    return _graders[work].grade(task)
