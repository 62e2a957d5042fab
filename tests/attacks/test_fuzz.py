"""The short form of `python tests/attacks/fuzz.py 1000000`."""

import random

import pytest
from fuzz import PROPERTIES, run


@pytest.mark.parametrize("name", PROPERTIES)
def test_whatever_comes_is_taken_for_what_it_is_or_refused(name: str) -> None:
    count, _, _ = run(name, 1000, random.randrange(2**32))
    assert count[f"{name} taken"] > 20
    assert count[f"{name} refused"] > 100
