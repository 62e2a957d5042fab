"""Parts of other packages, imported without the rest of them.

The __init__ of otter and of nbgrader import exporters, servers and a grammar of internationalised
identifiers, seconds that a command which needs one module of theirs would wait for.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
from collections.abc import Callable, Iterator
from importlib.util import find_spec, module_from_spec
from typing import Any

# jsonschema does without it, and then takes any text for an IRI. Its parser is made when it is imported:
# the greater part of what importing nbformat takes.
_SLOW = "rfc3987_syntax"
_ASKED = {"__all__", "__version__"}
_COMPILER = "torch._dynamo"


def submodule(name: str) -> Any:
    """`package.module`, with its package left as it is found on the disk: its own __init__ runs when somebody
    first asks for what only that has. Raises ImportError."""
    package = name.partition(".")[0]
    if package not in sys.modules and name not in sys.modules:
        _put_bare(package)
    with lightly():
        return importlib.import_module(name)


@contextlib.contextmanager
def lightly() -> Iterator[None]:
    """For importing nbformat, or what imports it."""
    blocked = _SLOW not in sys.modules
    if blocked:
        sys.modules[_SLOW] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if blocked:
            del sys.modules[_SLOW]


def put_off_compiler() -> None:
    """Has torch's compiler imported when it is first used. An optimiser imports it at its first step, half a
    second and 70 MB, to call two functions that do nothing where nothing is compiled; these are there at
    once. To be called when torch is imported. Without effect where the compiler is already there."""
    if _COMPILER in sys.modules or (spec := find_spec(_COMPILER)) is None:
        return
    stand_in = types.ModuleType(_COMPILER, spec.origin)

    def there() -> bool:
        return sys.modules.get(_COMPILER) is not stand_in

    def real() -> Any:
        if not there():
            del sys.modules[_COMPILER]
        return importlib.import_module(_COMPILER)

    def graph_break(*arguments: Any, **named: Any) -> None:
        if there():
            real().graph_break(*arguments, **named)

    def disable(function: Any = None, *arguments: Any, **named: Any) -> Any:
        if there() or not isinstance(function, types.FunctionType):
            return real().disable(function, *arguments, **named)
        disabled: list[Callable[..., Any]] = []

        def call(*given: Any, **names: Any) -> Any:
            if not there():
                return function(*given, **names)
            if not disabled:
                disabled.append(real().disable(function, *arguments, **named))
            return disabled[0](*given, **names)

        return call

    def ask(attribute: str) -> Any:
        # Whoever looks through all modules asks each for such names; an import of a part asks for the path.
        if attribute.startswith("__") and attribute != "__path__":
            raise AttributeError(attribute)
        return getattr(real(), attribute)

    stand_in.__dict__.update(__file__=spec.origin, __getattr__=ask, graph_break=graph_break, disable=disable)
    sys.modules[_COMPILER] = stand_in
    sys.modules["torch"].__dict__["_dynamo"] = stand_in


def _put_bare(package: str) -> None:
    spec = find_spec(package)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    module, loader = module_from_spec(spec), spec.loader

    def whole(attribute: str) -> Any:
        if attribute.startswith("__") and attribute not in _ASKED:
            raise AttributeError(attribute)
        if find_spec(f"{package}.{attribute}") is not None:
            return importlib.import_module(f"{package}.{attribute}")
        del module.__dict__["__getattr__"]
        loader.exec_module(module)
        return getattr(module, attribute)

    module.__dict__["__getattr__"] = whole
    sys.modules[package] = module
