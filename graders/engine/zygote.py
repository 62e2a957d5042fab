"""The warm process: imports what a topic needs once, then forks a worker per request.

Started by exec, so it never held a test, a key or another student's work. It stays at one
thread (a second OpenMP thread would hang its children) and touches no accelerator.

    python -m graders.engine.zygote FD

FD is a SOCK_SEQPACKET socket. Its first message is an Order; the zygote says `ready` once warm.
Each message it then gets carries two sockets, the control of a worker and the status of its keeper
(graders.sandbox.keeper), for which it forks the keeper.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import secrets
import select
import shutil
import signal
import socket
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from graders.engine.silent import SilentNotebook
from graders.imports import put_off_compiler
from graders.records import Tier
from graders.sandbox.confine import forget_origin, seccomp_filter
from graders.sandbox.keeper import keep
from graders.sandbox.linux import die_with_parent, use_large_pages
from graders.sandbox.policy import Policy
from graders.seeding import seed_everything

FORKS_BEFORE_LARGE_PAGES = 16  # a batch of fewer submissions would not get back what they take


class Order(msgspec.Struct):
    """What one zygote is for: the modules to import, how its submissions are confined, a folder for what is
    temporary, and, where tests may run beside the student's code, the modules whose functions they call."""

    modules: list[str]
    policy: Policy
    temporary: str
    judging: list[str] | None = None


def main() -> None:
    requests = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the command's business
    order = msgspec.json.decode(requests.recv(1 << 16), type=Order)
    gc.disable()  # what is imported stays: looking through it again and again takes a tenth of the time
    with _home_of_its_own(order.temporary):
        if select.select([requests], [], [], 0)[0]:  # nothing is asked yet, so its other end is gone already
            return
        _install_otter_stub()
        try:
            _warm(order.modules)
        except Exception as error:
            raise SystemExit(f"what the topic imports cannot be imported here: {error}") from None
        from graders.engine.inside import work
        from graders.engine.sealed import Sealed
        from graders.engine.shell import make_shell

        shell = make_shell()
        for source in ("1 + 1", "1 / 0"):  # what shows values and tracebacks is imported at their first use
            shell.run(source, seconds=60, output_bytes=1 << 20)
        seed_everything(0)  # numpy imports its generators when they are first used
        shell.reset(new_session=True)  # and collects what was garbage
        sealed = None if order.judging is None else Sealed(order.judging)
    filtered = order.policy.tier in (Tier.FULL, Tier.FLAT)
    rules = seccomp_filter(order.policy) if filtered else None
    forget_origin(order.policy)
    cores = Cores()
    _stay_alone()
    gc.freeze()  # a collection in a child would otherwise touch, and so copy, every page
    gc.enable()
    pages = use_large_pages() if sys.platform == "linux" else iter(())
    served = 0
    with contextlib.suppress(OSError):  # nobody is there any more, as the next look finds
        requests.send(b"ready")

    while True:
        while served >= FORKS_BEFORE_LARGE_PAGES and not select.select([requests], [], [], 0)[0]:
            if next(pages, pages) is pages:
                break
        served += 1
        message, descriptors, _, _ = socket.recv_fds(requests, 4096, 2)
        if not message:
            return
        control, status = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        _reap(cores)
        core = cores.idlest()
        try:
            keeper = os.fork()
        except OSError:  # no process to be had: who asked sees its sockets close
            control.close()
            status.close()
            continue
        if keeper == 0:
            requests.close()
            keep(
                status,
                control,
                order.temporary,
                order.policy,
                rules,
                lambda sock: work(sock, shell, sealed),
                core,
            )
        cores.taken[keeper] = core
        control.close()
        status.close()


@contextlib.contextmanager
def _home_of_its_own(temporary: str) -> Iterator[None]:
    """Libraries leave caches at home, or among temporary files, when they are imported. It goes when that
    is done, or when who started this process is killed meanwhile; later, that ends the process at once."""
    home = str(Path(temporary, f"sorcery-home-{secrets.token_hex(8)}"))

    def leave(*_: object) -> None:
        # No exception: what is being imported might swallow it, or write once more on its way out.
        shutil.rmtree(home, ignore_errors=True)
        os._exit(1)

    signal.signal(signal.SIGTERM, leave)
    if sys.platform == "linux":
        die_with_parent(signal.SIGTERM)
    Path(home).mkdir(mode=0o700)
    os.environ["HOME"] = os.environ["TMPDIR"] = tempfile.tempdir = home
    try:
        yield
    finally:
        shutil.rmtree(home, ignore_errors=True)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        tempfile.tempdir = None  # workers look for theirs


def _install_otter_stub() -> None:
    stub = types.ModuleType("otter", "Grading runs its tests elsewhere.")
    stub.Notebook = SilentNotebook
    sys.modules["otter"] = stub


def _warm(modules: list[str]) -> None:
    for module in modules:
        importlib.import_module(module)
    if "matplotlib" in sys.modules:
        importlib.import_module("matplotlib.pyplot")
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
        put_off_compiler()
        # What the first optimiser of a process imports, and sets up, is paid for here once.
        layer = torch.nn.Linear(2, 1)
        optimiser = torch.optim.Adam(layer.parameters())
        torch.nn.functional.mse_loss(layer(torch.ones(1, 2)), torch.zeros(1, 1)).backward()
        optimiser.step()


def _stay_alone() -> None:
    status = Path("/proc/self/status")
    if status.exists():
        threads = next(line for line in status.read_text().splitlines() if line.startswith("Threads:"))
        if threads.split()[1] != "1":
            raise SystemExit(f"the zygote has {threads.split()[1]} threads; a warmed module must start none")


class Cores:
    """The processor cores this process may use, and which of its children has which.

    A submission that starts fifty processes slows down its own core; submissions graded beside it
    keep theirs, and with it their time.
    """

    def __init__(self) -> None:
        self.all = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        self.taken: dict[int, int] = {}

    def idlest(self) -> int:
        """The core fewest submissions have; -1 where they cannot be chosen."""
        users = Counter(self.taken.values())
        return min(self.all, key=lambda core: users[core], default=-1)


def _reap(cores: Cores) -> None:
    try:
        while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            cores.taken.pop(ended, None)
    except ChildProcessError:
        pass


if __name__ == "__main__":
    main()
