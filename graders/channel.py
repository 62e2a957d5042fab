"""Frames between a trusted process and a student's: length-prefixed, bounded, no pickle.

A frame is two little-endian u32 lengths, a JSON header, and a body of raw array bytes:

    | header length | body length | header: JSON | body |

What the header may say is `graders.codec`'s business. Every read has a deadline and every
length a bound, checked before anything is allocated or parsed. JSON, because its mappings have
text for keys: msgpack's may have tuples of numbers, whose hashes anyone can make collide, so that
300 kB take seconds to parse, and twice as many four times as long.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from graders.errors import PeerGone, PeerTimeout, Tampered

MAX_HEADER = 16 << 20
MAX_BODY = 256 << 20

_LENGTHS = struct.Struct("<II")
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()

Buffer = bytes | bytearray | memoryview


def send_frame(
    sock: socket.socket, header: Any, body: Sequence[Buffer] = (), deadline: float | None = None
) -> None:
    """Sends one frame. `deadline` is on `time.monotonic()`'s clock; None waits for ever.

    Raises PeerGone, PeerTimeout, and ValueError for a frame over the bounds.
    """
    encoded = _encoder.encode(header)
    size = sum(len(part) for part in body)
    if len(encoded) > MAX_HEADER or size > MAX_BODY:
        raise ValueError(f"{len(encoded) + size} bytes are too many to send at once")
    _send(sock, _LENGTHS.pack(len(encoded), size) + encoded, deadline)
    for part in body:
        if len(part):
            _send(sock, part, deadline)


def receive_frame(
    sock: socket.socket, deadline: float | None = None, *, max_body: int = MAX_BODY
) -> tuple[Any, bytearray]:
    """The next frame's header and body. Raises PeerGone, PeerTimeout, and Tampered when it breaks the rules."""
    header_size, body_size = _LENGTHS.unpack(_receive(sock, _LENGTHS.size, deadline))
    if header_size > MAX_HEADER or body_size > max_body:
        raise Tampered(f"a frame of {header_size} + {body_size} bytes is over the bound")
    encoded = _receive(sock, header_size, deadline)
    body = _receive(sock, body_size, deadline)
    try:
        return _decoder.decode(encoded), body
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Tampered(f"a frame's header is not JSON: {error}") from None


def _receive(sock: socket.socket, size: int, deadline: float | None) -> bytearray:
    buffer = bytearray(size)
    view, got = memoryview(buffer), 0
    while got < size:
        _arm(sock, deadline)
        try:
            count = sock.recv_into(view[got:])
        except TimeoutError:
            raise PeerTimeout("no answer before the deadline") from None
        except OSError as error:
            raise PeerGone(str(error)) from None
        if not count:
            raise PeerGone("the process ended or closed its channel")
        got += count
    return buffer


def _send(sock: socket.socket, data: Buffer, deadline: float | None) -> None:
    _arm(sock, deadline)
    try:
        sock.sendall(data)
    except TimeoutError:
        raise PeerTimeout("the process did not take its input before the deadline") from None
    except OSError as error:
        raise PeerGone(str(error)) from None


def _arm(sock: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        sock.settimeout(None)
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise PeerTimeout("no answer before the deadline")
    sock.settimeout(left)
