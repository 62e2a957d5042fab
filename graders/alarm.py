"""Raises an exception in running Python code when its wall time is over, on every system.

The gentle limit: code that never comes back to the interpreter is for another process to end.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType


def alarm(seconds: float, error: type[BaseException]) -> AbstractContextManager[None]:
    """Raises `error()` in the code inside once `seconds` have passed.

    In the main thread of a POSIX process a signal does it, which interrupts waiting too. Elsewhere a
    timer does it, at the next step of Python code.
    """
    posix = hasattr(signal, "setitimer")
    if posix and threading.current_thread() is threading.main_thread():
        return _by_signal(seconds, error)
    return _by_timer(seconds, error)


@contextmanager
def _by_signal(seconds: float, error: type[BaseException]) -> Iterator[None]:
    def ring(signum: int, frame: FrameType | None) -> None:
        raise error

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        # None: of a handler that was not installed from Python.
        signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)


@contextmanager
def _by_timer(seconds: float, error: type[BaseException]) -> Iterator[None]:
    import ctypes

    thread = ctypes.c_ulong(threading.get_ident())
    lock, over = threading.Lock(), False

    def ring() -> None:
        with lock:
            if not over:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(error))

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            over = True
        timer.cancel()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)  # rung, and not arrived yet
