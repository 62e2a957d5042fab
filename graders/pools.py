"""What a process of a pool owes to who started it, and to the others: one core."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterable
from multiprocessing import forkserver
from multiprocessing.context import BaseContext

# Read by numerical libraries when they are loaded.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


GRADING = "graders.preload"
_EXTRA = ("pandas",)  # what takes long, and only some topics' tests need


def start_server(preload: str, modules: Iterable[str]) -> BaseContext:
    """The server that processes of a pool are forked from, with `preload` imported, and what `modules` of a
    topic say its tests will want. Returns while it is still at it; the first one started serves all."""
    context = multiprocessing.get_context("forkserver")
    tops = {module.partition(".")[0] for module in modules}
    context.set_forkserver_preload([preload, *(name for name in _EXTRA if name in tops)])
    forkserver.ensure_running()
    return context


def end_with_parent() -> None:
    """To be called in a process of a pool: ends it when its parent does. A parent that is killed says
    nothing, and a pool's queue never ends: its workers hold it open."""
    threading.Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
