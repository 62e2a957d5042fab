"""The supervisor's hold on one confined submission: what became of it, and the end of it."""

from __future__ import annotations

import contextlib
import socket
import time

from graders.errors import SandboxError

START_SECONDS = 30.0
END_SECONDS = 30.0
TIDY_SECONDS = 5.0


class Box:
    """Over the status socket of a keeper; see graders.sandbox.keeper for what is said there."""

    def __init__(self, status: socket.socket) -> None:
        self._status = status
        self.memory_exceeded = False
        self.processes_exceeded = False
        self.files_exceeded = False
        self.ended = ""  # "exit 0", "signal 9": how the worker ended, once known
        self.forked = 0.0  # when the keeper was there, by time.perf_counter
        self._dead = False

    def wait_until_ready(self) -> None:
        """Raises SandboxError when the worker could not be confined as asked."""
        deadline = time.monotonic() + START_SECONDS
        word = self._next(deadline)
        if word == "forked":
            self.forked = time.perf_counter()
            word = self._next(deadline)
        if word != "ready":
            with contextlib.suppress(SandboxError):  # why it is not ready is the news
                self.end()
            self.close()
            raise SandboxError(f"a submission could not be confined: {word or 'no answer'}")

    def kill_worker(self) -> None:
        """Ends the student's process; snapshots taken of it stay."""
        with contextlib.suppress(OSError):
            self._status.send(b"kill")

    def fate(self, seconds: float = 2.0) -> str:
        """How the worker ended, waiting for the news when it is under way; "" when it still runs."""
        deadline = time.monotonic() + seconds
        while not self.ended and not self._dead:
            word = self._next(deadline)
            if not word:
                break
            self._note(word)
        return self.ended

    def end(self) -> None:
        """Ends everything the submission started; returns when it is dead. `close` comes after it.

        Raises SandboxError when that cannot be had, or known.
        """
        if self._dead or self._status.fileno() < 0:
            return
        with contextlib.suppress(OSError):
            self._status.send(b"end")
        deadline = time.monotonic() + END_SECONDS
        while not self._dead:
            word = self._next(deadline)
            if word is None:
                raise SandboxError(f"a submission's processes did not end within {END_SECONDS:g} s")
            if not word:
                raise SandboxError("a submission's processes lost their keeper")
            self._note(word)

    def close(self) -> None:
        """Lets go of the keeper, who ends everything if `end` did not. While it tidies up, its core counts
        as taken; so there is some time for that."""
        with contextlib.suppress(OSError):
            self._status.settimeout(TIDY_SECONDS)
            while self._dead and self._status.recv(64):
                pass
        self._status.close()

    def _note(self, word: str) -> None:
        if word == "memory":
            self.memory_exceeded = True
        elif word == "dead":
            self._dead = True
        elif word == "processes":
            self.processes_exceeded = True
        elif word == "files":
            self.files_exceeded = True
        elif word.startswith(("exit", "signal")):
            self.ended = word

    def _next(self, deadline: float) -> str | None:
        """The next word; empty at the end of the socket, None when there was none in time."""
        self._status.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            with contextlib.suppress(ConnectionResetError):
                return self._status.recv(2000).decode(errors="replace")
            # A keeper that left an order of ours unread: told once, and before its own last words.
            return self._status.recv(2000).decode(errors="replace")
        except TimeoutError:
            return None
        except OSError:
            return ""
