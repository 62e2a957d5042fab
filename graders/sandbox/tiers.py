"""Which isolation this machine can enforce: tried, not guessed.

python -m graders.sandbox.tiers full     prints "ready", or what stood in the way
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from graders.errors import SandboxError, UsageError
from graders.records import Limits, Tier
from graders.sandbox.box import Box
from graders.sandbox.policy import policy

PROBE_SECONDS = 60


def wanted(asked: str = "") -> list[Tier]:
    """What will do, the best first: the tier asked for, or never `landlock` or `none`. Raises UsageError."""
    if asked not in ("", *Tier):
        raise UsageError(f"no isolation {asked!r}; choose from {', '.join(Tier)}")
    return [Tier(asked)] if asked else [Tier.FULL, Tier.FLAT]


def choose(asked: str = "") -> Tier:
    """The best of what is `wanted` on this machine.

    Raises UsageError when it cannot be had, with what stood in the way.
    """
    lacks = {}
    for tier in wanted(asked):
        lacks[tier] = missing(tier)
        if not lacks[tier]:
            return tier
    reasons = "; ".join(f"{tier}: {why}" for tier, why in lacks.items())
    raise UsageError(
        f"submissions cannot be confined on this machine ({reasons}); "
        "sorcery doctor says how to get it; if you trust them all, say --isolation none"
    )


def missing(tier: Tier) -> str:
    """What keeps this machine from enforcing `tier`; "" when a trial process could be confined."""
    if tier is Tier.NONE:
        return ""
    if sys.platform != "linux":
        return "needs Linux"
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "graders.sandbox.tiers", tier],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "the trial did not end"
    last = (done.stdout.strip() or done.stderr.strip() or "the trial said nothing").splitlines()[-1]
    return "" if last == "ready" else last


def _try(tier: Tier) -> str:
    from graders.sandbox.confine import seccomp_filter
    from graders.sandbox.keeper import keep

    wanted = policy(tier, Limits())
    try:
        rules = None if tier is Tier.LANDLOCK else seccomp_filter(wanted)
    except (ImportError, OSError, RuntimeError) as error:
        return f"system calls cannot be filtered without libseccomp: {error}"
    control, theirs = socket.socketpair()
    status, keepers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        control.close()
        status.close()  # or its end would not be seen in there
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        keep(keepers, theirs, tempfile.gettempdir(), wanted, rules, _look_around)
    theirs.close()
    keepers.close()
    box = Box(status)
    try:
        box.wait_until_ready()
        control.settimeout(PROBE_SECONDS / 2)
        return control.recv(1000).decode(errors="replace") or "the trial process ended"
    except (SandboxError, OSError) as error:
        return str(error)
    finally:
        with contextlib.suppress(SandboxError):
            box.end()
        box.close()
        control.close()


def _look_around(control: socket.socket) -> None:
    """In the trial worker: Python must still find its own library."""
    try:
        Path(os.__file__).read_bytes()
        control.send(b"ready")
    except OSError as error:
        control.send(f"Python's own library cannot be read from inside: {error}".encode())


if __name__ == "__main__":
    print(_try(Tier(sys.argv[1])))
