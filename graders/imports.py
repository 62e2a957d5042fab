"""Parts of other packages, imported without the rest of them.

The __init__ of otter and of nbgrader import exporters, servers and a grammar of internationalised
identifiers, seconds that a command which needs one module of theirs would wait for.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from importlib.util import find_spec, module_from_spec
from typing import Any

# jsonschema does without it, and then takes any text for an IRI. Its parser is made when it is imported:
# the greater part of what importing nbformat takes.
_SLOW = "rfc3987_syntax"
_ASKED = {"__all__", "__version__"}


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
