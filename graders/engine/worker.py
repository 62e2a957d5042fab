"""The trusted side of the warm processes: start a zygote, have a notebook run, question its snapshots."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from types import TracebackType

import msgspec

from graders.channel import receive_frame, send_frame
from graders.engine.zygote import Order
from graders.errors import ChannelError, InternalError, PeerGone, PeerTimeout, Rejected, Tampered
from graders.intake import MAX_BYTES, Notebook
from graders.pools import THREAD_VARIABLES
from graders.records import CellResult, CellVerdict, Limits
from graders.remote import Namespace
from graders.sandbox.box import Box
from graders.sandbox.policy import Policy

START_SECONDS = 120.0
GRACE_SECONDS = 2.0  # between the alarm inside the worker and its being killed from here
FORK_SECONDS = 30.0
READ_SECONDS = 30.0
END_SECONDS = 10.0


class _Ran(msgspec.Struct, forbid_unknown_fields=True):
    verdict: CellVerdict
    error: str
    cut: bool
    seconds: float
    outputs: msgspec.Raw  # as objects they could be fifty times as large


_NO_OUTPUTS = b"[]"
_notebook = msgspec.json.Decoder(Notebook)
_ran = msgspec.json.Decoder(_Ran)


def _most(limits: Limits) -> int:
    """Bytes of a cell's answer: JSON takes up to six for a character, and there is the error."""
    return 8 * limits.output_bytes + (1 << 20)


class Forks:
    """Asks a zygote for workers. Several processes may ask one zygote over copies of its socket."""

    def __init__(self, requests: socket.socket) -> None:
        self.requests = requests

    def fork(self) -> Worker:
        """A fresh worker.

        Raises InternalError when there is none to be had, SandboxError when it cannot be confined.
        """
        control, theirs = socket.socketpair()
        status, keepers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        box = Box(status)
        started = time.perf_counter()
        try:
            socket.send_fds(self.requests, [b"fork"], [theirs.fileno(), keepers.fileno()])
        except OSError:
            control.close()
            status.close()
            raise InternalError("the warm process is gone") from None
        finally:
            theirs.close()
            keepers.close()
        try:
            box.wait_until_ready()
        except InternalError:
            control.close()
            raise
        isolated = time.perf_counter()
        return Worker(control, box, {"fork": box.forked - started, "isolation": isolated - box.forked})


class Zygote(Forks):
    """A warm process for one topic. Raises InternalError when it cannot be started.

    With `judging`, tests can run beside the student's code (graders.engine.sealed); it names the modules
    whose functions they call. `orders` is a pair of SOCK_SEQPACKET sockets to be asked over, ours first;
    both are closed with it.
    """

    def __init__(
        self,
        modules: Sequence[str],
        policy: Policy,
        judging: Sequence[str] | None = None,
        orders: tuple[socket.socket, socket.socket] | None = None,
    ) -> None:
        ours, theirs = orders or socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(ours)
        # Students can read it in /proc/self/environ: it says nothing of who grades.
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
        environment |= dict.fromkeys(THREAD_VARIABLES, "1")
        command = [sys.executable, "-P", "-m", "graders.engine.zygote", str(theirs.fileno())]
        self._process = subprocess.Popen(
            command,
            env=environment,
            cwd="/",
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # it sees to its own end, and tidies up, when all else is killed
        )
        theirs.close()
        ours.send(
            msgspec.json.encode(
                Order(
                    list(modules), policy, tempfile.gettempdir(), None if judging is None else list(judging)
                )
            )
        )
        self._modules = modules

    def wait_until_warm(self) -> None:
        self.requests.settimeout(START_SECONDS)
        try:
            ready = self.requests.recv(64)
        except OSError:
            ready = b""
        if ready != b"ready":
            self.close()
            raise InternalError(
                f"the warm process for {', '.join(self._modules) or 'no module'} did not start"
            )

    def close(self) -> None:
        self.requests.close()
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Zygote:
        self.wait_until_warm()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Snapshot:
    """A question's namespace as it was at its check cell. Each `round()` is served by a fresh copy of it."""

    def __init__(self, orders: socket.socket) -> None:
        orders.settimeout(FORK_SECONDS)  # a snapshot that takes no more orders is lost
        self._orders = orders

    @contextlib.contextmanager
    def round(self, seconds: float) -> Iterator[Namespace]:
        """A Namespace whose exchanges have `seconds` of wall time until it is given more."""
        ours, theirs = socket.socketpair()
        with ours:
            space = Namespace(ours)
            space.allow(seconds)
            try:
                socket.send_fds(self._orders, [b"r"], [theirs.fileno()])
            except OSError as error:
                space.lost = PeerGone(str(error))
            finally:
                theirs.close()
            yield space

    @contextlib.contextmanager
    def asserting(self) -> Iterator[socket.socket | None]:
        """A channel to a fresh copy that waits for one test to run; None when the snapshot is gone."""
        ours, theirs = socket.socketpair()
        with ours:
            try:
                socket.send_fds(self._orders, [b"a"], [theirs.fileno()])
            except OSError:
                yield None
                return
            finally:
                theirs.close()
            yield ours

    def close(self) -> None:
        self._orders.close()


