"""Runs assertions beside the student's code, with tools that were taken before that code ran.

Made once in the warm process, then inherited by every fork. What decides is reached through closures and
not through modules: builtins, comparisons and the channel are those of before, whatever the student has
put in their place since. The functions that tests compare with (numpy's, unittest's, those of the modules
the tests import) are put back, and their code with them, before each test.

The code arrives compiled, in the copy of the namespace that its turn has come for (graders.engine.assertions
says how it is made). What comes back is which of its steps were done and how it ended.

A process cannot be kept from itself: code that looks for us, along the frames of the stack or through the
memory of the process, finds us, and can say what we would have said.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import marshal
import os
import struct
import sys
import traceback
import types
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from graders.engine.baseline import COMPARING, HEAP_TYPE, Baseline

_LIARS = ("unittest.mock",)  # modules whose objects equal what one likes
# Whose objects may be compared with, even when only the submission imports them.
_EARLY = ("fractions", "decimal", "datetime", "collections", "pathlib", "enum", "uuid", "asyncio")
_MAX_TEXT = 100_000
_MAX_WALK = 100_000
_PROTOCOLS = ("__array_function__", "__array_ufunc__", "__torch_function__")
_OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor")
_ARITHMETIC = (
    *(f"__{side}{name}__" for name in _OPERATORS for side in ("", "r")),
    *("__abs__", "__round__", "__float__", "__int__", "__index__", "__neg__"),
)
_REFLECTED = {
    "__eq__": ("__eq__",),
    "__ne__": ("__ne__", "__eq__"),
    "__lt__": ("__lt__", "__gt__"),
    "__le__": ("__le__", "__ge__"),
    "__gt__": ("__gt__", "__lt__"),
    "__ge__": ("__ge__", "__le__"),
    "__contains__": ("__contains__", "__iter__", "__eq__"),
}

Judge = Callable[[int, dict[str, Any]], None]


class Sealed:
    """`judge(descriptor, namespace)` runs one test on `namespace` and answers on the socket, then returns.
    `watch()` is to be called before a cell of the author's runs, and what it returns after: what that cell
    puts in place of a function is the author's will."""

    def __init__(self, modules: Collection[str] = ()) -> None:
        baseline = Baseline([*COMPARING, *modules])
        self.judge: Judge = _judge(baseline)
        self.watch: Callable[[], Callable[[], None]] = baseline.watch


def _suspicion() -> tuple[Callable[[Any, tuple[str, ...], Collection[str]], bool], Callable[[type], bool]]:
    """A function that tells whether an object, or one inside a container of Python's, is of a class that
    came with the submission and answers for itself by one of the methods named; and one that tells whether a
    class was there before, or is none of Python code."""
    for name in _EARLY:
        importlib.import_module(name)
    liars = _LIARS
    known = {
        id(kind): kind
        for kind in gc.get_objects()
        if isinstance(kind, type) and not str(kind.__module__).startswith(liars)
    }
    flags_of = type.__dict__["__flags__"].__get__
    order_of = type.__dict__["__mro__"].__get__
    space_of = type.__dict__["__dict__"].__get__
    name_of = type.__dict__["__name__"].__get__
    kind_of, identity, extend = type, id, list.extend
    sequences, mapping = (list, tuple, set, frozenset), dict
    items_of, heap, most = dict.items, HEAP_TYPE, _MAX_WALK

    def trusted(kind: type) -> bool:
        return not flags_of(kind) & heap or identity(kind) in known

    def lies(kind: type, methods: tuple[str, ...], allowed: Collection[str]) -> bool:
        if trusted(kind) or name_of(kind) in allowed:
            return False
        for method in methods:
            for base in order_of(kind):
                if method in space_of(base):
                    if not trusted(base):
                        return True
                    break
        return False

    def suspicious(value: Any, methods: tuple[str, ...], allowed: Collection[str]) -> bool:
        waiting, walked = [value], 0
        while waiting and walked < most:
            walked += 1
            one = waiting.pop()
            kind = kind_of(one)
            if kind in sequences:
                extend(waiting, one)
            elif kind is mapping:
                for pair in items_of(one):
                    extend(waiting, pair)
            elif lies(kind, methods, allowed):
                return True
        return False

    return suspicious, trusted


