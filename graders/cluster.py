"""A pool of other machines: `sorcery grade --cluster ADDRESS`, over Dask distributed.

Theory of operation. The client speaks to Dask's scheduler, and by it to workers. Each is asked what it is
(graders.station.describe): one that has not our versions, or cannot confine submissions as asked, is left
out. The others get a Parcel of the tests once, and then submissions, one for each of their threads; results
come back the same way, so nothing is shared but the network. When a worker is gone, what it had goes to
another (graders.members).

What is Dask's runs in a thread of its own, in an event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import multiprocessing.resource_tracker
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from types import TracebackType
from typing import Any, Self, TypeVar

from graders import station
from graders.errors import InternalError, UsageError
from graders.grader import Graded, Task
from graders.members import END_SECONDS, Members
from graders.parcel import pack
from graders.records import Tier
from graders.sandbox.tiers import wanted
from graders.work import Work

LOCAL = "local:"
MAX_LOCAL = 256

T = TypeVar("T")


class Cluster:
    """The workers of a scheduler, or of one started here, as pools for one batch; to be used in a `with`.

    Raises UsageError for an address or isolation that is none, and on entering when no worker can grade.
    """

    def __init__(self, address: str, isolation: str = "") -> None:
        local, tiers = _local_workers(address), wanted(isolation)
        if importlib.util.find_spec("distributed") is None:
            raise UsageError("--cluster needs Dask: pip install 'sorcery[cluster]'")
        self._works: list[Work] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="sorcery-cluster", daemon=True)
        self._members = Members(address, local, tiers)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._in_loop(self._members.begin())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def tier(self) -> Tier:
        """The isolation asked for, or the best that some worker has."""
        return self._members.tier

    @property
    def left_out(self) -> list[str]:
        """Who is not asked, and why."""
        return self._members.left_out

    @property
    def slots(self) -> int:
        return self._members.slots

    def pool(self, works: Sequence[Work], jobs: int) -> DaskPool:
        """See graders.autograde.MakePool. Raises UsageError when no worker can grade."""
        if not self._works:
            self._works = list(works)
            self._in_loop(self._members.open([pack(work) for work in works]))
        if self._works != list(works):
            raise InternalError("a cluster grades one batch")
        if self._members.lost:
            raise UsageError(self._members.lost)
        return DaskPool(self, jobs)

    def ask(self, work: int, task: Task, keep: Callable[[], bool]) -> Future[Graded]:
        """See graders.members.Members.grade."""
        return asyncio.run_coroutine_threadsafe(self._members.grade(work, task, keep), self._loop)

    def leave(self, work: int) -> None:
        """See graders.members.Members.leave; returns at once."""
        asyncio.run_coroutine_threadsafe(self._members.leave(work), self._loop)

    def turn(self) -> None:
        self._loop.call_soon_threadsafe(self._members.turn)

    def _run(self) -> None:
        # Multiprocessing's tracker would undo the next line when it is started by the first worker.
        multiprocessing.resource_tracker.ensure_running()
        station.heed_interrupts(False)  # Ctrl-C is not for workers, which lie in the same terminal
        self._loop.run_forever()

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _end(self) -> None:
        # Dask leaves things half done, whose failure would be told on standard error when they are collected.
        self._loop.set_exception_handler(lambda loop, context: None)
        for last in (self._members.close, _cancel_all):
            with contextlib.suppress(Exception):
                self._in_loop(last())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_all() -> None:
    """What was begun and not ended, as Dask's workers are when Ctrl-C comes while they start."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), END_SECONDS)


def _local_workers(address: str) -> int:
    """How many are to be started here; 0 for an address of others. Raises UsageError."""
    if not address.startswith(LOCAL):
        return 0
    number = address.removeprefix(LOCAL)
    if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= MAX_LOCAL:
        raise UsageError(f"--cluster {address}: write how many workers, from local:1 to local:{MAX_LOCAL}")
    return int(number)


class DaskPool:
    """See graders.autograde.Pool. A work's warm process is started by each worker when that has its first
    submission."""

    def __init__(self, cluster: Cluster, jobs: int) -> None:
        self._cluster, self._jobs = cluster, jobs
        self._open = True
        self._asked: set[Future[Graded]] = set()

    @property
    def slots(self) -> int:
        return max(1, min(self._jobs, self._cluster.slots))

    def prepare(self, work: int) -> None:
        pass

    def submit(self, work: int, task: Task) -> Future[Graded]:
        future = self._cluster.ask(work, task, lambda: self._open)
        self._asked.add(future)
        future.add_done_callback(self._asked.discard)
        return future

    def leave(self, work: int) -> None:
        self._cluster.leave(work)

    def close(self, *, wait: bool) -> None:
        self._open = False
        self._cluster.turn()
        asked = list(self._asked)
        if not wait:
            for future in asked:
                future.cancel()
        wait_for(asked)
