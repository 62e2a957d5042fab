"""One seed for every source of randomness a notebook or a test draws from."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def seed_everything(seed: int) -> None:
    """Seeds random, and numpy and torch where they are already imported. `seed` is below 2**32."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
    if "torch" in sys.modules:
        _seed_torch(sys.modules["torch"], seed)


def _seed_torch(torch: Any, seed: int) -> None:
    if (
        any(device.is_initialized() for device in (torch.cuda, torch.xpu))
        or torch.backends.mps.is_available()
    ):
        torch.manual_seed(seed)
    else:
        # The same for the processor. For devices that nobody uses yet, torch would note who asked, by a
        # traceback: ten milliseconds in a process that was just forked.
        torch.default_generator.manual_seed(seed)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Whatever is drawn or seeded inside, random, numpy and torch go on afterwards where they were."""
    kept = [(random.setstate, random.getstate())]
    if "numpy" in sys.modules:
        numpy = sys.modules["numpy"].random
        kept.append((numpy.set_state, numpy.get_state()))
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        kept.append((torch.set_rng_state, torch.get_rng_state()))
    try:
        yield
    finally:
        for restore, state in kept:
            restore(state)
