"""Functions and classes that tests compare with, as they were before the student's code, put back for a test.

Part of graders.engine.sealed: it is made in the warm process, before any submission.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
from collections.abc import Callable, Collection
from typing import Any

HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class made at run time
# What tests compare with, beside the modules they import themselves. As they are called in sys.modules.
COMPARING = (
    "builtins", "math", "cmath", "operator", "statistics", "unittest", "unittest.case", "numpy",
    "numpy.testing", "numpy.testing._private.utils", "numpy.linalg", "numpy._core.numeric",
    "numpy._core.fromnumeric", "numpy._core.multiarray", "pandas", "pandas.testing", "pandas._testing",
    "pandas._testing.asserters", "torch", "torch.testing", "torch.testing._comparison", "pytest",
)  # fmt: skip
_LEFT = frozenset(
    {"input", "print", "open", "display", "_", "__build_class__", "__doc__"}
)  # no verdict is told by them


class Baseline:
    """Functions and classes as they were, and how to put them back."""

    def __init__(self, names: Collection[str]) -> None:
        for name in names:
            if name.partition(".")[0] in sys.modules:
                with contextlib.suppress(ImportError):  # of another version
                    importlib.import_module(name)
        self.modules = {name: sys.modules[name] for name in names if name in sys.modules}
        # (where, name, value): `where` is a module's or a class's dict
        self._entries: list[list[Any]] = []
        self._code: dict[int, tuple[Any, Any, Any, Any]] = {}
        for module in self.modules.values():
            space = vars(module)
            for name, value in list(space.items()):
                if not callable(value) or name in _LEFT:
                    continue
                self._entries.append([module, name, value])
                self._remember(value)
                if isinstance(value, type) and value.__flags__ & HEAP_TYPE and value.__module__ in names:
                    for inner, method in list(vars(value).items()):
                        if isinstance(method, types.FunctionType):
                            self._entries.append([value, inner, method])
                            self._remember(method)
        self.restore = self._restorer()

    def _remember(self, value: Any) -> None:
        for function in (value, getattr(value, "_implementation", None)):
            if isinstance(function, types.FunctionType):
                state = (function, function.__code__, function.__defaults__, function.__kwdefaults__)
                self._code[id(function)] = state

    def _changed(self) -> list[int]:
        return [
            index
            for index, (where, name, value) in enumerate(self._entries)
            if vars(where).get(name) is not value
        ]

    def watch(self) -> Callable[[], None]:
        before = frozenset(self._changed())

        def accept() -> None:
            for index in self._changed():
                where, name, _ = self._entries[index]
                if index not in before and name in vars(where):
                    self._entries[index][2] = vars(where)[name]
                    self._remember(vars(where)[name])

        return accept

    def _restorer(self) -> Callable[[], None]:
        entries, code, modules = self._entries, self._code, self.modules
        loaded, put, put_type = sys.modules, types.ModuleType.__setattr__, type.__setattr__
        values, is_type = code.values, isinstance
        space_of, type_space = types.ModuleType.__getattribute__, type.__dict__["__dict__"].__get__
        kind, pairs = type, modules.items

        def restore() -> None:
            for name, module in pairs():
                if loaded.get(name) is not module:
                    loaded[name] = module
            for where, name, value in entries:
                own = type_space(where) if is_type(where, kind) else space_of(where, "__dict__")
                if own.get(name) is not value:
                    (put_type if is_type(where, kind) else put)(where, name, value)
            for function, body, defaults, keywords in values():
                if function.__code__ is not body:
                    function.__code__ = body
                if function.__defaults__ is not defaults:
                    function.__defaults__ = defaults
                if function.__kwdefaults__ is not keywords:
                    function.__kwdefaults__ = keywords

        return restore
