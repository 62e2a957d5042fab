"""The CNN topic: its data, and what of them students do not get."""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]


def test_the_data_are_what_their_script_makes(tmp_path: Path) -> None:
    script = tmp_path / "solutions/cnn_data.py"
    script.parent.mkdir()
    shutil.copy(ROOT / "solutions/cnn_data.py", script)
    written = tmp_path / "assignments/cnn/data/digits.npz"
    made = []
    for _ in range(2):
        subprocess.run([sys.executable, script], check=True, capture_output=True)
        made.append(written.read_bytes())
    assert made[0] == made[1]
    # Values, not bytes: how small zlib packs them differs from build to build.
    with np.load(written) as new, np.load(ROOT / "assignments/cnn/data/digits.npz") as released:
        assert sorted(new) == sorted(released) == ["images", "labels"]
        for name in new:
            assert new[name].dtype == released[name].dtype
            assert np.array_equal(new[name], released[name])


def test_no_held_out_digit_is_released() -> None:
    script = runpy.run_path(str(ROOT / "solutions/cnn_data.py"))
    tests = runpy.run_path(str(ROOT / "graders/hidden_tests/cnn/q6.py"))
    assert (script["SPLIT_SEED"], script["HELD_OUT"]) == (tests["SPLIT_SEED"], tests["HELD_OUT"])
    assert len(script["released"]()["labels"]) + len(tests["held_out"]()[1]) == 1797
