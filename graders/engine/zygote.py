"""The warm process: imports what a topic needs once, then forks a worker per request.

Started by exec, so it never held a test, a key or another student's work. It stays at one
thread (a second OpenMP thread would hang its children) and touches no accelerator.

    python -m graders.engine.zygote FD MODULE...

FD is a SOCK_SEQPACKET socket. The zygote says `ready` once warm; each message it gets then
carries one control socket, for which it forks a worker and answers the worker's pid.
"""

from __future__ import annotations

import gc
import importlib
import os
import random
import signal
import socket
import sys
import types
from pathlib import Path

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class SilentNotebook:
    """Stands in for otter.Notebook: while grading, check cells mark places and run nothing."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def check(self, *_: object, **__: object) -> None:
        pass

    check_all = export = add_plugin_files = check


def main() -> None:
    requests = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the command's business
    _install_otter_stub()
    _warm(sys.argv[2:])
    from graders.engine.inside import work
    from graders.engine.shell import make_shell

    shell = make_shell()
    shell.run("1 + 1;", seconds=60, output_bytes=1000)
    shell.reset(new_session=True)
    _stay_alone()
    gc.collect()
    gc.freeze()  # a collection in a child would otherwise touch, and so copy, every page
    requests.send(b"ready")
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, 4096, 1)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            requests.close()
            os.chdir(message.decode())
            _seed(int.from_bytes(os.urandom(4), "big"))
            try:
                work(socket.socket(fileno=descriptors[0]), shell)
            finally:
                os._exit(0)
        os.close(descriptors[0])
        requests.send(str(pid).encode())
        _reap()


def _install_otter_stub() -> None:
    stub = types.ModuleType("otter", "Grading runs its tests elsewhere.")
    stub.Notebook = SilentNotebook
    sys.modules["otter"] = stub


def _warm(modules: list[str]) -> None:
    for module in ["matplotlib.pyplot", *modules]:
        importlib.import_module(module)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
        # The first optimiser of a process imports torch._dynamo: over a second, paid here once.
        layer = torch.nn.Linear(2, 1)
        optimiser = torch.optim.Adam(layer.parameters())
        torch.nn.functional.mse_loss(layer(torch.ones(1, 2)), torch.zeros(1, 1)).backward()
        optimiser.step()


def _seed(seed: int) -> None:
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def _stay_alone() -> None:
    status = Path("/proc/self/status")
    if status.exists():
        threads = next(line for line in status.read_text().splitlines() if line.startswith("Threads:"))
        if threads.split()[1] != "1":
            raise SystemExit(f"the zygote has {threads.split()[1]} threads; a warmed module must start none")


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    main()
