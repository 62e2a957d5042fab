"""The processes around a submission: the keeper watches from outside, init adopts and reaps.

Both are forks of the warm process, so neither holds anything of value; neither runs student code.
They talk to the supervisor over a SOCK_SEQPACKET socket, one word a message:

    keeper → supervisor   forked | ready | failed TEXT | exit CODE | signal NUMBER | memory | processes |
                          files | dead
    supervisor → keeper   kill (the worker; its snapshots stay) | end (everything)

`forked` is the keeper's first word, before anything is confined; `dead` is its last: everything the
submission started is. An end of the socket without it says that the keeper was killed. The folder a
submission works in is the keeper's own to make and to remove, so it goes whoever is killed.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from graders.records import Tier
from graders.sandbox import linux
from graders.sandbox.confine import (
    begin_anew,
    confine,
    enter_namespaces,
    hand_over,
    new_root,
    student_id,
)
from graders.sandbox.policy import SNAPSHOT_PROCESSES, Policy
from graders.sandbox.weight import Weight, read

TICK_SECONDS = 0.1
REFRESH_SECONDS = 1.0
MAX_NESTED = 100  # folders
_ON_LINUX = Path("/proc/self/statm").exists()


def keep(
    status: socket.socket,
    control: socket.socket,
    temporary: str,
    policy: Policy,
    rules: Any,
    work: Callable[[socket.socket], None],
    core: int = -1,
) -> NoReturn:
    """The keeper, from its fork to its end. `work(control)` is what the confined worker runs, on `core`
    if not -1, in a new folder in `temporary`."""
    init, own = 0, None
    try:
        os.setsid()  # what is sent to the command and all it started leaves one to end what is below
        _say(status, "forked")
        folder = Path(tempfile.mkdtemp(prefix="sorcery-", dir=temporary))
        own = Folder(folder)
        user = student_id() if os.geteuid() == 0 and policy.tier is not Tier.NONE else 0
        hand_over(folder, policy)
        if policy.tier is Tier.FULL:
            enter_namespaces()
        elif _ON_LINUX:
            linux.adopt_orphans()  # init's, should it end first
        with _on(core):
            init = os.fork()
            if init == 0:
                _init(status, control, folder, policy, rules, user, work)
        control.close()
        _watch(status, init, policy, folder if policy.tier in (Tier.FLAT, Tier.LANDLOCK) else None)
    except BaseException as error:
        _say(status, f"failed {type(error).__name__}: {error}")
    finally:
        with contextlib.suppress(BaseException):
            if core >= 0:
                os.sched_setaffinity(0, {core})  # what is ended there cannot fork while it is looked for
            _end(init, walk=_ON_LINUX and policy.tier is not Tier.FULL)
            _say(status, "dead")
            if own is not None:
                own.remove()
        os._exit(0)


@contextlib.contextmanager
def _on(core: int) -> Iterator[None]:
    """What is forked here stays on `core`; who watches it goes where there is room."""
    if core < 0:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    yield
    os.sched_setaffinity(0, before)


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
        begin_anew(policy)
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


def _watch(status: socket.socket, init: int, policy: Policy, folder: Path | None) -> None:
    """Until there is nothing left to watch, or a limit is passed. `folder` is to be measured, where the
    submission has no file system of its own that would be full."""
    weight = Weight(policy.limits.memory_bytes)
    most = policy.limits.processes + SNAPSHOT_PROCESSES
    measured = time.monotonic()
    told = False
    while True:
        readable, _, _ = select.select([status], [], [], TICK_SECONDS)
        if readable:
            if status.recv(64) != b"kill":
                return
            os.kill(init, signal.SIGUSR1)
        if os.waitpid(init, os.WNOHANG)[0]:
            return
        if not _ON_LINUX:
            continue
        processes = list(itertools.islice(descendants(init), most + 1))
        if sum(max(1, len(_threads(process))) for process in processes) > most:
            _say(status, "processes")
            return
        if folder and time.monotonic() > measured + REFRESH_SECONDS:
            room = policy.limits.scratch_bytes - sum(unlinked(processes).values())
            if room < 0 or not fits(folder, room):
                _say(status, "files")
                return
            measured = time.monotonic()
        if heaviest := weight.heaviest_over(processes):
            _kill_below(init, heaviest)
            if not told:  # once: nobody reads it while a cell runs
                _say(status, "memory")
            told = True


class Folder:
    """A folder one made, and may remove: no other that has come to its name since."""

    def __init__(self, path: Path) -> None:
        self._path, self._identity = path, self._look(path)

    def remove(self) -> None:
        """Whatever was made in it: Python's own way recurses, and needs to be let in."""
        if self._identity is None or self._look(self._path) != self._identity:
            return
        try:
            shutil.rmtree(self._path)
        except (OSError, RecursionError):
            for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
                if self._look(self._path) == self._identity:
                    subprocess.run([*command, "--", self._path], stderr=subprocess.DEVNULL, check=False)

    @staticmethod
    def _look(path: Path) -> tuple[int, int] | None:
        try:
            status = path.lstat()
        except OSError:
            return None
        return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None


