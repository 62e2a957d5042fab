"""The student's side of the value channel: answers what a test asks of this namespace.

Runs in a fork of the student's process, so anything here may have been patched by them. That is
harmless: whatever this code can be made to say, the student's code could have said.
"""

from __future__ import annotations

import io
import os
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from graders import codec, probes
from graders.channel import receive_frame, send_frame
from graders.engine.live import run_live
from graders.errors import ChannelError
from graders.seeding import seed_everything

CHUNK_BYTES = 16 << 20
HEARD_CHARACTERS = 1 << 20


def serve(sock: socket.socket, namespace: dict[str, Any]) -> None:
    """Answers until the other side closes. Student exceptions become error answers."""
    Answerer(sock, namespace).serve()


class Answerer:
    def __init__(self, sock: socket.socket, namespace: dict[str, Any]) -> None:
        self.sock = sock
        self.namespace = namespace
        self.objects: list[Any] = []
        self.operations: dict[str, Callable[..., Any]] = {
            "global": self._global,
            "has": lambda name: name in namespace,
            "set_global": namespace.__setitem__,
            "getattr": getattr,
            "setattr": setattr,
            "delattr": delattr,
            "call": lambda function, arguments, keywords: function(*arguments, **keywords),
            "getitem": lambda thing, key: thing[key],
            "setitem": lambda thing, key, value: thing.__setitem__(key, value),
            "delitem": lambda thing, key: thing.__delitem__(key),
            "len": len,
            "iter": iter,
            "next": self._next,
            "enter": lambda manager: manager.__enter__(),
            "exit": lambda manager: manager.__exit__(None, None, None),
            "listen": self._listen,
            "heard": self._heard,
            "seed": seed_everything,
            "live": lambda source, index: run_live(source, index, namespace),
            "probe": lambda name, thing, *arguments: probes.PROBES[name](thing, *arguments),
        }

    def serve(self) -> None:
        own = os.getpid()
        while True:
            try:
                (number, operation, node), body = receive_frame(self.sock)
            except ChannelError:
                return
            succeeded, answer, blobs = self._answer(operation, node, body)
            if os.getpid() != own:  # a child that the student's code forked and that came back from it
                os._exit(0)
            try:
                send_frame(self.sock, [number, succeeded, answer], blobs)
            except ValueError as error:  # over the bounds of a frame
                send_frame(self.sock, [number, False, self._encoded(error)[0]])

    def _answer(self, operation: str, node: Any, body: bytearray) -> tuple[bool, Any, list[Any]]:
        try:
            arguments = codec.decode(node, body, self._dereference)
            return True, *codec.encode(self.operations[operation](*arguments), self._reference)
        except BaseException as error:
            return False, *self._encoded(error)

    def _encoded(self, error: BaseException) -> tuple[Any, list[Any]]:
        return codec.encode(self._describe(error), self._reference)

    def _describe(self, error: BaseException) -> tuple[str, str, str]:
        try:
            text = str(error)[:2000]
            trace = "".join(traceback.format_exception(error, limit=-8))[-8000:]
        except BaseException:
            text = trace = "(an exception that cannot be printed)"
        return type(error).__name__[:200], text, trace

    def _listen(self) -> None:
        sys.stdout = io.StringIO()

    def _heard(self) -> str:
        heard, sys.stdout = sys.stdout, io.StringIO()
        return heard.getvalue()[:HEARD_CHARACTERS] if isinstance(heard, io.StringIO) else ""

    def _global(self, name: str) -> Any:
        if name not in self.namespace:
            raise NameError(f"`{name}` is not defined at this point of the notebook")
        return self.namespace[name]

    def _next(self, iterator: Any, count: int) -> tuple[list[Any], bool]:
        items: list[Any] = []
        size = 0
        for _ in range(count):
            try:
                items.append(next(iterator))
            except StopIteration:
                return items, False
            size += getattr(items[-1], "nbytes", 0)
            if size > CHUNK_BYTES:
                break
        return items, True

    def _reference(self, value: object) -> list[Any]:
        self.objects.append(value)
        kind = type(value)
        return ["R", len(self.objects) - 1, f"{kind.__module__}.{kind.__qualname__}"[:200]]

    def _dereference(self, node: list[Any]) -> Any:
        return self.objects[node[1]]
