"""The part of a cluster's worker: what of a batch is graded there, in its trusted half.

A worker is a process of Dask's. A batch opens a *station* in it, which holds the batch's tests in a folder
of their own and a local pool; students' code runs below that pool, confined as ever. The station ends when
the client lets go of its `Lease`, or is gone: Dask then drops the lease, whichever it was. What a worker
leaves that was killed lies in its local directory, which Dask clears when the next one starts.

Functions here are called by the client, over Dask; what takes long, in a thread of the worker.
"""

from __future__ import annotations

import functools
import logging
import multiprocessing
import os
import platform
import shutil
import signal
import stat
import tempfile
import threading
import weakref
from collections.abc import Collection, Sequence
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn

from graders import __version__
from graders.errors import AuthorError, InternalError
from graders.grader import Graded, Task
from graders.local import LocalPool
from graders.parcel import Moved, Parcel, unpack
from graders.records import Tier
from graders.sandbox.tiers import missing


def versions() -> dict[str, str]:
    """What has to be the same for the same results: name -> version."""
    found = {"sorcery": __version__, "Python": platform.python_version(), "processor": platform.machine()}
    for package in ("torch", "numpy", "otter-grader", "ipython"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def describe(tiers: Sequence[str]) -> dict[str, Any]:
    """A worker: its `name`, and for each tier what it `lacks`, up to the first that it has."""
    from distributed import get_worker

    lacks: dict[str, str] = {}
    for tier in tiers:
        lacks[tier] = _lacks(Tier(tier))
        if not lacks[tier]:
            break
    return {"lacks": lacks, "name": get_worker().name}


@functools.cache
def _lacks(tier: Tier) -> str:
    return missing(tier)


def heed_interrupts(heed: bool) -> None:
    """Whether this thread, and what is started by it, can be sent SIGINT."""
    if hasattr(signal, "pthread_sigmask"):
        how = signal.SIG_UNBLOCK if heed else signal.SIG_BLOCK
        signal.pthread_sigmask(how, {signal.SIGINT})


def stay_quiet() -> None:
    """For a worker that runs in somebody's terminal. In the worker's main thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the command's, which lets us finish
    silence()


def silence() -> None:
    """Dask's own messages: what matters of them is said as ours."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


# Pools are started in one thread that never ends: to the kernel it is the parent of what it starts, which
# ends with it.
_starter = ThreadPoolExecutor(
    1, thread_name_prefix="sorcery-station", initializer=lambda: heed_interrupts(True)
)
_stations: dict[str, Station] = {}


class Lease:
    """What a client holds of a station, which ends with it."""

    def __init__(self, batch: str) -> None:
        weakref.finalize(self, close_station, batch)

    def __reduce__(self) -> NoReturn:
        raise TypeError("it is of one process")  # so it is not moved to the disk or to another worker


def open_station(batch: str, parcels: Sequence[Parcel], cores: Collection[int] = ()) -> Lease:
    """Ready when it returns. With `cores`, all that the worker does is done on these.

    Raises InternalError when it cannot be, or the isolation asked for cannot be had.
    """
    from distributed import get_worker

    for parcel in parcels:
        if lack := _lacks(parcel.tier):
            raise InternalError(f"{parcel.tier} isolation: {lack}")
    if cores:
        for thread in os.listdir("/proc/self/task"):  # noqa: PTH208
            os.sched_setaffinity(int(thread), cores)
    # Dask's processes are daemons, which may have no children. Ours end with them (graders.pools).
    multiprocessing.current_process().daemon = False
    worker = get_worker()
    station = Station(parcels, worker.state.nthreads, Path(worker.local_directory))
    _stations[batch] = station
    try:
        station.warm()
    except BaseException:
        close_station(batch)
        raise
    return Lease(batch)


def grade(batch: str, work: int, task: Task) -> Graded:
    """Raises AuthorError, as it would be raised where the parcel was packed; InternalError."""
    station = _stations.get(batch)
    if station is None:
        raise InternalError("the worker has let go of this batch")
    return station.grade(work, task)


def leave(batch: str, work: int) -> None:
    """Ends what was started for one work; its next submission would start it again."""
    if station := _stations.get(batch):
        station.leave(work)


def close_station(batch: str) -> None:
    station = _stations.pop(batch, None)
    if station is not None:
        station.close()


class Station:
    """The works of one batch, each with a local pool of its own from its first submission on."""

    def __init__(self, parcels: Sequence[Parcel], slots: int, place: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sorcery-", dir=place.resolve()))
        try:
            if os.geteuid() == 0:
                self._folder.chmod(0o711)
                if any(parcel.tier in (Tier.FLAT, Tier.LANDLOCK) for parcel in parcels):
                    _check_open(self._folder)
            self._moved = [
                Moved(self._folder / str(number), parcel.topic.root) for number, parcel in enumerate(parcels)
            ]
            self._works = [
                unpack(parcel, moved.here) for parcel, moved in zip(parcels, self._moved, strict=True)
            ]
        except BaseException:
            shutil.rmtree(self._folder)
            raise
        self._slots = slots
        self._pools: dict[int, LocalPool] = {}
        self._lock = threading.Lock()  # of the pools that there are
        self._closed = False

    def warm(self) -> None:
        """Until submissions of the first work can be graded. Raises InternalError."""
        _starter.submit(self._pool, 0).result()

    def grade(self, work: int, task: Task) -> Graded:
        try:
            answer = _starter.submit(self._submit, work, task).result()
            return self._moved[work].graded(answer.result())
        except AuthorError as error:
            raise self._moved[work].fault(error) from None
        except BrokenExecutor:
            raise InternalError("the grading process ended while its tests ran") from None

    def leave(self, work: int) -> None:
        with self._lock:
            if pool := self._pools.pop(work, None):
                pool.close(wait=False)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for work in list(self._pools):
                self._pools.pop(work).close(wait=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _submit(self, work: int, task: Task) -> Future[Graded]:
        try:
            return self._pool(work).submit(0, task)
        except BrokenExecutor:  # by another submission
            self.leave(work)
            return self._pool(work).submit(0, task)

    def _pool(self, work: int) -> LocalPool:
        with self._lock:
            if self._closed:
                raise InternalError("the worker has let go of this batch")
            if work not in self._pools:
                pool = LocalPool([self._works[work]], self._slots)
                try:
                    pool.warm(0)
                except InternalError:
                    pool.close(wait=False)
                    raise
                self._pools[work] = pool
            return self._pools[work]


def _check_open(folder: Path) -> None:
    """Raises InternalError where submissions, who are other users, cannot come to what lies in `folder`."""
    for path in folder.parents:
        if not path.stat().st_mode & stat.S_IXOTH:
            raise InternalError(f"{path} is closed to other users; give the worker another --local-directory")