def fits(folder: Path, most: int) -> bool:
    """Whether what lies below `folder` takes at most `most` bytes, each entry counting as a page at
    least, and is nested no deeper and hidden no better than a notebook's files would be."""
    return _room_left(None, str(folder), most, 0) >= 0


def _room_left(above: int | None, name: str, room: int, depth: int) -> int:
    """`room` less what lies in the folder; below zero, too, where that cannot be told. Follows no link,
    and waits for nothing: it looks at a tree that its owner changes meanwhile."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        place = os.open(name, flags, dir_fd=above)
    except (FileNotFoundError, NotADirectoryError):
        return room
    except OSError:
        return -1
    page = os.sysconf("SC_PAGESIZE")
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                room -= max(page, status.st_blocks * 512)
                if room >= 0 and stat.S_ISDIR(status.st_mode):
                    room = _room_left(place, entry.name, room, depth + 1) if depth < MAX_NESTED else -1
                if room < 0:
                    break
    except OSError:
        return -1
    finally:
        os.close(place)
    return room


def unlinked(processes: Iterable[int]) -> dict[tuple[int, int], int]:
    """(device, inode) -> bytes of files without a name that `processes` hold open or mapped: no folder
    shows them. What cannot be looked into counts as more than anything."""
    found: dict[tuple[int, int], int] = {}
    for process in processes:
        try:
            for descriptor in os.listdir(f"/proc/{process}/fd"):  # noqa: PTH208
                with contextlib.suppress(FileNotFoundError):
                    status = os.stat(f"/proc/{process}/fd/{descriptor}")  # noqa: PTH116
                    if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                        found[status.st_dev, status.st_ino] = status.st_blocks * 512
            for mapped, size in _deleted(Path(f"/proc/{process}/maps").read_text(errors="replace")):
                found[mapped] = max(size, found.get(mapped, 0))
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:
            if _alive(process):
                return {(0, 0): 1 << 62}
    return found


def _deleted(maps: str) -> Iterator[tuple[tuple[int, int], int]]:
    """(device, inode) and the extent of each mapping of a file that has no name."""
    for line in maps.splitlines():
        if line.endswith(" (deleted)"):
            span, _, offset, device, inode, _ = line.split(maxsplit=5)
            first, last = (int(address, 16) for address in span.split("-"))
            major, minor = (int(part, 16) for part in device.split(":"))
            yield (os.makedev(major, minor), int(inode)), int(offset, 16) + last - first


def _alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def descendants(root: int) -> Iterator[int]:
    """Process ids below `root`, as they are now."""
    ahead = _children(root)
    while ahead:
        process = ahead.pop()
        yield process
        ahead += _children(process)


def _threads(process: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{process}/task")  # noqa: PTH208
    except OSError:
        return []


def _children(process: int) -> list[int]:
    found: list[int] = []
    for thread in _threads(process):
        with contextlib.suppress(OSError):
            found += map(int, read(f"/proc/{process}/task/{thread}/children").split())
    return found


def _end(init: int, *, walk: bool) -> None:
    """Kills everything below the keeper. In a process table of their own the end of init is that of
    all; without one, orphans have gone to init or to the keeper, so a `walk` of the tree finds them,
    and once init is dead whoever is left is the keeper's own child, of whom the kernel knows."""
    if not init:
        return
    while walk and _kill(process for process in descendants(os.getpid()) if process != init):
        _reap_ended()
        time.sleep(0.002)  # init reaps its own; the next look finds what was started meanwhile
    _kill([init])
    with contextlib.suppress(ChildProcessError):
        os.waitpid(init, 0)
    while walk and not _reap_ended():
        _kill(descendants(os.getpid()))
        time.sleep(0.002)


def _kill(processes: Iterable[int]) -> int:
    """How many there were, each killed before the next is looked for."""
    count = 0
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        count += 1
    return count


def _kill_below(root: int, process: int) -> None:
    """Kills `process` if it is below `root`: its number may have gone to another since it was measured."""
    with contextlib.suppress(ProcessLookupError):
        held = os.pidfd_open(process)
        try:
            if process in descendants(root):
                signal.pidfd_send_signal(held, signal.SIGKILL)
        finally:
            os.close(held)


def _reap_ended() -> bool:
    """Whether no child is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


def _say(status: socket.socket, text: str) -> None:
    with contextlib.suppress(OSError):  # also when nobody reads: no word is worth standing still for
        status.send(text.encode(errors="replace")[:1000], socket.MSG_DONTWAIT)
