"""Files on disk: whole or not there, and what a killed writer left is swept away by the next."""

import subprocess
import sys
from pathlib import Path

import pytest

from graders.errors import UsageError
from graders.store import held, sweep, unfinished, write_atomically

DIES = """
import os, sys
from pathlib import Path
from graders import store
from graders.versions import _write_folder
os.fsync = lambda descriptor: os.kill(os.getpid(), 9)
if sys.argv[2] == "file":
    store.write_atomically(Path(sys.argv[1], "ada", "a.json"), b"new")
else:
    _write_folder(Path(sys.argv[1], "ada", "v1"), {"a.ipynb": b"new"})
"""


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_a_killed_writer_left_is_swept_and_what_was_there_stays(tmp_path: Path, what: str) -> None:
    write_atomically(tmp_path / "ada/a.json", b"old")
    died = subprocess.run([sys.executable, "-c", DIES, tmp_path, what])
    assert died.returncode == -9
    (left,) = (tmp_path / "ada").glob(".*")
    assert sweep(tmp_path) == [left]
    assert [path.name for path in (tmp_path / "ada").iterdir()] == ["a.json"]
    assert (tmp_path / "ada/a.json").read_bytes() == b"old"
    assert sweep(tmp_path) == []


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_somebody_is_at_work_on_stays(tmp_path: Path, what: str) -> None:
    path = unfinished(tmp_path / "a.json")
    if what == "file":
        path.write_bytes(b"half")
    else:
        path.mkdir()
    holder = (
        "import os, sys\nfrom graders.store import held\n"
        "with held(os.open(sys.argv[1], os.O_RDONLY)):\n    print(flush=True)\n    input()\n"
    )
    command = [sys.executable, "-c", holder, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert sweep(tmp_path) == []
        other.communicate(b"\n")
    assert sweep(tmp_path) == [path]


def test_what_was_swept_is_not_taken_for_written(tmp_path: Path) -> None:
    path = unfinished(tmp_path / "a.json")
    with path.open("xb") as file:
        path.unlink()
        with pytest.raises(OSError, match="try again"), held(file.fileno()):
            pass


def test_only_what_is_named_as_unfinished_is_swept(tmp_path: Path) -> None:
    for name in (".hidden", ".a.json.0123", "a.0123456789abcdef", "..0123456789abcdef"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / ".link.0123456789abcdef").symlink_to(tmp_path / ".hidden")
    assert sweep(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 5


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="cannot be written"):
        write_atomically(tmp_path / "file/a.json", b"")
