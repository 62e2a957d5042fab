"""Whatever comes over the channel or is handed in is taken for what it is or refused; nothing else.

    python tests/attacks/fuzz.py 1000000 [SEED]

Each property makes something honest, damages it (or not), and reads it as the grader would. It
returns whether it was taken. The run ends with the first case that raises anything but a refusal.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import multiprocessing
import os
import re
import resource
import socket
import struct
import sys
import tarfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

import numpy as np
import pandas as pd
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from target import HONEST, SETUP, SOLUTION

from graders import codec
from graders.cells import QUESTION_ID, checked_question, parse_cell
from graders.channel import receive_frame
from graders.errors import ChannelError, Rejected, Tampered
from graders.intake import read_notebook
from graders.remote import Namespace, RemoteError

Property = Callable[..., bool]
PROPERTIES: dict[str, tuple[Property, dict[str, Any]]] = {}
ROUND = 2_000  # cases of one property under one seed; Hypothesis remembers all of a round
SHIFT = 100  # rounds of one pool: a process that has run many is large

_WORDS = [
    b"[", b"]", b"{", b"}", b'"', b",", b"\\u0000", b"\\ud800", b"null", b"true", b"NaN", b"1e999", b"-0",
    b"1" * 400, b"\0", b"\xff", b"\xef\xbb\xbf", b'"cells"', b'"source"', b'"cell_type"', b'"code"', b"[[[[",
    b'grader.check("q1")', b"%%bash\n", b"\n", b"!ls", b"?", b"'''", b"#", b"\r", b"PK\x05\x06", b"ustar",
    *(json.dumps(kind).encode() for kind in sorted(codec._READERS)),
]  # fmt: skip
_edits = st.just([]) | st.lists(
    st.tuples(
        st.sampled_from(["set", "cut", "insert", "repeat", "end"]),
        st.integers(0, 1 << 16),
        st.integers(1, 64),
        st.binary(min_size=1, max_size=8) | st.sampled_from(_WORDS),
    ),
    min_size=1,
    max_size=4,
)


def property_of(**strategies: Any) -> Callable[[Property], Property]:
    def add(function: Property) -> Property:
        PROPERTIES[function.__name__] = function, strategies
        return function

    return add


def _damaged(data: bytes, edits: list[tuple[str, int, int, bytes]]) -> bytes:
    for kind, place, size, text in edits:
        place %= len(data) + 1
        before, after = data[:place], data[place:]
        match kind:
            case "set":
                data = before + text + after[len(text) :]
            case "cut":
                data = before + after[size:]
            case "insert":
                data = before + text + after
            case "repeat":
                data = before + after[:size] * 3 + after[size:]
            case "end":
                data = before
    return data


_scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text() | st.binary()
)
_arrays = st.builds(
    lambda dtype, shape: np.ones(shape, dtype),
    st.sampled_from(["f2", "f4", "f8", "i1", "i8", "u4", "?", "c16", "U3", "S2", "M8[s]"]),
    st.lists(st.integers(0, 3), max_size=3),
)
_labels = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3)
_indexes = st.lists(_labels, max_size=4).map(pd.Index) | st.lists(st.sampled_from("abc"), max_size=4).map(
    pd.CategoricalIndex
)
_frames = _indexes | st.builds(
    lambda rows, columns, kind: pd.DataFrame({name: [1] * rows for name in columns}).astype(kind),
    st.integers(0, 3),
    st.lists(
        st.text(max_size=3) | st.tuples(st.text(max_size=2), st.integers(0, 9)), max_size=3, unique=True
    ),
    st.sampled_from(["int64", "float32", "Int8", "boolean", "str", "object", "category"]),
)
_values = st.recursive(
    _scalars | _arrays | _frames | _arrays.filter(lambda a: a.dtype.kind in "fi").map(torch.from_numpy),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers(-9, 9), inner, max_size=4)
        | st.builds(range, st.integers(-99, 99), st.integers(-99, 99))
    ),
    max_leaves=8,
)
_trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(sorted(codec._READERS)),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=16,
)  # fmt: skip


_REMOTE = ["R", 1, "module 'torch'"]


def _no_references(_: object) -> Any:
    raise Tampered("a reference")


def _node(value: object) -> tuple[Any, bytes]:
    node, parts = codec.encode(value, lambda _: list(_REMOTE))
    return node, b"".join(bytes(part) for part in parts)


def _frame(header: bytes, body: bytes) -> bytes:
    return struct.pack("<II", len(header), len(body)) + header + body


@property_of(
    value=_values.map(_node) | _trees.map(lambda tree: (tree, b"")),
    header_edits=_edits,
    body_edits=_edits,
    by_length=st.booleans(),
)
def frames(value: tuple[Any, bytes], header_edits: Any, body_edits: Any, by_length: bool) -> bool:
    """One frame, its header and body damaged, or the lengths it begins with."""
    node, body = value
    header = _damaged(json.dumps(node).encode(), header_edits)
    stream = _frame(header, _damaged(body, body_edits))
    if by_length:
        stream = _damaged(stream[:8], body_edits) + stream[8:]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(stream)
        theirs.shutdown(socket.SHUT_WR)
        try:
            received, data = receive_frame(ours)
            codec.decode(received, data, _no_references)
        except ChannelError:
            return False
    return True


_questions: list[Callable[[Namespace, Any], object]] = [
    lambda names, x: names["x"],
    lambda names, x: "x" in names,
    lambda names, x: x.weight,
    lambda names, x: x(1, key=[2]),
    lambda names, x: x["key"],
    lambda names, x: len(x),
    lambda names, x: [item for item, _ in zip(x, range(100), strict=False)],
    lambda names, x: next(x),
    lambda names, x: setattr(x, "y", x),
    lambda names, x: x.__enter__(),
    lambda names, x: repr(x),
]
_answers = st.lists(
    st.tuples(
        st.booleans() | st.none() | st.just(1),
        _values.map(_node)
        | _trees.map(lambda tree: (tree, b""))
        | st.just((_REMOTE, b""))
        | st.tuples(st.lists(_scalars.map(lambda v: _node(v)[0]), max_size=3), st.booleans()).map(
            lambda chunk: (["t", [["l", chunk[0]], chunk[1]]], b"")
        )
        | st.lists(st.text(), min_size=2, max_size=4).map(lambda texts: (["t", texts], b"")),
        _edits | st.just([]),
    ),
    min_size=1,
    max_size=5,
)


@property_of(question=st.sampled_from(_questions), replies=_answers)
def answers(question: Callable[[Namespace, Any], object], replies: Any) -> bool:
    """What a test asks, and a process that answers as it likes until it ends."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        names = Namespace(ours, time.monotonic() + 60)
        for number, (good, (node, body), edits) in enumerate(replies, 1):
            header = _damaged(json.dumps([number, good, node]).encode(), edits)
            theirs.sendall(_frame(header, body))
        theirs.shutdown(socket.SHUT_WR)
        try:
            question(names, names._dereference(_REMOTE))
        except (ChannelError, RemoteError, StopIteration):
            return False
        except TypeError as error:
            if not re.search("no usable (length|iterator)|says its length is", str(error)):
                raise
            return False
    return True


