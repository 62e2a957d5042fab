"""The workers of a Dask scheduler: who there is, who may grade, and who has what.

All of it happens in one event loop, so nothing here is locked. Which worker gets what is decided here, not
by Dask, whose scheduler knows nothing of who may have what.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from graders import station
from graders.errors import InternalError, UsageError
from graders.grader import Graded, Task
from graders.parcel import Parcel
from graders.records import Tier
from graders.untrusted import on_one_line

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

WATCH_SECONDS = 0.5
ANSWER_SECONDS = 60.0  # for a worker to say what it is; who is later joins later
OPEN_SECONDS = 180.0  # for it to get ready
PATIENCE_SECONDS = 60.0  # without any worker
END_SECONDS = 10.0
LOST = "the connection to the scheduler was lost"
MAX_DEATHS = 3  # of workers that had one submission

T = TypeVar("T")


class WorkerGone(Exception):
    """It will not answer any more."""


@dataclass(slots=True, eq=False)
class Member:
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


class Members:
    """Those of the scheduler at `address`, or `local` ones started with a scheduler of their own. `wanted`
    are the tiers that will do, the best first; `tier` is the one taken."""

    tier: Tier

    def __init__(self, address: str, local: int, wanted: Sequence[Tier]) -> None:
        self._address, self._local, self._wanted = address, local, wanted
        self._versions = station.versions()
        self._batch = secrets.token_hex(8)
        self._parcels: Sequence[Parcel] = ()
        self._client: Client | None = None
        self._cluster: LocalCluster | None = None
        self._watching: asyncio.Task[None] | None = None
        self._members: dict[str, Member] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._refused: dict[str, str] = {}
        self._leaving: dict[int, asyncio.Future[Any]] = {}
        self._changed = asyncio.Event()
        self.lost = ""

    @property
    def left_out(self) -> list[str]:
        """Who is not asked, and why."""
        return [f"{address}: {why}" for address, why in sorted(self._refused.items())]

    @property
    def slots(self) -> int:
        """How many submissions can be graded at once, as far as is known."""
        return sum(one.threads for one in list(self._members.values()) if one.lease is not None)

    def _nobody(self) -> str:
        silent = [f"{address}: has not answered yet" for address in self._asking]
        if not self._refused and not silent:
            return f"the cluster at {self._address} has no worker"
        return f"no worker of {self._address} can grade ({'; '.join([*self.left_out, *silent])})"

    async def begin(self) -> None:
        """Connects, and asks each worker what it is. Raises UsageError when none can grade."""
        import dask
        from distributed import Client

        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TiB"})  # a parcel is as it is
        station.silence()
        if self._local:
            self._cluster = await _start(self._local)
        self._client = Client(self._cluster or self._address, asynchronous=True, set_as_default=False)
        try:
            await self._client
        except (OSError, ValueError, TypeError, RuntimeError) as error:  # of Dask, for its configuration too
            said = str(error).partition("\n")[0]
            raise UsageError(f"no scheduler of Dask answers at {self._address}: {said}") from None
        await self._look()
        await self._answers(ANSWER_SECONDS)
        self._watching = asyncio.create_task(self._watch())
        best = {tier for one in self._members.values() for tier, why in one.about["lacks"].items() if not why}
        self.tier = next((tier for tier in self._wanted if tier in best), self._wanted[-1])
        if not [one for one in list(self._members.values()) if self._check_tier(one)]:
            raise UsageError(self._nobody())

    async def open(self, parcels: Sequence[Parcel]) -> None:
        """Has every worker get ready to grade by these, once. Raises UsageError when none can."""
        self._parcels = parcels
        for one in self._members.values():
            self._asking[one.address] = asyncio.create_task(self._open(one))
        await self._answers(OPEN_SECONDS)
        assert self._client is not None
        if self._client.status != "running":
            self._lose(LOST)
        if not self.slots:
            raise UsageError(self.lost or self._nobody())

    async def _answers(self, seconds: float) -> None:
        if self._asking:
            await asyncio.wait(self._asking.values(), timeout=seconds)
        self._asking = {address: task for address, task in self._asking.items() if not task.done()}

    async def leave(self, work: int) -> None:
        """Has every worker end what it started for a work."""
        ready = [one for one in self._members.values() if one.lease is not None]
        asked = [self._on(one, station.leave, self._batch, work) for one in ready]
        self._leaving[work] = asyncio.gather(*asked, return_exceptions=True)
        await self._leaving[work]

    async def close(self) -> None:
        for task in (self._watching, *self._asking.values()):
            if task is not None:
                task.cancel()
        if self._client is not None:
            closing = [
                self._on(one, station.close_station, self._batch)
                for one in self._members.values()
                if one.lease is not None and not self.lost
            ]
            with contextlib.suppress(TimeoutError):  # then the end of its lease does it
                await asyncio.wait_for(asyncio.gather(*closing, return_exceptions=True), END_SECONDS)
            await self._client.close()
        if self._cluster is not None:
            await self._cluster.close()

    async def grade(self, work: int, task: Task, keep: Callable[[], bool]) -> Graded:
        """On one worker, and when it ends on another; not at all when `keep` is false before one can.

        Raises AuthorError, InternalError, CancelledError, and UsageError when all workers are lost.
        """
        if work in self._leaving:  # or what is started for this one would be ended
            await asyncio.wait([self._leaving[work]])
        for _ in range(MAX_DEATHS):
            one = await self._free(keep)
            one.running += 1
            try:
                return await self._on(one, station.grade, self._batch, work, task)
            except WorkerGone:
                continue
            finally:
                one.running -= 1
                self.turn()
        raise InternalError(f"the worker that had it ended, {MAX_DEATHS} times")

    def turn(self) -> None:
        """Has those who wait for a worker look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _free(self, keep: Callable[[], bool]) -> Member:
        """The worker with most to spare. Raises CancelledError when there is none, and no need; UsageError
        when there will be none."""
        while True:
            if self.lost:
                raise UsageError(self.lost)
            one = max(self._members.values(), key=lambda one: one.free, default=None)
            if one is not None and one.free > 0:
                return one
            if not keep():
                raise asyncio.CancelledError
            await self._changed.wait()

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
            self.turn()

    async def _watch(self) -> None:
        """Who comes and goes, until for some time there has been nobody."""
        seen = time.monotonic()
        while not self.lost:
            await asyncio.sleep(WATCH_SECONDS)
            with contextlib.suppress(Exception):  # no news is no news
                await self._look()
            if self.slots or not self._parcels:
                seen = time.monotonic()
            if time.monotonic() > seen + PATIENCE_SECONDS:
                self._lose("no worker is left")
            if any(
                one.lease is not None and one.lease.status == "cancelled" for one in self._members.values()
            ):
                self._lose(LOST)

    def _lose(self, why: str) -> None:
        self.lost = f"{self._address}: {why}; what is graded is saved, and the same command goes on"
        self.turn()

    async def _meet(self, address: str, threads: int) -> None:
        """One worker: who it is, and once the batch has begun, its station."""
        assert self._client is not None
        one = Member(address, threads, {})
        try:
            if self._local:
                await self._client.run(station.stay_quiet, workers=[address])
            # Not as a task: of that a worker that has no sorcery would die.
            theirs = (await self._client.run(station.versions, workers=[address]))[address]
            if others := _others(self._versions, theirs):
                self._refuse(address, others)
                return
            one.about = await self._on(one, station.describe, [str(tier) for tier in self._wanted])
        except WorkerGone:
            return
        except Exception as error:
            none = "ModuleNotFoundError" in repr(error)
            why = "has no sorcery, or an old one" if none else f"cannot say what it is: {error!r}"
            self._refuse(address, why)
            return
        self._members[address] = one
        if self._parcels and self._check_tier(one):
            await self._open(one)

    def _refuse(self, address: str, why: str) -> None:
        self._members.pop(address, None)
        self._refused[address] = on_one_line(why)

    def _check_tier(self, one: Member) -> bool:
        lacks = one.about["lacks"]
        if lack := lacks.get(self.tier):
            listed = [f"{tier} isolation: {why}" for tier, why in lacks.items()]
            self._refuse(one.address, "; ".join(listed))
        return not lack

    async def _open(self, one: Member) -> None:
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
        self.turn()

    def _cores(self, one: Member) -> list[int]:
        """Of workers started here, each has a core of its own, as far as there are any."""
        if not self._local or not hasattr(os, "sched_getaffinity"):
            return []
        cores = sorted(os.sched_getaffinity(0))
        return [cores[int(one.about["name"]) % len(cores)]]

    async def _on(self, one: Member, function: Callable[..., T], *arguments: Any) -> T:
        """What a worker answers. Raises WorkerGone, and what the function raises."""
        assert self._client is not None
        asked = self._client.submit(function, *arguments, workers=[one.address], pure=False)
        answer: T = await _until(one, asked)
        return answer


def _others(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """What of `theirs` is of another version."""
    return ", ".join(
        f"{name} is {theirs.get(name, 'missing')} there, {version} here"
        for name, version in ours.items()
        if theirs.get(name) != version
    )


async def _until(one: Member, asked: Any, *, held: bool = False) -> Any:
    """The result of a future of Dask's, unless its worker goes before. What is `held` stays there."""
    from distributed.scheduler import KilledWorker

    async def result() -> Any:
        fault = await asked.exception()
        if asked.status in ("cancelled", "lost") or isinstance(fault, KilledWorker):
            raise WorkerGone
        if fault is not None:
            raise fault
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
