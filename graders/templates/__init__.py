"""Pages and texts that people read, as Jinja2 templates; `.html` ones escape whatever is put in."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def number(points: float) -> str:
    """Points as they are written: two decimals at most, and no needless ones."""
    return f"{points:.2f}".rstrip("0").rstrip(".") if points else "0"


@cache
def environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("graders"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["number"] = number
    return found
