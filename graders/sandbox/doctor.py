"""What this machine enforces, what it lacks, and how to get it.

`gather` reads the machine, `findings` says what that means: a function of values, so a machine one
does not have can be described to it.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from graders.records import Tier
from graders.sandbox.tiers import missing

ENFORCED = {
    Tier.FULL: "own process table, file system, network and IPC; landlock, seccomp and limits",
    Tier.FLAT: "landlock, seccomp and limits; process tree walked at the end",
    Tier.LANDLOCK: "landlock and limits; no filter of system calls",
    Tier.NONE: "limits on time, memory and output only",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was read off one machine. `landlock` is the ABI version, 0 for none; a setting that the
    kernel does not have is None."""

    system: str
    kernel: str = ""
    root: bool = False
    container: str = ""  # what runs it, or ""
    landlock: int = 0
    libseccomp: str = ""  # why it cannot be loaded, or "" when it can
    user_namespaces: int | None = None
    userns_clone: int | None = None
    apparmor_restricts: int | None = None
    python: str = ""
    python_reachable: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `mend` says how to get what is missing; empty when nothing is."""

    name: str
    good: bool
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`tiers` maps a tier to what stood in its way, "" for one that can be enforced; `best` is chosen
    when none is asked for, None when there is nothing to choose."""

    best: Tier | None
    tiers: dict[str, str]
    findings: list[Finding] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def diagnose() -> Diagnosis:
    """Tries every tier on this machine, in processes of their own."""
    lacks = {tier: missing(tier) for tier in (Tier.FULL, Tier.FLAT, Tier.LANDLOCK)}
    best = next((tier for tier in (Tier.FULL, Tier.FLAT) if not lacks[tier]), None)
    return Diagnosis(best, {str(tier): why for tier, why in lacks.items()}, findings(gather(), lacks))


def gather() -> Facts:
    """Never raises: what cannot be read is left at its default."""
    if sys.platform != "linux":
        return Facts(system=platform.system(), kernel=platform.release())
    from graders.sandbox.linux import landlock_abi

    return Facts(
        system="Linux",
        kernel=platform.release(),
        root=os.geteuid() == 0,
        container=_container(),
        landlock=landlock_abi(),
        libseccomp=_libseccomp(),
        user_namespaces=_setting("/proc/sys/user/max_user_namespaces"),
        userns_clone=_setting("/proc/sys/kernel/unprivileged_userns_clone"),
        apparmor_restricts=_setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
        python=sys.base_prefix,
        python_reachable=_open_to_all(Path(sys.base_prefix)),
    )


def findings(facts: Facts, lacks: dict[Tier, str]) -> list[Finding]:
    """What was looked at, in the order one would mend it. `lacks` is what stood in each tier's way."""
    if facts.system != "Linux":
        return [
            Finding(
                "system",
                False,
                f"{facts.system}: submissions cannot be confined",
                "grade on Linux, in a Linux virtual machine (on macOS: Lima, Colima or Multipass), or say "
                "--isolation none for notebooks you trust; students' commands work here",
            )
        ]
    found = [
        _landlock(facts),
        Finding(
            "libseccomp",
            not facts.libseccomp,
            facts.libseccomp or "system calls can be filtered",
            "install libseccomp2 (apt) or libseccomp (dnf); until then --isolation landlock is what there is"
            if facts.libseccomp
            else "",
        ),
        _namespaces(facts, lacks.get(Tier.FULL, "")),
    ]
    if facts.root or lacks.get(Tier.FLAT):
        found.append(
            Finding(
                "python",
                facts.python_reachable,
                f"{facts.python} {'can' if facts.python_reachable else 'cannot'} be read by every user",
                ""
                if facts.python_reachable
                else "in the flat tier submissions run as a user of their own: install Python outside a "
                "private home, such as in /opt, or grade as an ordinary user",
            )
        )
    return found


def _landlock(facts: Facts) -> Finding:
    if not facts.landlock:
        return Finding(
            "landlock",
            False,
            f"not in this kernel ({facts.kernel})",
            "needs Linux 5.13 or later with landlock in the kernel's lsm= list (/sys/kernel/security/lsm)",
        )
    if facts.landlock < 6:
        return Finding(
            "landlock",
            True,
            f"ABI {facts.landlock}; signals are filtered, so in the flat tier Popen.terminate does not work",
            "Linux 6.12 or later keeps signals inside",
        )
    return Finding("landlock", True, f"ABI {facts.landlock}")


def _namespaces(facts: Facts, why: str) -> Finding:
    if not why:
        return Finding("namespaces", True, "a process can have its own")
    mends: list[tuple[Callable[[Facts], bool], str]] = [
        (
            lambda f: bool(f.libseccomp) or not f.landlock,
            "the full tier needs landlock and libseccomp too; mend those first",
        ),
        (
            lambda f: bool(f.container),
            (
                f"run the container ({facts.container}) with --security-opt seccomp=unconfined "
                "--security-opt apparmor=unconfined --security-opt systempaths=unconfined, as an ordinary "
                "user, or as root with --cap-add SYS_ADMIN; or grade in the flat tier"
            ),
        ),
        (
            lambda f: bool(f.apparmor_restricts) and not f.root,
            (
                "Ubuntu 23.10 and later restrict them by AppArmor: sudo sysctl -w "
                "kernel.apparmor_restrict_unprivileged_userns=0, or a profile with `userns,` for "
                f"{facts.python}/bin/python3, or grade as root; or grade in the flat tier"
            ),
        ),
        (
            lambda f: f.userns_clone == 0 and not f.root,
            "sudo sysctl -w kernel.unprivileged_userns_clone=1, or grade as root",
        ),
        (
            lambda f: f.user_namespaces == 0 and not f.root,
            "sudo sysctl -w user.max_user_namespaces=10000, or grade as root",
        ),
    ]
    mend = next((text for applies, text in mends if applies(facts)), "grade as root, or in the flat tier")
    return Finding("namespaces", False, why, mend)


def _container() -> str:
    if Path("/run/.containerenv").exists():
        return "podman"
    if Path("/.dockerenv").exists():
        return "docker"
    try:
        variables = Path("/proc/1/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    return next((v[10:].decode(errors="replace") for v in variables if v.startswith(b"container=")), "")


def _libseccomp() -> str:
    try:
        import pyseccomp  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        return str(error) or type(error).__name__
    return ""


def _setting(path: str) -> int | None:
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):
        return None


def _open_to_all(folder: Path) -> bool:
    try:
        return all(
            place.stat().st_mode & 0o005 == 0o005 or place == Path("/") for place in (folder, *folder.parents)
        )
    except OSError:
        return False
