"""Values cross the channel unchanged; nothing else crosses at all."""

import contextlib
import socket
import struct
from collections import Counter, OrderedDict

import msgspec
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from graders import channel, codec
from graders.errors import Tampered


def refuse(value: object) -> list[object]:
    raise TypeError(type(value).__name__)


def cross(value: object) -> object:
    node, body = codec.encode(value, refuse)
    node = msgspec.json.decode(msgspec.json.encode(node))
    return codec.decode(node, bytearray(b"".join(bytes(part) for part in body)), refuse)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters())
    | st.binary()
)
keys = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(keys, inner)
        | st.sets(keys)
        | st.frozensets(keys)
    ),
    max_leaves=20,
)


def canonical(value: object) -> object:
    """Types and contents as text: NaN is NaN, -0.0 is not 0.0, True is not 1, and sets have no order."""
    name = type(value).__name__
    if isinstance(value, dict):
        return [name, [[canonical(key), canonical(item)] for key, item in value.items()]]
    if isinstance(value, set | frozenset):
        return [name, sorted(repr((type(item).__name__, item)) for item in value)]
    if isinstance(value, list | tuple):
        return [name, [canonical(item) for item in value]]
    return [name, repr(value)]


@given(values)
def test_containers_of_scalars_arrive_equal_and_of_the_same_types(value: object) -> None:
    assert canonical(cross(value)) == canonical(value)


dtypes = (
    npst.boolean_dtypes()
    | npst.integer_dtypes(endianness="<")
    | npst.floating_dtypes(endianness="<", sizes=(16, 32, 64))
)
dtypes |= npst.complex_number_dtypes(endianness="<", sizes=(64, 128)) | npst.unicode_string_dtypes(
    endianness="<", max_len=5
)


