"""One seed for every source of randomness a notebook or a test draws from."""

from __future__ import annotations

import random
import sys


def seed_everything(seed: int) -> None:
    """Seeds random, and numpy and torch where they are already imported. `seed` is below 2**32."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
