"""The VAE topic: its data, what of them students do not get, and who judges their samples."""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

ROOT = Path(__file__).parents[2]
HIDDEN = ROOT / "graders/hidden_tests/vae"


def hidden(question: str) -> dict[str, Any]:
    return runpy.run_path(str(HIDDEN / f"{question}.py"))


def test_the_data_are_what_their_script_makes_and_those_of_cnn(tmp_path: Path) -> None:
    """With another split, one topic would release what the other holds out."""
    (tmp_path / "solutions").mkdir()
    for script in ("cnn_data.py", "vae_data.py"):
        shutil.copy(ROOT / "solutions" / script, tmp_path / "solutions")
    subprocess.run([sys.executable, tmp_path / "solutions/vae_data.py"], check=True, capture_output=True)
    made = dict(np.load(tmp_path / "assignments/vae/data/digits.npz"))
    assert sorted(made) == ["images", "labels"]
    for topic in ("cnn", "vae"):
        released = np.load(ROOT / "assignments" / topic / "data/digits.npz")
        for name, values in made.items():
            np.testing.assert_array_equal(released[name], values)


@pytest.mark.parametrize("question", ["q2", "q7", "q9"])
def test_no_held_out_digit_is_released(question: str) -> None:
    digits = load_digits().images.reshape(-1, 64) / 16
    released = np.load(ROOT / "assignments/vae/data/digits.npz")["images"].reshape(-1, 64)
    of_test = hidden(question)
    order = np.random.default_rng(of_test["SPLIT_SEED"]).permutation(len(digits))
    kept, given = digits[order[: of_test["HELD_OUT"]]], digits[order[of_test["HELD_OUT"] :]]
    np.testing.assert_allclose(released, given, atol=1e-6)
    assert len(kept) + len(released) == len(digits)


def test_the_judge_knows_digits_and_what_is_none() -> None:
    """Whatever the seed: real digits pass, in all ten kinds; noise, blots and mean images do not."""
    test = hidden("q8")
    digits = load_digits().images.reshape(-1, 64) / 16
    for seed in range(3):
        np.random.seed(seed)
        judge = test["judge"]()
        shares = np.bincount(judge.predict(digits), minlength=11) / len(digits)
        assert shares[test["NO_DIGIT"]] < 0.02
        assert shares[:10].min() > 0.08
        none = {
            "even": np.random.uniform(size=(300, 64)),
            "grey": np.full((300, 64), 0.5),
            "white": np.zeros((300, 64)),
            "mean": digits.mean(axis=0) + np.random.normal(0, 0.1, size=(300, 64)),
            "dots": np.random.binomial(1, 0.3, size=(300, 64)),
        }
        passed = {kind: float((judge.predict(images) < 10).mean()) for kind, images in none.items()}
        assert max(passed.values()) < 0.1, passed
