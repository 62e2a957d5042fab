"""What a test sees of a student's namespace: values by copy, everything else as a Remote.

A Remote is a name for something that lives in the student's process. Calling it, reading or
setting its attributes and items, iterating and measuring it are asked over the channel, and each
answer is again a value or a Remote. It never stands in for the object where that would let the
student decide a comparison: it has no truth value, equals nothing, and is no instance of anything.
Each of those raises a TypeError that names the way that works.

What the other side says of itself (class names, lengths, messages) is a claim, to be shown to
people and never to be believed.
"""

from __future__ import annotations

import builtins
import itertools
import socket
import sys
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NoReturn

from graders import codec
from graders.channel import receive_frame, send_frame
from graders.errors import ChannelError, PeerTimeout, Tampered

CHUNK = 64  # items fetched at once when a test iterates

_BUILTIN_ERRORS: tuple[type[Exception], ...] = (
    ArithmeticError, AssertionError, AttributeError, IndexError, KeyError, LookupError, MemoryError, NameError,
    NotImplementedError, OverflowError, RecursionError, RuntimeError, TypeError, ValueError, ZeroDivisionError,
)  # fmt: skip


class RemoteError(Exception):
    """What the student's code raised. `kind`, `text` and `trace` are claims.

    A builtin exception arrives as a subclass of both RemoteError and that builtin, so
    `pytest.raises(ValueError)` works on student code.
    """

    def __init__(self, kind: str, text: str, trace: str = "") -> None:
        super().__init__(kind, text)
        self.kind, self.text, self.trace = kind, text, trace

    def __str__(self) -> str:
        return self.told

    @property
    def told(self) -> str:
        return f"{self.kind}: {self.text}" if self.text else self.kind


class OutOfReach(TypeError):
    """A test asked for what only code beside the object can do. `str()` says it, with `ELSEWHERE`."""


ELSEWHERE = "the student's process"
# Operations in which code of the student's may run, and so print.
_AUDIBLE = frozenset(
    {"call", "getattr", "setattr", "delattr", "getitem", "setitem", "delitem", "len", "iter", "next"}
    | {"enter", "exit"}
)
_BY_FIELDS = (UnicodeError, BaseExceptionGroup, ImportError)  # which are made of more than a text
_ERROR_TYPES: dict[str, type[RemoteError]] = {
    builtin.__name__: type(f"Remote{builtin.__name__}", (RemoteError, builtin), {})
    for builtin in _BUILTIN_ERRORS
}


@lru_cache(64)
def _as_raised(kind: str) -> type[RemoteError]:
    """A class that looks as the exception itself would where it was raised: its name, text and arguments."""
    builtin = getattr(builtins, kind, None)
    bases: tuple[type, ...] = (RemoteError,)
    if isinstance(builtin, type) and issubclass(builtin, Exception) and not issubclass(builtin, _BY_FIELDS):
        bases = (RemoteError, builtin)

    def init(self: RemoteError, kind: str, text: str, trace: str) -> None:
        self.args = (text,) if text else ()
        self.kind, self.text, self.trace = kind, text, trace

    members = {"__module__": "builtins", "__init__": init, "__str__": lambda self: self.text}
    return type(kind, bases, members)


class Namespace:
    """A student's globals, served by one snapshot over `sock`.

    `deadline` (on `time.monotonic()`'s clock) bounds every exchange until it is moved. Once an
    exchange broke off, `lost` holds why, and everything asked later raises it again.
    """

    def __init__(self, sock: socket.socket, deadline: float | None = None) -> None:
        self._sock = sock
        self._asked = 0
        self.deadline = deadline
        self.lost: Exception | None = None
        self._listening = False
        self._as_otter = False

    def as_otter(self) -> None:
        """Has what is asked from here on look as it does beside the student's code: exceptions have their own
        names and texts, and what the student's code prints is printed here."""
        self._as_otter = True
        if not self._listening:
            self.ask("listen")
            self._listening = True

    def allow(self, seconds: float) -> None:
        """Gives the exchanges from here on `seconds` of wall time altogether."""
        self.deadline = time.monotonic() + seconds

    def __getitem__(self, name: str) -> Any:
        return self.ask("global", name)

    def __contains__(self, name: object) -> bool:
        return self.ask("has", name) is True

    def get(self, name: str, default: Any = None) -> Any:
        return self.ask("global", name) if name in self else default

    def __setitem__(self, name: str, value: Any) -> None:
        self.ask("set_global", name, value)

    def as_globals(self) -> dict[str, Any]:
        """A dict for OK-format tests, whose lookups fall through to the student's namespace."""
        return _Globals(self)

    def ask(self, operation: str, *arguments: Any) -> Any:
        """One exchange. Raises RemoteError for what the student's code raised, ChannelError when they are gone."""
        try:
            return self._exchange(operation, *arguments)
        finally:
            if self._listening and operation in _AUDIBLE and self.lost is None:
                heard = self._exchange("heard")
                if type(heard) is str and heard:
                    sys.stdout.write(heard)

    def _exchange(self, operation: str, *arguments: Any) -> Any:
        if self.lost is not None:
            raise self.lost
        node, body = codec.encode(list(arguments), self._reference)
        self._asked += 1
        try:
            send_frame(self._sock, [self._asked, operation, node], body, self.deadline)
            header, received = receive_frame(self._sock, self.deadline)
            if (
                type(header) is not list
                or len(header) != 3
                or header[0] != self._asked
                or type(header[1]) is not bool
            ):
                raise Tampered("an answer to no question")
            answer = codec.decode(header[2], received, self._dereference)
            if self.deadline is not None and time.monotonic() > self.deadline:
                raise PeerTimeout("no answer before the deadline")
        except ChannelError as error:
            self.lost = error
            raise
        if header[1]:
            return answer
        if type(answer) is not tuple or len(answer) != 3 or not all(type(part) is str for part in answer):
            self.lost = Tampered("an error of unknown form")
            raise self.lost
        kind, text, trace = answer
        if self._as_otter:
            raise _as_raised(kind[:200])(kind[:200], text[:2000], trace[:8000])
        raise _ERROR_TYPES.get(kind, RemoteError)(kind[:200], text[:2000], trace[:8000])

    def _reference(self, value: object) -> list[Any]:
        if type(value) is Remote and _part(value, "_space") is self:
            return ["R", _part(value, "_id")]
        if type(value) is Remote:
            raise TypeError("this object belongs to another snapshot")
        raise OutOfReach(
            f"a {type(value).__name__} cannot be sent to {ELSEWHERE}: only values cross "
            "(numbers, text, containers, arrays, tensors, frames), and objects that came from there"
        )

    def _dereference(self, node: list[Any]) -> Remote:
        if len(node) == 3 and node[0] == "R" and type(node[1]) is int and type(node[2]) is str:
            return Remote(self, node[1], node[2][:200])
        raise Tampered("a node of unknown form")


