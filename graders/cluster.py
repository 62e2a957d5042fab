"""A pool of other machines: `sorcery grade --cluster ADDRESS`, over Dask distributed.

Theory of operation. The client speaks to Dask's scheduler, and by it to workers. Each is asked what it is
(graders.station.describe): one that has not our versions, or cannot confine submissions as asked, is left
out. The others get a Parcel of the tests once, and then submissions, one for each of their threads; results
come back the same way, so nothing is shared but the network. Which worker gets what is decided here, not by
Dask, whose scheduler knows nothing of who may have what. When a worker is gone, what it had goes to another.

Everything of Dask's happens in one thread, in its event loop, and so does all that is kept here.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import secrets
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from graders import station
from graders.errors import InternalError, UsageError
from graders.grader import Graded, Task
from graders.parcel import Parcel, pack
from graders.records import Tier
from graders.sandbox.tiers import wanted
from graders.work import Work

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

LOCAL = "local:"
MAX_LOCAL = 256
WATCH_SECONDS = 0.5
PATIENCE_SECONDS = 60.0  # for a worker's first answer, and without any worker
END_SECONDS = 10.0
MAX_DEATHS = 3  # of workers that had one submission

T = TypeVar("T")


class WorkerGone(Exception):
    """It will not answer any more."""


@dataclass(slots=True, eq=False)
class _Member:
    """A worker that may grade. `lease` keeps its station open; `gone` is set when it is no more."""

    address: str
    threads: int
    about: dict[str, Any]
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    lease: Any = None
    running: int = 0

    @property
    def free(self) -> int:
        ready = self.lease is not None and self.lease.status == "finished" and not self.gone.is_set()
        return self.threads - self.running if ready else 0


class Cluster:
    """The workers of a scheduler, or of one started here, as pools for one batch; to be used in a `with`.

    `tier` is the isolation asked for, or the best that some worker has; `left_out` says why which worker
    is not asked, one a line. Entering raises UsageError when no worker can grade.
    """

    tier: Tier

    def __init__(self, address: str, isolation: str = "") -> None:
        self._address, self._wanted = address, wanted(isolation)
        self._local = _local_workers(address)
        if importlib.util.find_spec("distributed") is None:
            raise UsageError("--cluster needs Dask: pip install 'sorcery[cluster]'")
        self._versions = station.versions()
        self._batch, self._works = secrets.token_hex(8), list[Work]()
        self._parcels: list[Parcel] = []
        self._members: dict[str, _Member] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._refused: dict[str, str] = {}
        self._lost = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sorcery-cluster", daemon=True)

    @property
    def left_out(self) -> list[str]:
        return [f"{address}: {why}" for address, why in sorted(self._refused.items())]

    @property
    def slots(self) -> int:
        """How many submissions can be graded at once, as far as is known."""
        return sum(one.threads for one in list(self._members.values()) if one.lease is not None)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._in_loop(self._begin())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def pool(self, works: Sequence[Work], jobs: int) -> DaskPool:
        """See graders.autograde.MakePool. Raises UsageError when no worker can grade."""
        if not self._parcels:
            self._works = list(works)
            self._parcels = [pack(work) for work in works]
            self._in_loop(self._open_all())
            if not self.slots:
                raise UsageError(self._nobody())
        if self._works != list(works):
            raise InternalError("a cluster grades one batch at a time")
        if self._lost:
            raise UsageError(self._lost)
        return DaskPool(self, jobs)

    def ask(self, work: int, task: Task, keep: Callable[[], bool]) -> Future[Graded]:
        """The submission graded, unless `keep` is false by the time a worker could. The future raises
        AuthorError, InternalError, and UsageError when the cluster is lost."""
        return asyncio.run_coroutine_threadsafe(self._grade(work, task, keep), self._loop)

    def wake(self) -> None:
        """Has those who wait for a worker look again."""
        self._loop.call_soon_threadsafe(self._turn)

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _end(self) -> None:
        with contextlib.suppress(Exception):
            self._in_loop(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # All from here on runs in the loop.

    async def _begin(self) -> None:
        import dask
        from distributed import Client

        self._changed = asyncio.Event()
        self._client: Client | None = None
        self._cluster: LocalCluster | None = None
        self._watching: asyncio.Task[None] | None = None
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TiB"})  # a parcel is as it is
        station.silence()
        address: Any = self._address
        if self._local:
            address = self._cluster = await _start(self._local)
        self._client = Client(address, asynchronous=True, set_as_default=False)
        try:
            await self._client
        except (OSError, ValueError, TimeoutError) as error:
            said = str(error).partition("\n")[0]
            raise UsageError(f"no scheduler of Dask answers at {self._address}: {said}") from None
        if self._local:
            await self._client.wait_for_workers(self._local, timeout=PATIENCE_SECONDS)
        await self._look()
        if self._asking:
            await asyncio.wait(self._asking.values(), timeout=PATIENCE_SECONDS)
        self._watching = asyncio.create_task(self._watch())
        best = {tier for one in self._fit() for tier, lack in one.about["lacks"].items() if not lack}
        self.tier = next((tier for tier in self._wanted if tier in best), self._wanted[-1])
        if not [one for one in self._fit() if self._check_tier(one)]:
            raise UsageError(self._nobody())

    async def _close(self) -> None:
        for task in (self._watching, *self._asking.values()):
            if task is not None:
                task.cancel()
        if self._client is not None:
            closing = [
                self._on(one, station.close_station, self._batch)
                for one in self._fit()
                if one.lease is not None and not self._lost
            ]
            with contextlib.suppress(TimeoutError):  # then the end of its lease does it
                await asyncio.wait_for(asyncio.gather(*closing, return_exceptions=True), END_SECONDS)
            await self._client.close()
        if self._cluster is not None:
            await self._cluster.close()

    def _fit(self) -> list[_Member]:
        return [one for one in self._members.values() if not one.gone.is_set()]

    def _nobody(self) -> str:
        if not self._refused:
            return f"the cluster at {self._address} has no worker"
        return f"no worker of {self._address} can grade ({'; '.join(self.left_out)})"

    def _turn(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _look(self) -> None:
        """Notes who is gone, and asks who is new."""
        assert self._client is not None
        threads = await self._client.nthreads()
        for address in [*self._members, *self._refused]:
            if address not in threads:
                self._forget(address)
        for address, count in threads.items():
            if address not in self._members and address not in self._refused and address not in self._asking:
                self._asking[address] = asyncio.create_task(self._meet(address, count))
        for address in list(self._asking):
            if self._asking[address].done() or address not in threads:
                self._asking.pop(address).cancel()

    def _forget(self, address: str) -> None:
        self._refused.pop(address, None)
        if one := self._members.pop(address, None):
            one.gone.set()
            self._turn()

    async def _watch(self) -> None:
        """Who comes and goes, until for some time there has been nobody."""
        seen = time.monotonic()
        while not self._lost:
            await asyncio.sleep(WATCH_SECONDS)
            with contextlib.suppress(Exception):  # no news is no news
                await self._look()
            if self.slots or not self._parcels:
                seen = time.monotonic()
            if time.monotonic() > seen + PATIENCE_SECONDS:
                self._lose("no worker is left")
            if any(one.lease is not None and one.lease.status == "cancelled" for one in self._fit()):
                self._lose("the connection to the scheduler was lost")

    def _lose(self, why: str) -> None:
        self._lost = f"{self._address}: {why}; what is graded is saved, and the same command goes on"
        self._turn()

    async def _meet(self, address: str, threads: int) -> None:
        """One worker: who it is, and once the batch has begun, its station."""
        assert self._client is not None
        one = _Member(address, threads, {})
        try:
            if self._local:
                await self._client.run(station.stay_quiet, workers=[address])
            one.about = await self._on(one, station.describe, [str(tier) for tier in self._wanted])
        except WorkerGone:
            return
        except Exception as error:
            self._refuse(address, f"cannot say what it is: {type(error).__name__}: {error}")
            return
        theirs = one.about["versions"]
        if others := [
            f"{name} is {theirs.get(name, 'missing')} there, {ours} here"
            for name, ours in self._versions.items()
            if theirs.get(name) != ours
        ]:
            self._refuse(address, ", ".join(others))
            return
        self._members[address] = one
        if self._parcels and self._check_tier(one):
            await self._open(one)

    def _refuse(self, address: str, why: str) -> None:
        self._members.pop(address, None)
        self._refused[address] = why

    def _check_tier(self, one: _Member) -> bool:
        lacks = one.about["lacks"]
        if lack := lacks.get(self.tier):
            listed = [f"{tier} isolation: {why}" for tier, why in lacks.items()]
            self._refuse(one.address, "; ".join(listed))
        return not lack

    async def _open_all(self) -> None:
        await asyncio.gather(*(self._open(one) for one in self._fit()))

    async def _open(self, one: _Member) -> None:
        assert self._client is not None
        what = (station.open_station, self._batch, self._parcels, self._cores(one))
        lease = self._client.submit(*what, workers=[one.address], pure=False)
        try:
            await _until(one, lease, held=True)
        except WorkerGone:
            return
        except Exception as error:
            self._refuse(one.address, str(error))
            return
        one.lease = lease
        self._turn()

    def _cores(self, one: _Member) -> list[int]:
        """Of workers started here, each has a core of its own, as far as there are any."""
        if not self._local or not hasattr(os, "sched_getaffinity"):
            return []
        cores = sorted(os.sched_getaffinity(0))
        return [cores[int(one.about["name"]) % len(cores)]]

    async def _on(self, one: _Member, function: Callable[..., T], *arguments: Any) -> T:
        """What a worker answers. Raises WorkerGone, and what the function raises."""
        assert self._client is not None
        asked = self._client.submit(function, *arguments, workers=[one.address], pure=False)
        answer: T = await _until(one, asked)
        return answer

    async def _grade(self, work: int, task: Task, keep: Callable[[], bool]) -> Graded:
        """On one worker, and when it ends on another."""
        for _ in range(MAX_DEATHS):
            one = await self._free(keep)
            one.running += 1
            try:
                return await self._on(one, station.grade, self._batch, work, task)
            except WorkerGone:
                continue
            finally:
                one.running -= 1
                self._turn()
        raise InternalError(f"the worker that had it ended, {MAX_DEATHS} times")

    async def _free(self, keep: Callable[[], bool]) -> _Member:
        """The worker with most to spare. Raises CancelledError when there is none, and no need; UsageError
        when there will be none."""
        while True:
            if self._lost:
                raise UsageError(self._lost)
            one = max(self._members.values(), key=lambda one: one.free, default=None)
            if one is not None and one.free > 0:
                return one
            if not keep():
                raise asyncio.CancelledError
            await self._changed.wait()


async def _until(one: _Member, asked: Any, *, held: bool = False) -> Any:
    """The result of a future of Dask's, unless its worker goes before. What is `held` stays there."""
    from distributed.scheduler import KilledWorker

    async def result() -> Any:
        fault = await asked.exception()
        if fault is not None:
            raise WorkerGone if isinstance(fault, KilledWorker) else fault
        return None if held else await asked

    answer, gone = asyncio.ensure_future(result()), asyncio.ensure_future(one.gone.wait())
    try:
        await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done() or answer.cancelled():
            raise WorkerGone
        return answer.result()
    finally:
        answer.cancel()
        gone.cancel()
        if not held:
            asked.release()


async def _start(workers: int) -> LocalCluster:
    import dask
    from distributed import LocalCluster

    quiet = "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED"
    dask.config.set({quiet: "critical"})  # they begin before `stay_quiet` can be asked of them
    return await LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        memory_limit=None,  # submissions have limits of their own
        dashboard_address=None,
        silence_logs=False,
        asynchronous=True,
    )


def _local_workers(address: str) -> int:
    """How many are to be started here; 0 for an address of others. Raises UsageError."""
    if not address.startswith(LOCAL):
        return 0
    number = address.removeprefix(LOCAL)
    if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= MAX_LOCAL:
        raise UsageError(f"--cluster {address}: write how many workers, from local:1 to local:{MAX_LOCAL}")
    return int(number)


class DaskPool:
    """See graders.autograde.Pool. A work's warm process is started by each worker when it has its first
    submission, and stays to the end of the batch."""

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
        pass

    def close(self, *, wait: bool) -> None:
        self._open = False
        self._cluster.wake()
        asked = list(self._asked)
        if not wait:
            for future in asked:
                future.cancel()
        wait_for(asked)