def _read(data: bytes) -> bool:
    try:
        cells = read_notebook(data, "target")
    except Rejected:
        return False
    for cell in cells:
        cell.source.encode()
        assert cell.kind in ("code", "markdown", "raw")
    return True


_cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw"]) | _trees,
        "source": st.text() | st.lists(st.text(), max_size=3) | _trees,
        "id": st.text() | _trees,
        "metadata": _trees,
        "outputs": _trees,
    },
)
_notebooks = st.just(HONEST) | st.builds(
    lambda cells, more: json.dumps({"nbformat": 4, **more, "cells": cells}).encode(),
    st.lists(_cells, max_size=4) | _trees,
    st.dictionaries(st.sampled_from(["metadata", "nbformat_minor", "worksheets"]), _trees),
)


@property_of(
    data=_notebooks,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"]),
    edits=_edits,
)
def notebooks(data: bytes, encoding: str, edits: Any) -> bool:
    """A notebook whose tree, encoding or bytes are not what they should be."""
    return _read(_damaged(data.decode().encode(encoding), edits))


def _zip(names: list[str], data: bytes, method: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)[method % 2]) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name or "x"), data)
    return packed.getvalue()


def _tar(names: list[str], data: bytes, method: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            member.type = (tarfile.REGTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE)[method % 4]
            archive.addfile(member, io.BytesIO(data))
    pack: list[Callable[[bytes], bytes]] = [bytes, gzip.compress, bz2.compress, lzma.compress]
    return pack[method // 4 % 4](packed.getvalue())


_names = st.lists(
    st.sampled_from(["target.ipynb", "a/b.ipynb", "../x.ipynb", "/etc/x.ipynb", "__MACOSX/t.ipynb", "notes"])
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).map(lambda t: t + ".ipynb"),
    min_size=1,
    max_size=3,
    unique=True,
)


@property_of(
    pack=st.sampled_from([_zip, _tar]),
    names=_names,
    data=_notebooks,
    method=st.integers(0, 15),
    edits=_edits,
)
def archives(pack: Any, names: list[str], data: bytes, method: int, edits: Any) -> bool:
    """An archive with notebooks in it, its headers and contents damaged."""
    return _read(_damaged(pack(names, data[:4096], method), edits))


_sources = st.sampled_from([SETUP, *SOLUTION.values(), 'grader.check("q1")', "%%time\nx = !ls\ny = 1\nx?"])


@property_of(source=_sources | st.text(), edits=_edits)
def sources(source: str, edits: Any) -> bool:
    """The source of a code cell."""
    source = _damaged(source.encode("utf-8", "replace"), edits).decode("utf-8", "replace")
    checked = checked_question(source)
    assert checked is None or QUESTION_ID.fullmatch(checked)
    try:
        parse_cell(source)
    except SyntaxError:
        return False
    return True


def run(name: str, cases: int, seed: int) -> tuple[Counter[str], float, int]:
    """How many cases of a property were taken and refused, seconds of the slowest, MiB at most."""
    function, strategies = PROPERTIES[name]
    count: Counter[str] = Counter()
    slowest = 0.0

    @seeded(seed)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(**strategies)
    def fuzz(**arguments: Any) -> None:
        nonlocal slowest
        started = time.process_time()
        taken = function(**arguments)
        slowest = max(slowest, time.process_time() - started)
        count[f"{name} {'taken' if taken else 'refused'}"] += 1

    fuzz()
    return count, slowest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main() -> int:
    wanted = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    rounds = max(1, round(wanted / ROUND / len(PROPERTIES)))
    tasks = [(name, ROUND, seed * 1_000_003 + number) for number in range(rounds) for name in PROPERTIES]
    count: Counter[str] = Counter()
    slowest = dict.fromkeys(PROPERTIES, 0.0)
    peak = 0
    context = multiprocessing.get_context("forkserver")
    started = time.monotonic()
    for first in range(0, len(tasks), SHIFT):
        # A pool a shift; max_tasks_per_child would have it stand still (python/cpython#115634).
        with ProcessPoolExecutor(os.cpu_count(), context) as pool:
            done = {pool.submit(run, *task): task for task in tasks[first : first + SHIFT]}
            for future in as_completed(done):
                try:
                    counted, seconds, mebibytes = future.result()
                except Exception as error:
                    print(f"{done[future]}: {error!r}")
                    for note in getattr(error, "__notes__", []):
                        print(note)
                    pool.shutdown(cancel_futures=True)
                    return 1
                name = done[future][0]
                count += counted
                peak = max(peak, mebibytes)
                slowest[name] = max(slowest[name], seconds)
        print(f"{count.total():,} of {wanted:,} cases", file=sys.stderr)
    for name, seconds in slowest.items():
        print(f"{name:<10} {count[f'{name} taken']:>9,} taken {count[f'{name} refused']:>9,} refused, slowest {seconds:.3f} s")  # fmt: skip
    print(
        f"{count.total():,} cases in {time.monotonic() - started:.0f} s, {peak} MiB at most: nothing but refusals"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
