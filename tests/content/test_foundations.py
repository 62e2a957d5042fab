"""The foundations topic: its data, and the references in its hidden tests against independent ones."""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "solutions/foundations_data.py"
RELEASED = ROOT / "assignments/foundations/data/rides.npz"


def hidden(question: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / f"graders/hidden_tests/foundations/{question}.py"))


@pytest.fixture(autouse=True)
def seeded() -> None:
    np.random.seed(0)


def test_the_rides_are_what_their_script_makes(tmp_path: Path) -> None:
    script = tmp_path / "solutions/foundations_data.py"
    script.parent.mkdir()
    shutil.copy(SCRIPT, script)
    subprocess.run([sys.executable, script], check=True, capture_output=True)
    with np.load(tmp_path / RELEASED.relative_to(ROOT)) as new, np.load(RELEASED) as released:
        assert sorted(new) == sorted(released) == ["X", "energy"]
        for name in new:
            assert new[name].dtype == released[name].dtype
            # A sine may differ by its last bit from one machine to the next, and then by one rounding.
            np.testing.assert_allclose(new[name], released[name], atol=0.11)


def test_new_rides_follow_the_law_of_the_released_ones() -> None:
    # RandomState is numpy's global generator, so both draw the same numbers.
    X, energy = runpy.run_path(str(SCRIPT))["rides"](200, np.random.RandomState(3))
    np.random.seed(3)
    new_X, new_energy = hidden("q4")["rides"](200)
    np.testing.assert_allclose(new_X, X)
    np.testing.assert_allclose(new_energy, energy)


def test_no_ride_of_the_hidden_tests_is_released() -> None:
    with np.load(RELEASED) as released:
        energies = set(released["X"][:, 1].tolist())
    assert not energies & set(hidden("q4")["rides"](1000)[0][:, 1].tolist())


def right_features(X: Any) -> Any:
    turn = X[:, 0] * np.pi / 12
    return np.column_stack([np.sin(turn), np.cos(turn), X[:, 1] * X[:, 2], X[:, 3] ** 3 / X[:, 4] ** 2])


def without_air(X: Any) -> Any:
    return np.column_stack([X, right_features(X)[:, :3]])


def without_clock(X: Any) -> Any:
    return np.column_stack([X, right_features(X)[:, 2:]])


def without_lifting(X: Any) -> Any:
    return np.column_stack([X, right_features(X)[:, [0, 1, 3]]])


def test_the_threshold_of_nine_lies_far_from_right_and_from_incomplete_features() -> None:
    error = hidden("q4")["error"]
    for _ in range(20):
        assert error(right_features) < 6
        for incomplete in (without_air, without_clock, without_lifting):
            assert error(incomplete) > 12


def test_preparation_as_scikit_learn_does_it() -> None:
    train, test = (np.random.normal(size=(n, 5)) for n in (12, 6))
    train[2, 0], test[1, 1], train[:, 3] = np.nan, np.nan, 4
    steps = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    expected = steps.fit_transform(train), steps.transform(test)
    for came, wanted in zip(hidden("q2")["prepared"](train, test), expected, strict=True):
        np.testing.assert_allclose(came, wanted, atol=1e-12)


def test_descent_arrives_where_scikit_learn_does() -> None:
    X = np.random.normal(size=(300, 3))
    y = (np.random.uniform(size=300) < 1 / (1 + np.exp(-X @ [1, -2, 0.5] - 0.3))).astype(float)
    w, b, losses = hidden("q6")["descent"](X, y, 1.0, 1500)
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(X, y)
    np.testing.assert_allclose([*w, b], [*model.coef_[0], model.intercept_[0]], atol=1e-4)
    assert losses[0] == pytest.approx(np.log(2))
    assert losses[-1] == pytest.approx(log_loss(y, model.predict_proba(X)))


def test_matching_as_the_hungarian_method_does_it() -> None:
    best = hidden("q7")["best"]
    for clusters, classes in ((3, 3), (5, 2), (2, 4)):
        found, labels = np.random.randint(clusters, size=70), np.random.randint(classes, size=70)
        met = np.zeros((clusters, classes))
        np.add.at(met, (found, labels), 1)
        assert best(found, labels) == pytest.approx(met[linear_sum_assignment(-met)].sum() / 70)
