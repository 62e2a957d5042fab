"""Checks for test authors that say what was expected and what came.

    from graders import check

    check.shapes(model, x, {"conv1": (16, 8, 8), "output": (10,)})
    check.accuracy(predict, X, y, at_least=0.9)

They work the same on real objects and on what lives in a student's process. Values are compared
here, in the process of the test; of a remote object only its claims are had (its classes, the
shapes inside its forward pass), so a hidden test checks those and then what the object computes.

Every failure is a `Failed`, an AssertionError whose text is for the student.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from graders import probes
from graders.remote import Remote, probe

_NUMBERS = (bool, int, float)


class Failed(AssertionError):
    """A check that did not hold."""


def isa(thing: Any, name: str) -> None:
    """`thing` is an instance of the class with that dotted name, such as `torch.nn.Module`.

    torch's classes go by their public names as well as by those of the files they lie in.
    """
    names = _ask("mro", thing)
    if type(names) is not list or not any(_same_class(str(one), name) for one in names):
        raise Failed(f"expected an instance of {name}, got {_describe(thing)}")


def module(model: Any) -> None:
    """`model` is a torch.nn.Module, not a class of them and not a function."""
    isa(model, "torch.nn.Module")


def shape(array: Any, expected: tuple[int, ...], name: str = "the array") -> None:
    """An array or tensor has exactly that shape."""
    came = _numbers(array, name).shape
    if came != tuple(expected):
        raise Failed(f"{name}: expected shape {tuple(expected)}, got {came}")


def shapes(model: Any, x: Any, expected: Mapping[str, tuple[int, ...]]) -> None:
    """What submodules give in one call of `model(x)`, `x` of shape (batch, ...).

    `expected` maps a submodule's name, as in `model.named_modules()`, to its output's shape without
    the batch; `output` is what the model itself returns.
    """
    module(model)
    inside = _ask("forward_shapes", model, x)
    answer = _numbers(model(x), "the model's output")
    batch = len(x)
    for name, wanted in expected.items():
        came = answer.shape if name == "output" else _shape_of(inside, name)
        if came != (batch, *wanted):
            shown = came[1:] if came[:1] == (batch,) else came
            raise Failed(f"after `{name}`: expected shape {tuple(wanted)} for each example, got {shown}")


def loss_decreases(losses: Any, *, to: float = 0.5, ends: int = 0) -> None:
    """A loss per epoch that is finite and comes down: the mean of the last `ends` is at most `to`
    times that of the first `ends` (a tenth of them, at least one, when 0)."""
    series = _series(losses, "the losses")
    if len(series) < 2:
        raise Failed(f"expected a loss for each epoch, got {len(series)} of them")
    if not np.isfinite(series).all():
        first = int(np.flatnonzero(~np.isfinite(series))[0])
        raise Failed(
            f"the loss of epoch {first} is {series[first]}; the learning rate may be too high, "
            "or a logarithm was taken of zero"
        )
    count = ends or max(1, len(series) // 10)
    before, after = float(series[:count].mean()), float(series[-count:].mean())
    if after > to * before:
        raise Failed(
            f"expected the loss to fall below {to:g} of where it began; "
            f"it went from {before:.4g} to {after:.4g} in {len(series)} epochs"
        )


def accuracy(predict: Callable[[Any], Any], X: Any, y: Any, *, at_least: float) -> float:  # noqa: N803
    """The share of `X` (n, ...) that `predict(X)` labels as `y` (n,) does; at least `at_least`.

    `predict` gives n labels, or scores of shape (n, classes) whose largest counts. Only `X` is
    handed to it.
    """
    answer = _numbers(predict(X), "the predictions")
    labels = _numbers(y, "the labels")
    if np.isnan(answer).any():
        raise Failed(f"expected predictions that are numbers, got NaN {int(np.isnan(answer).sum())} times")
    if answer.ndim == 2 and answer.shape[1] > 1:
        answer = answer.argmax(axis=1)
    if answer.shape not in (labels.shape, (len(labels), 1)):
        raise Failed(f"expected {len(labels)} predictions, got an array of shape {answer.shape}")
    score = float((answer.reshape(-1) == labels.reshape(-1)).mean())
    if not score >= at_least:
        raise Failed(f"expected an accuracy of at least {at_least:.1%}, got {score:.1%}")
    return score


def close(actual: Any, expected: Any, rtol: float = 1e-5, atol: float = 1e-8, *, because: str = "") -> None:
    """Element by element, |actual - expected| <= atol + rtol * |expected|, and the shapes are the same.

    `because` ends the message, as in `because="the borders are not padded"`. Infinities equal
    themselves; NaN equals nothing. The tolerance is that of numpy.isclose.
    """
    reason = f" ({because})" if because else ""
    came, wanted = _numbers(actual, "the result"), _numbers(expected, "the expected value")
    if came.shape != wanted.shape:
        raise Failed(f"expected shape {wanted.shape}, got {came.shape}{reason}")
    right = np.isclose(came, wanted, rtol=rtol, atol=atol)
    if right.all():
        return
    where = _worst(came, wanted, right)
    place = f" at {where}" if where else ""
    count = f"; {int((~right).sum())} of {right.size} values differ" if right.size > 1 else ""
    raise Failed(f"expected {wanted[where]:.6g}{place}, got {came[where]:.6g}{count}{reason}")


def _worst(came: Any, wanted: Any, right: Any) -> tuple[int, ...]:
    off = np.abs(came.astype(complex) - wanted.astype(complex))
    off = np.where(right, -1.0, np.where(np.isnan(off), math.inf, off))
    return tuple(int(i) for i in np.unravel_index(int(off.argmax()), off.shape))


def _ask(name: str, thing: Any, *arguments: Any) -> Any:
    if type(thing) is Remote:
        return probe(thing, name, *arguments)
    return probes.PROBES[name](thing, *arguments)


def _same_class(one: str, name: str) -> bool:
    if one == name:
        return True
    package, _, last = name.rpartition(".")
    return one.startswith(f"{package}.") and one.rpartition(".")[2] == last


def _shape_of(inside: Any, name: str) -> tuple[int, ...]:
    found = inside.get(name) if type(inside) is dict else None
    if type(found) is not list:
        known = ", ".join(f"`{key}`" for key in list(inside)[:20]) if type(inside) is dict else ""
        raise Failed(f"expected a submodule named `{name}` that is used; the model used {known or 'none'}")
    return tuple(found)


def _series(losses: Any, name: str) -> Any:
    if type(losses) in (list, tuple):
        for index, value in enumerate(losses):
            if _numbers(value, f"{name}[{index}]").size != 1:
                raise Failed(f"expected a number for each epoch, got {_describe(value)} in epoch {index}")
        losses = [_numbers(value, name).reshape(()) for value in losses]
    series = _numbers(losses, name).reshape(-1)
    if series.dtype.kind == "c":
        raise Failed(f"{name}: expected real numbers, got complex ones")
    return series.astype(float)


def _numbers(value: Any, name: str) -> Any:
    """`value` as a numpy array of numbers. Only exact types are believed to be what they look like."""
    kind = type(value)
    if kind is Remote:
        _not_numbers(value, name)
    if kind.__module__.partition(".")[0] == "torch" and hasattr(value, "detach"):
        try:
            value = value.detach().cpu()
            value = (value.float() if value.is_floating_point() and value.itemsize < 4 else value).numpy()
        except (TypeError, RuntimeError):  # sparse, quantised, without data
            _not_numbers(value, name)
    elif kind in (list, tuple) or kind in _NUMBERS:
        try:
            value = np.array(value)
        except (ValueError, TypeError, OverflowError):
            _not_numbers(value, name)
    elif kind.__module__.partition(".")[0] == "pandas":
        value = value.to_numpy()
    elif isinstance(value, np.generic):
        value = np.asarray(value)
    if type(value) is not np.ndarray or value.dtype.kind not in "biufc":
        _not_numbers(value, name)
    return value


def _not_numbers(value: Any, name: str) -> NoReturn:
    raise Failed(f"{name}: expected numbers, got {_describe(value)}")


def _describe(thing: Any) -> str:
    if thing is None:
        return "None (is a `return` missing?)"
    if thing is Ellipsis:
        return "..., which is where your answer goes"
    if type(thing) is Remote:
        return repr(thing).removeprefix("<remote ").removesuffix(">")[:200]
    return f"{type(thing).__name__} {repr(thing)[:80]}"
