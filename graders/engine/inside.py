"""The worker: runs one notebook's cells on request and forks a snapshot at each check cell.

    worker ── run, run, ... ──► snapshot(q1) ── waits, pristine
                                    └── serving child: answers one round of tests, then dies

The only code that shares a process with the student's. It holds no test and no other
submission; what it says is believed of nothing but its own outputs. A snapshot never answers
itself: it forks a child per round, so a case that hangs or kills its child leaves the namespace
whole for the next.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from dataclasses import asdict
from typing import Any

import msgspec

from graders.channel import receive_frame, send_frame
from graders.engine.answer import serve
from graders.engine.native import NativeOutput
from graders.engine.shell import NotebookShell
from graders.errors import ChannelError, Rejected
from graders.intake import read_document
from graders.seeding import seed_everything


def work(control: socket.socket, shell: NotebookShell) -> None:
    """Obeys the supervisor until it closes `control`; never returns into the caller's stack of duties."""
    shell.native = NativeOutput()
    own = os.getpid()
    while True:
        try:
            (order, *arguments), body = receive_frame(control)
        except ChannelError:
            return
        if order == "run":
            source, seconds, output_bytes = arguments
            outcome = shell.run(source, seconds=seconds, output_bytes=output_bytes)
            if os.getpid() != own:  # a child that the cell forked and that came back from it
                os._exit(0)
            send_frame(control, ["ran"], [msgspec.json.encode(asdict(outcome), enc_hook=repr)])
        elif order == "read":
            send_frame(control, *_read(bytes(body), *arguments))
        elif order == "seed":
            seed_everything(arguments[0])
        elif order == "snapshot":
            _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if os.fork() == 0:
                control.close()
                _keep_snapshot(socket.socket(fileno=descriptors[0]), shell.user_ns)
            os.close(descriptors[0])
            send_frame(control, ["snapped"])


def _read(data: bytes, topic: str) -> tuple[list[str], list[bytes]]:
    """Before any code of the student's: what a file does to the parser stays in here."""
    try:
        return ["read"], [msgspec.json.encode(read_document(data, topic))]
    except Rejected as reason:
        return ["rejected", str(reason)], []


def _keep_snapshot(orders: socket.socket, namespace: dict[str, Any]) -> None:
    """Serves rounds until the examiner closes: each order brings a channel, and ends the round before."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    sys.stdout = sys.stderr = nowhere = open(os.devnull, "w")  # noqa: PTH123, SIM115
    os.dup2(nowhere.fileno(), 1)
    os.dup2(nowhere.fileno(), 2)
    child = 0
    while True:
        message, descriptors, _, _ = socket.recv_fds(orders, 1, 1)
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        if not message:
            os._exit(0)
        child = os.fork()
        if child == 0:
            orders.close()
            try:
                serve(socket.socket(fileno=descriptors[0]), namespace)
            finally:
                os._exit(0)
        os.close(descriptors[0])
