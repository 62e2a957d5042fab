"""What the keeper sees of a submission's processes and files, and what an older kernel leaves to the filter."""

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from graders.errors import SandboxError
from graders.records import Limits, Tier
from graders.sandbox import box, confine, keeper
from graders.sandbox.policy import Policy

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

CHAIN = 'if [ $1 -gt 1 ]; then sh "$0" $(($1 - 1)); :; else echo there; read line; fi'


def test_a_chain_of_processes_is_seen_to_its_end(tmp_path: Path) -> None:
    script = tmp_path / "chain"
    script.write_text(CHAIN)
    command = ["sh", str(script), "1200"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as chain:
        assert chain.stdin
        assert chain.stdout
        chain.stdout.readline()
        assert len(list(keeper.descendants(chain.pid))) == 1199
        chain.stdin.close()


def test_what_lies_in_a_folder_is_counted(tmp_path: Path) -> None:
    assert keeper.fits(tmp_path, 0)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/file").write_bytes(bytes(100_000))
    assert keeper.fits(tmp_path, 120_000)
    assert not keeper.fits(tmp_path, 100_000)
    (tmp_path / "elsewhere").symlink_to("/usr")
    assert keeper.fits(tmp_path, 120_000)


def test_an_empty_file_counts_too(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / str(number)).touch()
    assert not keeper.fits(tmp_path, 100_000)


def test_folders_too_deep_to_look_into_do_not_fit(tmp_path: Path) -> None:
    (tmp_path / "/".join("d" * (keeper.MAX_NESTED + 2))).mkdir(parents=True)
    assert not keeper.fits(tmp_path, 1 << 30)


@pytest.mark.parametrize(("abi", "refused"), [(2, {"signal", "truncate"}), (5, {"signal"}), (6, set())])
def test_what_landlock_does_not_govern_yet_is_refused(
    abi: int, refused: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(confine.linux, "landlock_abi", lambda: abi)
    monkeypatch.setattr(confine.os, "geteuid", lambda: 1000)
    rules = confine.seccomp_filter(Policy(tier=Tier.FLAT, limits=Limits()))
    (tmp_path / "file").write_text("text")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        confine.linux.renounce_privileges()
        rules.load()
        found = set()
        with contextlib.suppress(OSError):
            os.truncate(tmp_path / "file", 0)
            found.add("truncate")
        with contextlib.suppress(OSError):
            fcntl.fcntl(read, fcntl.F_SETOWN, os.getppid())
            found.add("signal")
        os.chmod(tmp_path / "file", 0)  # noqa: PTH101
        os.write(write, " ".join(found).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as said:
        assert set(said.read().split()) == {"signal", "truncate"} - refused
    assert (tmp_path / "file").stat().st_mode & 0o777


def test_processes_that_do_not_die_are_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "END_SECONDS", 0.05)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:  # a keeper that never comes to its end
        theirs.send(b"exit 0")
        held = box.Box(ours)
        with pytest.raises(SandboxError, match="did not end within"):
            held.end()
        assert held.fate() == "exit 0"
        held.close()


def test_a_keeper_that_was_killed_is_our_fault() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.send(b"memory")
    theirs.close()
    held = box.Box(ours)
    with pytest.raises(SandboxError, match="lost their keeper"):
        held.end()
    assert held.memory_exceeded
    held.close()


def test_folders_are_removed_whatever_was_made_in_them(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    nest = "import os\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\nos.chmod('.', 0)"
    subprocess.run([sys.executable, "-c", nest], cwd=folder, check=True)
    made = keeper.Folder(folder)
    made.remove()
    assert not folder.exists()
    made.remove()


def test_a_folder_that_took_anothers_name_is_not_removed(tmp_path: Path) -> None:
    folder, other = tmp_path / "made", tmp_path / "other"
    folder.mkdir()
    made = keeper.Folder(folder)
    folder.rename(tmp_path / "moved")
    other.mkdir()
    (other / "file").touch()
    folder.symlink_to(other)
    made.remove()
    assert (other / "file").exists()
    folder.unlink()
    other.rename(folder)
    made.remove()
    assert (folder / "file").exists()


def test_a_file_without_a_name_is_counted_while_it_is_open_or_mapped(tmp_path: Path) -> None:
    hold = (
        "import mmap, os, sys\nfile = open('big', 'w+b')\nfile.write(bytes(1 << 20))\nfile.flush()\n"
        "os.unlink('big')\nif sys.argv[1] == 'mapped':\n    kept = mmap.mmap(file.fileno(), 1 << 20)\n    file.close()\n"
        "print('there', flush=True)\ninput()"
    )
    for how in ("open", "mapped"):
        command = [sys.executable, "-c", hold, how]
        with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdin
            assert holder.stdout
            holder.stdout.readline()
            assert sum(keeper.unlinked([holder.pid]).values()) >= 1 << 20
            assert keeper.fits(tmp_path, 100_000)
            holder.stdin.close()
    assert keeper.unlinked([holder.pid]) == {}


def test_a_word_that_nobody_reads_holds_nobody_up() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        for _ in range(1000):
            keeper._say(ours, "memory")
        theirs.settimeout(0)
        assert theirs.recv(64) == b"memory"


def test_the_last_words_of_a_keeper_are_heard_though_it_left_an_order_unread() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    held = box.Box(ours)
    held.kill_worker()
    for word in (b"processes", b"signal 9", b"dead"):
        theirs.send(word)
    theirs.close()
    assert held.fate() == "signal 9"
    assert held.processes_exceeded
    held.end()
    held.close()
