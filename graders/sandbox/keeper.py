"""The processes around a submission: the keeper watches from outside, init adopts and reaps.

Both are forks of the warm process, so neither holds anything of value; neither runs student code.
They talk to the supervisor over a SOCK_SEQPACKET socket, one word a message:

    keeper → supervisor   ready | failed TEXT | exit CODE | signal NUMBER | memory | processes
    supervisor → keeper   kill (the worker; its snapshots stay), or closing it (everything ends)

The supervisor reads the end of the socket only when everything the submission started is dead.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from graders.records import Tier
from graders.sandbox import linux
from graders.sandbox.confine import (
    clean_interpreter,
    confine,
    enter_namespaces,
    hand_over,
    new_root,
    student_id,
)
from graders.sandbox.policy import SNAPSHOT_PROCESSES, Policy

TICK_SECONDS = 0.1
REFRESH_SECONDS = 1.0
_ON_LINUX = Path("/proc/self/statm").exists()


def keep(
    status: socket.socket,
    control: socket.socket,
    folder: Path,
    policy: Policy,
    rules: Any,
    work: Callable[[socket.socket], None],
) -> NoReturn:
    """The keeper, from its fork to its end. `work(control)` is what the confined worker runs."""
    init = 0
    try:
        user = student_id() if os.geteuid() == 0 and policy.tier is not Tier.NONE else 0
        hand_over(folder, policy)
        if policy.tier is Tier.FULL:
            enter_namespaces()
        elif _ON_LINUX:
            linux.adopt_orphans()  # init's, should it end first
        init = os.fork()
        if init == 0:
            _init(status, control, folder, policy, rules, user, work)
        control.close()
        _watch(status, init, policy)
    except BaseException as error:
        _say(status, f"failed {type(error).__name__}: {error}")
    finally:
        with contextlib.suppress(BaseException):
            _end(init, walk=_ON_LINUX and policy.tier is not Tier.FULL)
        os._exit(0)


def _init(
    status: socket.socket,
    control: socket.socket,
    folder: Path,
    policy: Policy,
    rules: Any,
    user: int,
    work: Callable[[socket.socket], None],
) -> NoReturn:
    try:
        if policy.tier is Tier.FULL:
            new_root(policy)
        if _ON_LINUX:
            linux.die_with_parent(signal.SIGKILL)
            linux.adopt_orphans()
            linux.set_dumpable(False)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})  # until there is a handler
        worker = os.fork()
        if worker == 0:
            _worker(status, control, folder, policy, rules, user, work)
        control.close()
        _reap(status, worker)
    except BaseException as error:
        _say(status, f"failed {type(error).__name__}: {error}")
    finally:
        os._exit(0)


def _worker(
    status: socket.socket,
    control: socket.socket,
    folder: Path,
    policy: Policy,
    rules: Any,
    user: int,
    work: Callable[[socket.socket], None],
) -> NoReturn:
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _close_all_but(status.fileno(), control.fileno())
        confine(policy, user, folder, rules)
        clean_interpreter(policy)
        _say(status, "ready")
        status.close()
    except BaseException as error:
        _say(status, f"failed {type(error).__name__}: {error}")
        os._exit(1)
    try:
        work(control)
    finally:
        os._exit(0)


def _close_all_but(*kept: int) -> None:
    last = 2
    for descriptor in sorted(kept):
        os.closerange(last + 1, descriptor)
        last = descriptor
    os.closerange(last + 1, os.sysconf("SC_OPEN_MAX"))


def _reap(status: socket.socket, worker: int) -> NoReturn:
    """Waits for whoever ends, for ever; SIGUSR1 ends the worker. Reaped here only, so its id cannot
    have gone to another process while it is still to be killed."""
    alive = True

    def end_worker(signum: int, frame: FrameType | None) -> None:
        if alive:
            with contextlib.suppress(ProcessLookupError):  # reaped, and not yet noted below
                os.kill(worker, signal.SIGKILL)

    signal.signal(signal.SIGUSR1, end_worker)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    while True:
        try:
            ended, how = os.waitpid(-1, 0)
        except ChildProcessError:
            signal.pause()
            continue
        if ended == worker:
            alive = False
            code = os.waitstatus_to_exitcode(how)
            _say(status, f"exit {code}" if code >= 0 else f"signal {-code}")


def _watch(status: socket.socket, init: int, policy: Policy) -> None:
    weight = Weight(init, policy.limits.memory_bytes)
    most = policy.limits.processes + SNAPSHOT_PROCESSES
    while True:
        readable, _, _ = select.select([status], [], [], TICK_SECONDS)
        if readable:
            order = status.recv(64)
            if order != b"kill":
                return
            os.kill(init, signal.SIGUSR1)
        if os.waitpid(init, os.WNOHANG)[0]:
            return
        if not _ON_LINUX:
            continue
        if len(list(descendants(init))) > most:
            _say(status, "processes")
            return
        if heaviest := weight.heaviest_over():
            with contextlib.suppress(ProcessLookupError):
                os.kill(heaviest, signal.SIGKILL)
            _say(status, "memory")


class Weight:
    """The memory of the processes below `root`.

    Resident pages counted once a process are cheap to read and never too low; only when they are
    over the limit is the true figure asked for, which counts a shared page once and takes the kernel
    milliseconds a process. So a process that has not grown, as a waiting snapshot does not, is
    asked again only every `REFRESH_SECONDS`: what it shares with others changes as they end.
    """

    def __init__(self, root: int, limit: int) -> None:
        self._root, self._limit = root, limit
        self._known: dict[int, tuple[int, int]] = {}
        self._refreshed = 0.0

    def heaviest_over(self) -> int:
        """The process id of the largest when together they are over the limit, in bytes; else 0."""
        resident = {process: _resident(process) for process in descendants(self._root)}
        if sum(resident.values()) <= self._limit:
            return 0
        if time.monotonic() > self._refreshed + REFRESH_SECONDS:
            self._known, self._refreshed = {}, time.monotonic()
        shares = {process: self._share(process, size) for process, size in resident.items()}
        if sum(shares.values()) <= self._limit:
            return 0
        return max(shares, key=shares.__getitem__)

    def _share(self, process: int, resident: int) -> int:
        before = self._known.get(process)
        if before is None or before[0] != resident:
            self._known[process] = resident, _proportional(process)
        return self._known[process][1]


def descendants(root: int) -> Iterator[int]:
    """Process ids below `root`, as they are now."""
    for process in _children(root):
        yield process
        yield from descendants(process)


def _children(process: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208
            found += map(int, Path(f"/proc/{process}/task/{thread}/children").read_text().split())
    except OSError:
        pass
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def _proportional(process: int) -> int:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except PermissionError:
        return _resident(process)
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)


def _end(init: int, *, walk: bool) -> None:
    """Kills everything below the keeper. In a process table of their own the end of init is that of
    all; without one, orphans have gone to init or to the keeper, so a `walk` of the tree finds them."""
    if not init:
        return
    while walk and (below := [process for process in descendants(os.getpid()) if process != init]):
        for process in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        _reap_ended()
        time.sleep(0.002)  # init reaps its own; the next look finds what was started meanwhile
    with contextlib.suppress(ProcessLookupError):
        os.kill(init, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(init, 0)


def _reap_ended() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _say(status: socket.socket, text: str) -> None:
    with contextlib.suppress(OSError):
        status.send(text.encode(errors="replace")[:1000])
