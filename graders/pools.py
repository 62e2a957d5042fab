"""What a process of a pool owes to who started it, and to the others: one core."""

from __future__ import annotations

import multiprocessing
import os
import threading

# Read by numerical libraries when they are loaded.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def end_with_parent() -> None:
    """To be called in a process of a pool: ends it when its parent does. A parent that is killed says
    nothing, and a pool's queue never ends: its workers hold it open."""
    threading.Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
