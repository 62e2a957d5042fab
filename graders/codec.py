"""Values that cross the channel, and only these: exact types, copied, rebuilt from their bytes.

    None bool int float complex str bytes slice range Ellipsis
    list tuple set frozenset dict (and OrderedDict, defaultdict, Counter, as dict; torch.Size, as tuple)
    numpy arrays and scalars, dtypes; torch tensors and parameters with their .grad, dtypes, devices
    pandas DataFrame, Series and Index

Anything else, every subclass too, is handed to the caller's `ref`, which turns it into a
reference or refuses. A decoded value is rebuilt here from numbers, text and raw bytes, so none
of its behaviour comes from the other side. `requires_grad` of a tensor is a claim.

In a header, scalars stand for themselves and all else is a list `[tag, ...]`; array bytes lie in
the frame's body in the order their nodes are met, each byte taken exactly once, so nothing can be
aliased or amplified; what has no bytes (ranges, arrays without items) is bounded by itself. Mapping
keys and set members are None, bool, 64-bit int, float or str: keys whose hashes can be made to
collide at will never enter a dict of ours; what pandas hashes by itself is few (graders.frames).
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from graders import frames
from graders.channel import Buffer
from graders.errors import Tampered

MAX_DEPTH = 32
MAX_NODES = 500_000
MAX_BIG_INT_BITS = 1 << 15

_INT64 = range(-(1 << 63), 1 << 63)
_DTYPES = frozenset("?bhilqBHILQefdFD")
_SIZED_DTYPE = re.compile(r"[<|](?:[US][1-9]\d{0,3}|[Mm]8\[(?:Y|M|W|D|h|m|s|ms|us|ns)\])")
_MAPPINGS = (dict, OrderedDict, defaultdict, Counter)
_KEY_TYPES = (type(None), bool, float, str)
_SEQUENCES: dict[type, str] = {list: "l", tuple: "t"}
_SETS: dict[type, str] = {set: "s", frozenset: "fs"}
Ref = Callable[[object], list[Any]]
Deref = Callable[[list[Any]], Any]


class TooLarge(ValueError):
    """A value over the bounds. `str()` says which."""


def encode(value: object, ref: Ref) -> tuple[Any, list[Buffer]]:
    """(header node, body parts) of `value`. `ref(x)` gives the node of anything that is no value.

    Raises TooLarge, and whatever `ref` raises.
    """
    writer = Writer(ref)
    return writer.node(value, 0), writer.body


def decode(node: Any, body: bytearray, deref: Deref) -> Any:
    """The value of a node received from the other side. `deref([tag, ...])` resolves references.

    Raises Tampered for whatever `encode` could not have written.
    """
    reader = Reader(body, deref)
    try:
        value = reader.value(node, 0)
    except Tampered:
        raise
    except (
        MemoryError,
        RecursionError,
        ValueError,
        TypeError,
        OverflowError,
        KeyError,
        IndexError,
        RuntimeError,
        AttributeError,
    ) as error:
        raise Tampered(f"a value that cannot be: {type(error).__name__}: {error}") from None
    if reader.taken != len(body):
        raise Tampered("bytes left over behind the last array")
    return value


class Writer:
    """One value on its way into a header and a body."""

    def __init__(self, ref: Ref) -> None:
        self.ref = ref
        self.body: list[Buffer] = []
        self.nodes = 0

    def node(self, value: Any, depth: int) -> Any:
        self._count()
        if depth > MAX_DEPTH:
            raise TooLarge(f"nested deeper than {MAX_DEPTH} levels")
        if is_key(value):
            return _scalar_node(value)
        kind = type(value)
        if kind is int:
            return self._big_int(value)
        if kind in _SEQUENCES:
            return [_SEQUENCES[kind], [self.node(item, depth + 1) for item in value]]
        if kind in _MAPPINGS:
            if not all(is_key(key) for key in value):
                return self.ref(value)
            return ["d", [[self.key(key), self.node(item, depth + 1)] for key, item in value.items()]]
        if kind in _SETS:
            if not all(is_key(item) for item in value):
                return self.ref(value)
            return [_SETS[kind], [self.key(item) for item in value]]
        if kind is complex:
            return ["c", _scalar_node(value.real), _scalar_node(value.imag)]
        if kind is bytes:
            self.body.append(value)
            return ["b", len(value)]
        if kind is slice:
            return ["sl", *(self.node(part, depth + 1) for part in (value.start, value.stop, value.step))]
        if kind is range:
            if not _is_short(value):
                return self.ref(value)
            return ["rg", *(self.node(part, depth + 1) for part in (value.start, value.stop, value.step))]
        if value is Ellipsis:
            return ["..."]
        return self._array_like(value, kind, depth)

    def _array_like(self, value: Any, kind: type, depth: int) -> Any:
        if kind is np.ndarray:
            return self.array(value) if is_bounded(value) else self.ref(value)
        if issubclass(kind, np.generic):
            if kind.__module__ == "numpy" and dtype_name(value.dtype):
                return ["n", self.array(np.asarray(value))]
            return self.ref(value)
        if issubclass(kind, np.dtype):
            return ["dt", dtype_name(value)] if dtype_name(value) else self.ref(value)
        torch = sys.modules.get("torch")
        if torch is not None:
            if kind is torch.Tensor or kind is torch.nn.Parameter:
                return self._tensor(torch, value, depth)
            if kind is torch.Size:
                return ["t", [int(side) for side in value]]
            if kind is torch.dtype or kind is torch.device:
                return ["td" if kind is torch.dtype else "dv", str(value)]
        pandas = sys.modules.get("pandas")
        if pandas is not None and kind.__module__.split(".")[0] == "pandas":
            mark, nodes = len(self.body), self.nodes
            try:
                return frames.write(self, value)
            except frames.NotAFrame:
                del self.body[mark:]
                self.nodes = nodes
        return self.ref(value)

    def key(self, value: Any) -> Any:
        """The node of a mapping's key or a set's member."""
        self._count()
        return _scalar_node(value)

    def _count(self) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise TooLarge(f"more than {MAX_NODES:,} items")

    def _big_int(self, value: int) -> Any:
        if value.bit_length() > MAX_BIG_INT_BITS:
            raise TooLarge(f"an integer of {value.bit_length():,} bits")
        return ["i", hex(value)]

    def array(self, array: Any) -> list[Any]:
        """The node of an array that `is_bounded`."""
        contiguous = np.ascontiguousarray(array).reshape(array.shape)
        self.body.append(
            contiguous.tobytes()
            if contiguous.dtype.kind in "USMm"
            else contiguous.reshape(-1).view(np.uint8).data
        )
        return ["a", dtype_name(array.dtype), list(array.shape)]

    def _tensor(self, torch: Any, tensor: Any, depth: int) -> Any:
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.device.type == "meta":
            return self.ref(tensor)
        plain = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
        brain = plain.dtype is torch.bfloat16
        if brain:
            plain = plain.view(torch.int16)
        try:
            array = plain.numpy()
        except TypeError:  # float8 and other types numpy does not have
            return self.ref(tensor)
        if not is_bounded(array):
            return self.ref(tensor)
        is_leaf_with_grad = tensor.is_leaf and tensor.grad is not None
        return [
            "T",
            self.array(array),
            brain,
            bool(tensor.requires_grad),
            type(tensor) is torch.nn.Parameter,
            self.node(tensor.grad, depth + 1) if is_leaf_with_grad else None,
        ]


class Reader:
    """One value on its way back. Every method raises Tampered, or what `decode` makes of it."""

    def __init__(self, body: bytearray, deref: Deref) -> None:
        self.body = memoryview(body)
        self.deref = deref
        self.taken = 0
        self.nodes = 0

    def value(self, node: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise Tampered("a value over the bounds")
        kind = type(node)
        if node is None or kind in (bool, int, float, str):
            return node
        if kind is not list or not node or type(node[0]) is not str:
            raise Tampered("a node of unknown form")
        read = _READERS.get(node[0])
        return read(self, node, depth) if read else self.deref(node)

    def take(self, size: int) -> memoryview:
        if type(size) is not int or size < 0 or self.taken + size > len(self.body):
            raise Tampered("an array outside its frame")
        part = self.body[self.taken : self.taken + size]
        self.taken += size
        return part

    def items(self, nodes: Any, depth: int) -> list[Any]:
        expect(type(nodes) is list)
        return [self.value(item, depth + 1) for item in nodes]

    def key(self, node: Any) -> Any:
        value = _scalar(node)
        expect(is_key(value))
        self.nodes += 1
        expect(self.nodes <= MAX_NODES)
        return value

    def array(self, node: Any) -> Any:
        tag, name, shape = node
        expect(tag == "a" and type(name) is str and type(shape) is list and len(shape) <= 32)
        expect(all(type(side) is int and 0 <= side < 1 << 48 for side in shape))
        expect(math.prod(shape) > 0 or max(shape) <= MAX_NODES)
        dtype = _dtype(name)
        raw = self.take(math.prod(shape) * dtype.itemsize)
        array = np.frombuffer(raw, dtype=dtype).reshape(shape).copy()
        if dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
            raise Tampered("a boolean that is neither 0 nor 1")
        if dtype.kind == "U" and array.size and array.reshape(-1).view(np.uint32).max() > 0x10FFFF:
            raise Tampered("text that is not Unicode")
        return array

    def tensor(self, node: Any, depth: int) -> Any:
        import torch

        _, array, brain, requires_grad, parameter, grad = node
        expect(type(brain) is bool and type(requires_grad) is bool and type(parameter) is bool)
        tensor = torch.from_numpy(self.array(array))
        if brain:
            tensor = tensor.view(torch.bfloat16)
        differentiable = tensor.is_floating_point() or tensor.is_complex()
        tensor.requires_grad_(requires_grad and differentiable)
        if parameter:
            tensor = torch.nn.Parameter(tensor.detach(), requires_grad=requires_grad and differentiable)
        if grad is not None:
            value = self.value(grad, depth + 1)
            expect(type(value) in (torch.Tensor, torch.nn.Parameter) and differentiable)
            tensor.grad = value.detach()
        return tensor


def _read_dict(reader: Reader, node: Any, depth: int) -> dict[Any, Any]:
    expect(type(node[1]) is list)
    return {reader.key(key): reader.value(value, depth + 1) for key, value in node[1]}


def _read_set(make: Callable[[Any], Any]) -> Callable[[Reader, Any, int], Any]:
    return lambda reader, node, depth: make(reader.key(item) for item in node[1])


def _read_parts(make: Callable[..., Any]) -> Callable[[Reader, Any, int], Any]:
    return lambda reader, node, depth: make(*reader.items(node[1:], depth))


def _read_scalar(reader: Reader, node: Any, depth: int) -> Any:
    array = reader.array(node[1])
    expect(array.shape == ())
    return array[()]


def _read_complex(reader: Reader, node: Any, depth: int) -> complex:
    real, imaginary = _scalar(node[1]), _scalar(node[2])
    expect(type(real) is float and type(imaginary) is float)
    return complex(real, imaginary)


def _read_range(reader: Reader, node: Any, depth: int) -> range:
    parts = reader.items(node[1:], depth)
    expect(all(type(part) is int for part in parts))
    value = range(*parts)
    expect(_is_short(value))
    return value


def _read_big_int(reader: Reader, node: Any, depth: int) -> int:
    expect(type(node[1]) is str and len(node[1]) <= MAX_BIG_INT_BITS // 4 + 3)
    return int(node[1], 16)


def _read_torch_dtype(reader: Reader, node: Any, depth: int) -> Any:
    dtypes = _torch_dtypes()
    expect(type(node[1]) is str and node[1] in dtypes)
    return dtypes[node[1]]


@cache
def _torch_dtypes() -> dict[str, Any]:
    import torch

    return {str(dtype): dtype for dtype in vars(torch).values() if isinstance(dtype, torch.dtype)}


def _read_device(reader: Reader, node: Any, depth: int) -> Any:
    import torch

    expect(type(node[1]) is str and len(node[1]) < 32)
    return torch.device(node[1])


_READERS: dict[str, Callable[[Reader, Any, int], Any]] = {
    "l": lambda reader, node, depth: reader.items(node[1], depth),
    "t": lambda reader, node, depth: tuple(reader.items(node[1], depth)),
    "s": _read_set(set),
    "fs": _read_set(frozenset),
    "d": _read_dict,
    "u": lambda reader, node, depth: _scalar(node),
    "f": lambda reader, node, depth: _scalar(node),
    "i": _read_big_int,
    "c": _read_complex,
    "b": lambda reader, node, depth: bytes(reader.take(node[1])),
    "sl": _read_parts(slice),
    "rg": _read_range,
    "...": lambda reader, node, depth: ...,
    "a": lambda reader, node, depth: reader.array(node),
    "n": _read_scalar,
    "dt": lambda reader, node, depth: _dtype(node[1]),
    "T": lambda reader, node, depth: reader.tensor(node, depth),
    "td": _read_torch_dtype,
    "dv": _read_device,
    "df": lambda reader, node, depth: frames.read_frame(reader, node),
    "se": lambda reader, node, depth: frames.read_series(reader, node),
    "ix": lambda reader, node, depth: frames.read_index(reader, node[1]),
}


def _scalar_node(value: Any) -> Any:
    # JSON has no NaN and no infinities, and its text no lone surrogates; Python has both.
    if type(value) is float and not math.isfinite(value):
        return ["f", str(value)]
    if type(value) is str and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return ["u", value.encode("utf-8", "surrogatepass").hex()]
    return value


def _scalar(node: Any) -> Any:
    if type(node) is not list:
        return node
    tag, text = node
    expect(type(text) is str)
    if tag == "f":
        expect(text in ("nan", "inf", "-inf"))
        return float(text)
    expect(tag == "u")
    return bytes.fromhex(text).decode("utf-8", "surrogatepass")


def _is_short(value: range) -> bool:
    # len() of a range beyond 2**63 is an OverflowError.
    return not value[MAX_NODES:]


def is_bounded(array: np.ndarray[Any, Any]) -> bool:
    """Whether an array crosses: a dtype that does, and no sides of billions around no items."""
    return bool(dtype_name(array.dtype)) and (array.size > 0 or max(array.shape) <= MAX_NODES)


def is_key(value: object) -> bool:
    """Whether `value` may be a mapping's key, which any scalar but a huge integer may."""
    kind = type(value)
    return kind in _KEY_TYPES or (kind is int and value in _INT64)


def dtype_name(dtype: np.dtype[Any]) -> str:
    """The dtype's name on the wire, always little-endian; empty when it does not cross."""
    if dtype.char in _DTYPES and dtype.isnative:
        return dtype.str.replace("=", "<")
    if dtype.isnative and _SIZED_DTYPE.fullmatch(dtype.str):
        return dtype.str
    return ""


def _dtype(name: Any) -> np.dtype[Any]:
    expect(type(name) is str and len(name) <= 12)
    dtype: np.dtype[Any] = np.dtype(name)
    expect(dtype_name(dtype) == name)
    return dtype


def expect(holds: bool) -> None:
    """Raises Tampered unless it does."""
    if not holds:
        raise Tampered("a node of unknown form")