@given(npst.arrays(dtypes, npst.array_shapes(min_dims=0, min_side=0)))
def test_arrays_arrive_with_dtype_shape_and_bits(array: np.ndarray) -> None:
    arrived = cross(array)
    assert type(arrived) is np.ndarray
    assert (arrived.dtype, arrived.shape, arrived.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert arrived.flags.owndata or arrived.base is not None


@pytest.mark.parametrize(
    "tensor",
    [
        torch.randn(3, 4),
        torch.randn(4, 3).T,
        torch.zeros(0, 5),
        torch.tensor(3),
        torch.randn(5).bfloat16(),
        torch.randn(2, 2, dtype=torch.complex64).conj(),
        torch.tensor([True, False]),
        torch.nn.Parameter(torch.randn(2)),
        torch.randn(2, requires_grad=True),
    ],
    ids=lambda tensor: f"{type(tensor).__name__}-{tensor.dtype}-{tuple(tensor.shape)}",
)
def test_tensors_arrive_equal(tensor: torch.Tensor) -> None:
    arrived = cross(tensor)
    assert type(arrived) is type(tensor)
    assert arrived.requires_grad == tensor.requires_grad
    torch.testing.assert_close(arrived.detach(), tensor.detach().resolve_conj(), rtol=0, atol=0)


def test_a_parameter_brings_its_gradient() -> None:
    layer = torch.nn.Linear(3, 1)
    layer(torch.ones(2, 3)).sum().backward()
    assert torch.equal(cross(layer.weight).grad, layer.weight.grad)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [1, 2], "b": [0.5, float("nan")], "c": ["x", None]}),
        pd.DataFrame({"when": pd.to_datetime(["2026-01-01", "2026-02-01"])}, index=["p", "q"]),
        pd.DataFrame({("a", 1): [True], ("a", 2): [False]}),
        pd.DataFrame({"kind": pd.Categorical(["u", "v", "u"])}),
        pd.DataFrame(),
    ],
    ids=["mixed", "dates", "two-level", "category", "empty"],
)
def test_frames_arrive_equal(frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(cross(frame), frame)


def test_series_and_scalars_of_numpy_arrive() -> None:
    pd.testing.assert_series_equal(cross(pd.Series([1.0, 2.0], name="s")), pd.Series([1.0, 2.0], name="s"))
    arrived = cross(np.float32(1.5))
    assert type(arrived) is np.float32
    assert arrived == np.float32(1.5)
    assert cross(torch.randn(2, 3).shape) == (2, 3)
    assert cross(torch.float64) is torch.float64
    assert cross(OrderedDict(a=1)) == {"a": 1} == cross(Counter("a"))


class Five(int):
    """An integer that says it equals everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    "value",
    [
        Five(5),
        len,
        torch.nn.Linear(1, 1),
        np.array([object()]),
        np.array([1]).view(np.matrix),
        {(1, 2): 3},
        {Five(5): 1},
        pd.DataFrame({"a": [object()]}),
        torch.eye(2).to_sparse(),
        range(10**12),
        range(10**30),
        np.empty((0, 2**40)),
        torch.empty(0, 2**40),
        pd.DataFrame(index=range(10**12)),
        pd.RangeIndex(10**12),
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_exact_value_becomes_a_reference(value: object) -> None:
    seen = []
    node, body = codec.encode(value, lambda thing: seen.append(thing) or ["R", 0, "x"])
    assert seen[0] is value
    assert body == []
    assert node[0] == "R"


def test_a_list_that_holds_itself_is_too_large() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(codec.TooLarge):
        codec.encode(loop, refuse)


BROKEN = [
    ([], b""),
    (["?"], b""),
    ({"t": 1}, b""),
    (["a", "<f8", [2]], b"\0" * 8),
    (["a", "<f8", [1]], b"\0" * 9),
    (["a", "|O", [1]], b"\0" * 8),
    (["a", "<f8", [-1]], b""),
    (["a", "<f8", [0, 2**49]], b""),
    (["a", "|b1", [1]], b"\2"),
    (["a", "<U1", [1]], b"\xff\xff\xff\xff"),
    (["d", [[["l", []], 1]]], b""),
    (["d", [[1]]], b""),
    (["s", [["t", [1]]]], b""),
    (["i", "0x" + "f" * 10_000], b""),
    (["b", 2**40], b""),
    (["l", [["b", 1], ["b", 1]]], b"x"),
    (
        ["T", ["a", "<i8", [1]], False, True, False, ["T", ["a", "<i8", [1]], False, False, False, None]],
        b"\0" * 16,
    ),
    (["td", "torch.nn"], b""),
    (["df", ["v", ["o", "str", ["a"]], [None]], ["r", [0, 2, 1], [None]], []], b""),
    (["df", ["r", [0, 0, 1], [None]], ["r", [0, 2**40, 1], [None]], []], b""),
    (["se", ["a", "<i8", [1]], ["r", [0, 2**40, 1], [None]], None], b"\0" * 8),
    (["ix", ["r", [0, 2**40, 1], [None]]], b""),
    (["ix", ["m", [[1, 2]] * 10_001, [None, None]]], b""),
    (["ix", ["v", ["k", ["a", "<i4", [1]], list(range(1001)), False], [None]]], b"\0" * 4),
    (["ix", ["v", ["k", ["a", "<i4", [1]], [1, 1], False], [None]]], b"\0" * 4),
    (["ix", ["v", ["k", ["a", "<i4", [1]], [], False], [None]]], b"\0" * 4),
    (["ix", ["v", ["o", "category", [1, 2]], [None]]], b""),
    (["rg", 0, 10**12, 1], b""),
    (["rg", 0, 10**30, 1], b""),
    (["rg", 0, 5, 0], b""),
    (["a", "<f8", [0, 2**40]], b""),
    (["a", "<U0", [2**40]], b""),
    (["f", "nan(5)"], b""),
    (["c", 1, 2.0], b""),
]


@pytest.mark.parametrize(("node", "body"), BROKEN, ids=range(len(BROKEN)))
def test_what_no_honest_process_sends_is_tampering(node: object, body: bytes) -> None:
    def unknown(node: list[object]) -> object:
        raise Tampered("unknown")

    with pytest.raises(Tampered):
        codec.decode(node, bytearray(body), unknown)


trees = st.recursive(
    scalars.filter(lambda value: type(value) is not complex) | st.sampled_from(sorted(codec._READERS)),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=500)
@given(trees, st.binary(max_size=64))
def test_any_header_and_body_decode_or_are_tampering(node: object, body: bytes) -> None:
    def unknown(node: list[object]) -> object:
        raise Tampered("unknown")

    with contextlib.suppress(Tampered):
        codec.decode(node, bytearray(body), unknown)


def test_a_header_cannot_hold_keys_that_collide_at_will() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        colliding = b'{"d": {[1, 2]: null}}'
        theirs.sendall(struct.pack("<II", len(colliding), 0) + colliding)
        with pytest.raises(Tampered):
            channel.receive_frame(ours)
