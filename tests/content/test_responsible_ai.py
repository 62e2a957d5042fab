"""The responsible AI topic: its data, and the references its hidden tests judge by."""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "assignments/responsible_ai/data/loans.npz"
SCRIPT = ROOT / "solutions/responsible_ai_data.py"


def hidden(question: str) -> dict[str, Any]:
    np.random.seed(0)
    return runpy.run_path(str(ROOT / f"graders/hidden_tests/responsible_ai/{question}.py"))


def test_the_data_are_what_their_script_makes(tmp_path: Path) -> None:
    script = tmp_path / "solutions" / SCRIPT.name
    script.parent.mkdir()
    shutil.copy(SCRIPT, script)
    subprocess.run([sys.executable, script], check=True, capture_output=True)
    # Values, not bytes: how small zlib packs them differs from build to build.
    with (
        np.load(tmp_path / "assignments/responsible_ai/data/loans.npz") as new,
        np.load(RELEASED) as released,
    ):
        assert sorted(new) == sorted(released)
        for name in new:
            assert new[name].dtype == released[name].dtype
            assert np.array_equal(new[name], released[name])


def test_what_really_happened_is_released_of_the_audited_alone() -> None:
    with np.load(RELEASED) as released:
        assert [name for name in released if name.startswith("repays")] == ["repays_valid"]


def test_the_files_are_biased_by_what_the_script_says() -> None:
    flip = runpy.run_path(str(SCRIPT))["FLIP"]
    with np.load(RELEASED) as released:
        group, recorded, repays = (released[f"{name}_valid"] for name in ("group", "recorded", "repays"))
    in_b = group == "B"
    assert np.array_equal(recorded[~in_b], repays[~in_b])
    assert np.all(recorded <= repays)
    assert 1 - recorded[in_b & (repays == 1)].mean() == pytest.approx(flip, abs=0.05)


def test_fresh_applicants_are_drawn_as_the_script_draws_them() -> None:
    script, test = runpy.run_path(str(SCRIPT)), hidden("q4")
    X, group, repays, recorded = script["applicants"](40_000, np.random.default_rng(0))
    fresh, in_b, fresh_recorded, fresh_repays = test["bank"](40_000)
    assert test["FLIP"] == script["FLIP"]
    for name, one in (("A", ~in_b), ("B", in_b)):
        mine = group == name
        assert fresh[one].mean(axis=0) == pytest.approx(X[mine].mean(axis=0), abs=0.05)
        assert fresh_recorded[one].mean() == pytest.approx(recorded[mine].mean(), abs=0.02)
        assert fresh_repays[one].mean() == pytest.approx(repays[mine].mean(), abs=0.02)
        # Who repays goes by the same features as strongly.
        for column in (0, 1):
            both = [
                np.corrcoef(x[:, column], y)[0, 1]
                for x, y in ((fresh[one], fresh_repays[one]), (X[mine], repays[mine]))
            ]
            assert both[0] == pytest.approx(both[1], abs=0.03)


def test_expected_rates_are_those_of_a_confusion_matrix() -> None:
    test = hidden("q1")
    y, said, group = test["table"]([4, 1, 2])
    for one, rates in test["expected_rates"](y, said, group).items():
        (tn, fp), (fn, tp) = confusion_matrix(y[group == one], said[group == one])
        assert rates["tpr"] == pytest.approx(tp / (tp + fn))
        assert rates["fpr"] == pytest.approx(fp / (fp + tn))
        assert rates["selection_rate"] == pytest.approx((tp + fp) / (tp + fp + tn + fn))


def test_expected_bins_are_those_of_scikit_learn() -> None:
    test = hidden("q6")
    p = np.random.uniform(size=300) ** 2
    y = (np.random.uniform(size=300) < p).astype(int)
    conf, freq, n = test["binned"](p, y, 10)
    share, mean = calibration_curve(y, p, n_bins=10)
    assert conf == pytest.approx(mean)
    assert freq == pytest.approx(share)
    assert n.sum() == 300


def test_the_distribution_asked_of_the_noise_is_that_of_laplace() -> None:
    """And noise that is nearly it is further off than what is allowed."""
    test = hidden("q8")
    rng = np.random.default_rng(0)
    laplace = torch.distributions.Laplace(0.0, 1.0)
    assert laplace.cdf(torch.tensor(-1.0)).item() == pytest.approx(np.exp(-1.0) / 2)

    def answers(draw: Any) -> Any:
        return lambda flags, epsilon, times, seed: np.sum(flags) + draw(1 / epsilon, times)

    def bound(error: float, chance: float) -> float:
        return -float(np.log(chance)) / error

    def judge(draw: Any) -> None:
        test["test_the_noise"].call_func({"private_counts": answers(draw), "epsilon_for": bound})

    judge(lambda b, times: rng.laplace(0, b, times))
    for wrong in (
        lambda b, times: rng.normal(0, 1.2533 * b, times),
        lambda b, times: rng.normal(0, np.sqrt(2) * b, times),
        lambda b, times: rng.laplace(0, 1.2 * b, times),
        lambda b, times: np.round(rng.laplace(0, b, times)),
    ):
        with pytest.raises(AssertionError):
            judge(wrong)