def _judge(baseline: Baseline) -> Judge:
    # Everything used later is taken now.
    restore, (suspicious, trusted) = baseline.restore, _suspicion()
    read, write, loads = os.read, os.write, marshal.loads
    pack, unpack, encode = struct.pack, struct.unpack, msgspec.json.encode
    run, kind_of, truth, text_of, convert = exec, type, bool, str, float
    plain_builtins, own_builtins = builtins, dict(vars(builtins))
    stop_tracing, stop_profiling = sys.settrace, sys.setprofile
    is_instance, is_subclass, failure = isinstance, issubclass, AssertionError
    function_type, module_of = types.FunctionType, own_builtins["__import__"]
    loaded, known_modules = sys.modules, baseline.modules
    attribute, bool_, namespace_type = getattr, bool, dict
    numpy = sys.modules.get("numpy")
    numbers = (int, float) if numpy is None else (int, float, numpy.integer, numpy.floating)
    format_error, everything, strings = traceback.TracebackException, BaseException, str
    add, listed, most = set.add, sorted, _MAX_TEXT
    protocols, reflected, arithmetic = _PROTOCOLS, _REFLECTED, (*_ARITHMETIC, *_PROTOCOLS)
    module_type = types.ModuleType
    together = zip
    as_bytes, joined, missing = bytes, "".join, AttributeError
    asynchronous = 0x80  # CO_COROUTINE
    run_loop = sys.modules["asyncio"].run

    def receive(descriptor: int, size: int) -> bytes:
        parts, got = [], 0
        while got < size:
            part = read(descriptor, size - got)
            if not part:
                return b""
            parts += [part]
            got += len_(part)
        return b"".join(parts)

    len_ = len

    class Printed:
        """What the test prints, up to a bound."""

        encoding = "utf-8"

        def __init__(self) -> None:
            self.parts: list[str] = []
            self.size = 0

        def write(self, text: str) -> int:
            if self.size < most:
                self.parts += [text_of(text)[: most - self.size]]
                self.size += len_(text)
            return len_(text)

        def flush(self) -> None:
            pass

        def isatty(self) -> bool:
            return False

    def judge(descriptor: int, namespace: dict[str, Any]) -> None:
        size = unpack("<I", receive(descriptor, 4))[0]
        helpers, body, mark, token, names, allowed = loads(receive(descriptor, size))
        stop_tracing(None)
        stop_profiling(None)
        restore()
        done: set[int] = set()
        value: list[float | str | None] = [None]

        def distrust(one: Any, other: Any, methods: tuple[str, ...]) -> bool:
            return suspicious(one, methods + protocols, allowed) or suspicious(
                other, methods + protocols, allowed
            )

        def compare(operation: Callable[[Any, Any], Any], method: str, left: Any, right: Any) -> Any:
            # Two of one class are both the student's, who could as well have returned the same thing twice.
            both = kind_of(left) is kind_of(right) and not trusted(kind_of(left))
            if not both and distrust(left, right, reflected[method]):
                raise failure("an object that decides itself what it equals is not compared here")
            return operation(left, right)

        def chain(operations: tuple[str, ...], first: Any, *others: Any) -> Any:
            outcome: Any = True
            for operation, other in together(operations, others):
                outcome = tools[operation](first, other)
                if not outcome:
                    break
                first = other
            return outcome

        def check(step: int, outcome: Any) -> bool:
            held = truth(outcome)
            if held:
                add(done, step)
            return held

        def passed(step: int, outcome: Any) -> Any:
            add(done, step)
            return outcome

        def seen(argument: Any) -> Any:
            if suspicious(argument, ("__eq__", "__ne__", *protocols), allowed):
                raise failure("an object that decides itself what it equals is not compared here")
            return argument

        def counted(operand: Any) -> Any:
            if suspicious(operand, arithmetic, allowed):
                raise failure("an object that decides itself what it comes to is not counted with here")
            return operand

        def last(outcome: Any) -> None:
            kind = kind_of(outcome)
            if kind is not bool_ and trusted(kind) and is_subclass(kind, numbers):
                number = convert(outcome)
                value[0] = number if number - number == 0.0 else "odd"  # neither infinite nor none at all
            elif suspicious(outcome, ("__repr__", "__str__", "__float__", *protocols), allowed):
                value[0] = "odd"

        def is_kind(one: Any, kinds: Any) -> bool:
            if suspicious((one,), ("__class__", "__getattribute__"), allowed):
                return is_subclass(kind_of(one), kinds)
            return is_instance(one, kinds)

        def module(name: str, *path: str) -> Any:
            found = known_modules.get(name) or loaded.get(name) or module_of(name, {}, {}, ["*"])
            for part in path:
                try:
                    found = attribute(found, part)
                except missing:
                    found = module_of(f"{name}.{part}", {}, {}, ["*"])
            return found

        def imported(name: str, path: str) -> Any:
            own = space.get(name)
            return own if kind_of(own) is module_type else module(path)

        tools: dict[str, Any] = {
            "eq": lambda a, b: compare(lambda x, y: x == y, "__eq__", a, b),
            "ne": lambda a, b: compare(lambda x, y: x != y, "__ne__", a, b),
            "lt": lambda a, b: compare(lambda x, y: x < y, "__lt__", a, b),
            "le": lambda a, b: compare(lambda x, y: x <= y, "__le__", a, b),
            "gt": lambda a, b: compare(lambda x, y: x > y, "__gt__", a, b),
            "ge": lambda a, b: compare(lambda x, y: x >= y, "__ge__", a, b),
            "in": lambda a, b: compare(lambda x, y: x in y, "__contains__", a, b),
            "not_in": lambda a, b: compare(lambda x, y: x not in y, "__contains__", a, b),
            "is": lambda a, b: a is b, "is_not": lambda a, b: a is not b, "chain": chain,
            "check": check, "passed": passed, "seen": seen, "counted": counted, "last": last,
            "imported": imported, "module": module, "failure": failure,
        }  # fmt: skip
        space = namespace if kind_of(namespace) is namespace_type else namespace_type(namespace)
        space["__builtins__"] = plain_builtins
        for name, tool in tools.items():
            space[mark + name] = tool
        for name in names:
            space[mark + name] = is_kind if name == "isinstance" else own_builtins[name]
        printed = Printed()
        sys.stdout = sys.stderr = printed
        kind = text = trace = ""
        try:
            for code in (helpers, body):
                if code.co_flags & asynchronous:
                    run_loop(function_type(code, space)())
                else:
                    run(code, space)
        except everything as error:
            kind = kind_of(error).__name__
            try:
                text = text_of(error)[:most]
                below = error.__traceback__ and error.__traceback__.tb_next
                trace = joined(format_error(kind_of(error), error, below, limit=-12).format())[:most]
            except everything:
                text = trace = "(an exception that cannot be printed)"
        finally:
            stop_tracing(None)
        plain = [part for part in printed.parts if kind_of(part) is strings]
        answer = encode([token, kind, text, trace, listed(done), value[0], joined(plain)])
        frame = pack("<II", len_(answer), 0) + as_bytes(answer)
        while frame:
            frame = frame[write(descriptor, frame) :]

    return judge
