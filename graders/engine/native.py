"""What is written to the process's own standard output and error: by C code, by subprocesses."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from typing import IO


class NativeOutput:
    """Descriptors 1 and 2 lead to one anonymous file in the working directory from here on.

    A file, because a pipe would need a thread to empty it, and a process with threads cannot be
    forked safely. So a cell's native output follows what Python printed in it.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=".", mode="a+b", buffering=0)  # noqa: SIM115
        for descriptor in (1, 2):
            os.dup2(self._file.fileno(), descriptor)

    def take(self, limit: int) -> tuple[str, bool]:
        """What was written since the last call, and whether it was cut at `limit` bytes."""
        for stream in (sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()  # type: ignore[union-attr]
        try:
            size = os.fstat(self._file.fileno()).st_size
            if not size:
                return "", False
            data = os.pread(self._file.fileno(), limit, 0)
            os.ftruncate(self._file.fileno(), 0)
        except OSError:
            return "", False
        return data.decode(errors="replace"), size > limit
