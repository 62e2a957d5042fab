"""Where attacks run: what is shown can be reached by every user, whatever lies above it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bubble import works
from suite import HERE, ORDINARY

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not works(), reason="only root can make folders reachable, in namespaces"
)


def test_what_is_shown_below_closed_folders_can_be_reached_by_an_ordinary_user(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    shown = [closed / "one", closed / "one/inside", closed / "deeper/two"]
    for folder in [*shown, closed / "not_shown"]:
        folder.mkdir(parents=True)
        (folder / "file").write_text("here")
    for folder in (closed, closed / "deeper"):
        folder.chmod(0o700)
    command = [sys.executable, str(HERE / "bubble.py"), str(tmp_path / "report"), f"--user={ORDINARY}"]
    command += [f"--show={folder}" for folder in shown]
    look = f"import pathlib; print(*sorted(pathlib.Path({str(closed)!r}).rglob('file')))"
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", look], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == sorted(str(folder / "file") for folder in shown)