class _Globals(dict[str, Any]):
    """What was looked up stays: otter runs a case on a copy of the namespace, too."""

    def __init__(self, space: Namespace) -> None:
        super().__init__()
        self._space = space

    def __missing__(self, name: str) -> Any:
        if name not in self._space:
            raise KeyError(name)
        self[name] = value = self._space[name]
        return value

    def copy(self) -> _Globals:
        twin = _Globals(self._space)
        twin.update(self)
        return twin


def _part(remote: Remote, name: str) -> Any:
    return object.__getattribute__(remote, name)


def probe(remote: Remote, name: str, *arguments: Any) -> Any:
    """Runs the function `name` of graders.probes beside the object. The answer is a claim."""
    return _part(remote, "_space").ask("probe", name, remote, *arguments)


def _items(remote: Remote, answer: object, wanted: int) -> tuple[list[Any], bool]:
    """The next items, at most `wanted`, and whether more may come."""
    match answer:
        case (list(items), bool(more)) if type(answer) is tuple and len(items) <= wanted:
            return items, more
    raise TypeError(f"{remote!r} gives no usable iterator")


def _refuse(what: str, instead: str) -> Any:
    def refusal(self: Remote, *_: object) -> NoReturn:
        raise OutOfReach(f"{what} does not work on {self!r}, which lives in {ELSEWHERE}; {instead}")

    return refusal


_VALUES = "ask it for a value (call it, read an attribute) and use that"


class Remote:
    """Something of the student's that is no value: a function, module, class, generator, ..."""

    __slots__ = ("_claim", "_id", "_space")

    def __init__(self, space: Namespace, identity: int, claim: str) -> None:
        object.__setattr__(self, "_space", space)
        object.__setattr__(self, "_id", identity)
        object.__setattr__(self, "_claim", claim)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"{name} is not asked over the channel")
        return _part(self, "_space").ask("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _part(self, "_space").ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        _part(self, "_space").ask("delattr", self, name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return _part(self, "_space").ask("call", self, arguments, keywords)

    def __getitem__(self, key: Any) -> Any:
        return _part(self, "_space").ask("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _part(self, "_space").ask("setitem", self, key, value)

    def __delitem__(self, key: Any) -> None:
        _part(self, "_space").ask("delitem", self, key)

    def __len__(self) -> int:
        """What the object says its length is, if that many items come when it is iterated.

        So `len()` is worth what its items are, which are values. Raises TypeError when fewer come or
        it cannot be iterated.
        """
        length = _part(self, "_space").ask("len", self)
        if type(length) is not int or length < 0:
            raise TypeError(f"{self!r} gives no usable length")
        came = sum(1 for _ in itertools.islice(self, length))
        if came < length:
            raise TypeError(f"{self!r} says its length is {length}, and holds {came} items")
        return length

    def __iter__(self) -> Iterator[Any]:
        space = _part(self, "_space")
        iterator, wanted = space.ask("iter", self), 1
        while True:
            # One item first: a test may want no more, and a generator's work is the student's time.
            items, more = _items(self, space.ask("next", iterator, wanted), wanted)
            yield from items
            if not more:
                return
            wanted = min(CHUNK, wanted * 2)

    def __next__(self) -> Any:
        items, _ = _items(self, _part(self, "_space").ask("next", self, 1), 1)
        if not items:
            raise StopIteration
        return items[0]

    def __enter__(self) -> Any:
        return _part(self, "_space").ask("enter", self)

    def __exit__(self, *_: object) -> None:
        _part(self, "_space").ask("exit", self)

    def __repr__(self) -> str:
        return f"<remote {_part(self, '_claim')}>"

    def __hash__(self) -> int:
        return object.__hash__(self)

    # isinstance() looks `__class__` up when the exact type does not match.
    __class__ = property(
        _refuse("isinstance()", "use check.module(model) or check.isa(obj, 'torch.nn.Module')")
    )
    __bool__ = _refuse("a truth value", "say what you mean, as in `is not None`")
    __eq__ = __ne__ = _refuse("==", _VALUES)
    __lt__ = __le__ = __gt__ = __ge__ = _refuse("an order comparison", _VALUES)
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse(
        "arithmetic", _VALUES
    )
    __matmul__ = __rmatmul__ = __pow__ = __rpow__ = __neg__ = __abs__ = _refuse("arithmetic", _VALUES)
    __int__ = __float__ = __complex__ = __index__ = _refuse("conversion to a number", _VALUES)
    __array__ = _refuse("conversion to an array", _VALUES)
    __reduce_ex__ = _refuse("copying or pickling", _VALUES)