class Worker:
    """Runs one submission. Cells after a failing one still run, until the process is gone."""

    def __init__(self, control: socket.socket, box: Box, timings: dict[str, float]) -> None:
        self._control = control
        self._box = box
        self.timings = timings  # stage -> wall seconds until it was there: fork, isolation
        self._over = time.monotonic()
        self.gone: CellVerdict | None = None
        self.tampered = ""

    @property
    def memory_exceeded(self) -> bool:
        """Whether the submission's processes together ever went over the limit; final once closed."""
        return self._box.memory_exceeded

    def read(self, data: bytes, topic: str) -> Notebook:
        """A file handed in; before `begin`. Raises Rejected, InternalError."""
        deadline = time.monotonic() + READ_SECONDS
        try:
            send_frame(self._control, ["read", topic], [data], deadline)
            answer, body = receive_frame(self._control, deadline, max_body=8 * MAX_BYTES)
            if answer == ["read"]:
                return _notebook.decode(body)
            match answer:
                case ["rejected", str() as reason]:
                    raise Rejected(reason[:1000])
        except PeerTimeout:
            raise Rejected(f"the file could not be read within {READ_SECONDS:g} s") from None
        except (ChannelError, msgspec.DecodeError) as error:
            self._box.fate()
            if self.memory_exceeded:
                raise Rejected("the file needs more memory to be read than a notebook may use") from None
            raise InternalError(f"the process that reads the notebook ended: {error}") from None
        raise InternalError("the process that reads the notebook gave an answer of no known form")

    def begin(self, limits: Limits, seed: int = 0) -> None:
        """Starts the notebook's time; random, numpy and torch begin at `seed`."""
        self._limits = limits
        self._over = time.monotonic() + limits.notebook_seconds
        with contextlib.suppress(ChannelError):
            send_frame(self._control, ["seed", seed], (), time.monotonic() + FORK_SECONDS)

    def put(self, path: str, data: bytes) -> None:
        """Writes a file at a relative path in the submission's working directory; before `begin`. Raises
        InternalError."""
        deadline = time.monotonic() + READ_SECONDS
        try:
            send_frame(self._control, ["put", path], [data], deadline)
            if receive_frame(self._control, deadline, max_body=0)[0] == ["put"]:
                return
            reason = "an answer to no question"
        except (ChannelError, ValueError) as error:
            reason = str(error)
        raise InternalError(f"{path} could not be put beside the notebook: {reason}")

    def run(
        self, index: int, source: str, *, authored: bool = False, limit: float | None = None
    ) -> tuple[CellResult, bytes]:
        """One code cell's result and what its process says are its nbformat outputs, as JSON. `authored`: it
        is the author's own, so what it puts in place of functions may stay there for tests. `limit` is in
        wall seconds, that of all cells when left out."""
        if self.gone is not None:
            return CellResult(index=index, verdict=CellVerdict.NOT_REACHED), _NO_OUTPUTS
        started = time.monotonic()
        seconds = min(limit or self._limits.cell_seconds, self._over - started)
        if seconds <= 0:
            why = "the notebook's time was over"
            return CellResult(index=index, verdict=CellVerdict.NOT_REACHED, error=why), _NO_OUTPUTS
        try:
            deadline = started + seconds + GRACE_SECONDS
            send_frame(
                self._control, ["run", source, seconds, self._limits.output_bytes, authored], (), deadline
            )
            answer, body = receive_frame(self._control, deadline, max_body=_most(self._limits))
            if answer != ["ran"]:
                raise Tampered("an answer to no question")
            ran = _ran.decode(body)
        except PeerTimeout:
            why = f"took longer than {seconds:g} s and could not be interrupted"
            return self._lose(index, CellVerdict.TIMEOUT, why), _NO_OUTPUTS
        except PeerGone:
            return self._lose(index, *self._obituary()), _NO_OUTPUTS
        except (Tampered, msgspec.DecodeError, UnicodeDecodeError) as error:
            self.tampered = str(error)
            why = "the cell wrote into the grader's channel"
            return self._lose(index, CellVerdict.CRASHED, why), _NO_OUTPUTS
        result = CellResult(
            index=index,
            verdict=ran.verdict,
            error=ran.error[:2000],
            cut=ran.cut,
            seconds=round(time.monotonic() - started, 6),
        )
        return result, bytes(ran.outputs)

    def snapshot(self) -> Snapshot | None:
        """The namespace as it is now, kept until closed; None when the process is gone."""
        if self.gone is not None:
            return None
        ours, theirs = socket.socketpair()
        deadline = time.monotonic() + FORK_SECONDS
        try:
            send_frame(self._control, ["snapshot"], (), deadline)
            socket.send_fds(self._control, [b"s"], [theirs.fileno()])
            answer, _ = receive_frame(self._control, deadline, max_body=0)
            if answer != ["snapped"]:
                raise Tampered("an answer to no question")
        except (ChannelError, OSError) as error:
            ours.close()
            self.tampered = str(error) if isinstance(error, Tampered) else ""
            self._kill(CellVerdict.CRASHED)
            return None
        finally:
            theirs.close()
        return Snapshot(ours)

    def stop(self) -> None:
        """Ends the student's process; its snapshots live on until each is closed."""
        self._kill(CellVerdict.NOT_REACHED)

    def close(self) -> None:
        """Ends everything the submission started; returns when it is dead."""
        self._kill(CellVerdict.NOT_REACHED)
        try:
            self._box.end()
        finally:
            self._box.close()

    def _obituary(self) -> tuple[CellVerdict, str]:
        fate = self._box.fate()
        if self._box.memory_exceeded:
            limit = self._limits.memory_bytes / (1 << 20)
            return CellVerdict.OUT_OF_MEMORY, f"used more than {limit:,.0f} MiB of memory"
        if self._box.processes_exceeded:
            return CellVerdict.CRASHED, f"started more than {self._limits.processes} processes"
        if self._box.files_exceeded:
            size = self._limits.scratch_bytes / (1 << 20)
            return CellVerdict.CRASHED, f"wrote more than {size:,.0f} MiB of files"
        how = f" ({fate})" if fate else ""
        return CellVerdict.CRASHED, f"the Python process ended in this cell{how}"

    def _lose(self, index: int, verdict: CellVerdict, why: str) -> CellResult:
        self._kill(verdict)
        return CellResult(index=index, verdict=verdict, error=why)

    def _kill(self, verdict: CellVerdict) -> None:
        if self.gone is None:
            self.gone = verdict
            self._box.kill_worker()
            self._control.close()
