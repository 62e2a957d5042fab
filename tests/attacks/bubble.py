"""Runs a command where hostile code can do no harm to the machine that tests it.

    python bubble.py REPORT [--user ID] [--show FOLDER]... -- COMMAND...

The command gets a process table, mounts and IPC of its own, so that what kills, fills or stays does
so in there. As root it can run as another user, `--user`; Python and the folders
`--show`n are then made reachable for all, whatever lies above them. REPORT tells, as JSON, its exit code and the command
lines of the processes it left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from graders.sandbox import linux
from graders.sandbox.policy import python_folders

SETTLE_SECONDS = 30.0  # what is importing on a busy machine notices afterwards that it is alone
ROOT = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("report", type=Path)
    parser.add_argument("--user", type=int, default=os.geteuid())
    parser.add_argument("--show", action="append", default=[])
    parser.add_argument("--kill-after", type=float, default=float("inf"), help="seconds")
    parser.add_argument("--group", action="store_true", help="kill its process group, not it alone")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    user = os.geteuid()
    others = [linux.NEWNS, linux.NEWPID, linux.NEWIPC]
    if user == 0:
        linux.unshare(*others)
    else:
        group = os.getegid()  # before it is nobody's
        linux.unshare(linux.NEWUSER, *others)
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            Path("/proc/self", name).write_text(text)
    init = os.fork()
    if init:
        _, status = os.waitpid(init, 0)
        sys.exit(1 if status else 0)
    linux.die_with_parent(signal.SIGKILL)
    linux.mount("", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    if user == 0:
        _reach([Path(folder) for folder in {*python_folders(), str(ROOT), *options.show}])
    options.report.write_text(json.dumps(_run(options)))


def works() -> bool:
    """Whether this machine gives a command the namespaces it needs."""
    tried = subprocess.run([sys.executable, __file__, "/dev/null", "true"], capture_output=True, check=False)
    return tried.returncode == 0


def _reach(folders: Sequence[Path]) -> None:
    """Makes `folders` reachable for everyone, by covering what above them is not."""
    covered: dict[Path, Path] = {}
    for folder in folders:
        inside = any(folder != other and folder.is_relative_to(other) for other in folders)
        closed = [above for above in reversed(folder.parents) if not above.stat().st_mode & stat.S_IXOTH]
        if closed and not inside:
            covered[folder] = closed[0]
    kept = {folder: os.open(folder, os.O_PATH) for folder in covered}
    for closed_folder in set(covered.values()):
        linux.mount("tmpfs", str(closed_folder), "tmpfs", 0, "mode=755,size=1m")
    for folder, descriptor in kept.items():
        folder.mkdir(parents=True)
        linux.mount(f"/proc/self/fd/{descriptor}", str(folder), flags=linux.MS_BIND | linux.MS_REC)
        os.close(descriptor)


def _run(options: argparse.Namespace) -> dict[str, object]:
    user = options.user

    def drop() -> None:
        if user != os.geteuid():
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)

    started = subprocess.Popen(options.command, preexec_fn=drop, process_group=0)
    last = time.monotonic() + options.kill_after
    while started.returncode is None:
        _reap_adopted(started)
        if time.monotonic() > last and started.returncode is None:
            (os.killpg if options.group else os.kill)(started.pid, signal.SIGKILL)
            started.wait()
    until = time.monotonic() + SETTLE_SECONDS
    while (left := _others()) and time.monotonic() < until:
        _reap_adopted(started)
        time.sleep(0.05)
    return {"exit": started.returncode, "left": left}


def _reap_adopted(command: subprocess.Popen[bytes]) -> None:
    """The first process of a table is parent to every orphan."""
    try:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    except ChildProcessError:
        return
    if ended is None:
        time.sleep(0.05)
    elif ended.si_pid == command.pid:
        command.wait()
    else:
        os.waitpid(ended.si_pid, 0)


def _others() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and entry.name != "1":
            try:
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
    return found


if __name__ == "__main__":
    sys.exit(main())
