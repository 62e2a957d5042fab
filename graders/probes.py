"""Questions about an object that only code beside it can answer.

`graders.check` calls these directly on real objects, and through `graders.remote.probe` on remote
ones; then the answer is a claim of the student's process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def mro(thing: Any) -> list[str]:
    """Dotted names of the classes `thing` is an instance of, nearest first."""
    return [f"{kind.__module__}.{kind.__qualname__}" for kind in type(thing).__mro__]


def forward_shapes(model: Any, x: Any) -> dict[str, list[int]]:
    """Shape of each named submodule's output, batch dimension included, in one call of `model(x)`.

    A submodule called several times reports its last call; one that returns no tensor is left out.
    """
    shapes: dict[str, list[int]] = {}

    def watch(name: str) -> Callable[[Any, Any, Any], None]:
        def hook(module: Any, inputs: Any, output: Any) -> None:
            if hasattr(output, "shape"):
                shapes[name] = [int(side) for side in output.shape]

        return hook

    handles = [module.register_forward_hook(watch(name)) for name, module in model.named_modules() if name]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return shapes


PROBES: dict[str, Callable[..., Any]] = {"mro": mro, "forward_shapes": forward_shapes}
