"""The GAN topic: its data, and what its hidden tests compare with."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

ROOT = Path(__file__).parents[2]


def hidden(question: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / f"graders/hidden_tests/gan/{question}.py"))


@pytest.fixture(autouse=True)
def scripts_find_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "solutions"))


def test_the_data_are_what_their_script_makes() -> None:
    made = runpy.run_path(str(ROOT / "solutions/gan_data.py"))["released"]()
    with np.load(ROOT / "assignments/gan/data/digits.npz") as released:
        assert sorted(released) == sorted(made) == ["images", "labels"]
        for name in made:
            assert released[name].dtype == made[name].dtype
            assert np.array_equal(released[name], made[name])


def test_no_held_out_digit_is_released_here_or_in_cnn() -> None:
    made = runpy.run_path(str(ROOT / "solutions/cnn_data.py"))
    q7, q8 = hidden("q7"), hidden("q8")
    for other in (q7, q8):
        assert (other["SPLIT_SEED"], other["HELD_OUT"]) == (made["SPLIT_SEED"], made["HELD_OUT"])
    images, labels = q8["images_and_labels"]()
    released = made["released"]()
    assert np.array_equal(labels[made["HELD_OUT"] :], released["labels"])
    assert np.allclose((images[made["HELD_OUT"] :] + 1) / 2, released["images"].reshape(-1, 64))
    assert np.array_equal(q7["held_out"]()[0], images[: made["HELD_OUT"]])


def test_the_losses_compared_with_are_those_of_torch() -> None:
    real, made = 3 * torch.randn(7, 1, dtype=torch.float64), 3 * torch.randn(4, 1, dtype=torch.float64)
    cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits
    of_both = cross_entropy(real, torch.ones_like(real)) + cross_entropy(made, torch.zeros_like(made))
    of_made = cross_entropy(made, torch.ones_like(made))
    assert np.allclose(hidden("q2")["reference"](real, made), [of_both, of_made])


def test_real_digits_pass_for_drawn_ones_and_noise_does_not() -> None:
    """The bounds of the hidden tests lie between the two."""
    real, _ = hidden("q7")["held_out"]()
    script = runpy.run_path(str(ROOT / "solutions/gan_data.py"))
    others = script["released"]()["images"].reshape(-1, 64)[:400] * 2 - 1
    noise = np.random.default_rng(0).uniform(-1, 1, size=(400, 64))

    def apart(rows: np.ndarray) -> float:
        return float(np.linalg.norm(rows[:, None] - real, axis=2).min(axis=1).mean())

    assert apart(others) < 3 < 4 < 5 < apart(noise)
