"""The steps by which a process gives up what it could do, in the order that works.

    outside  namespaces, id maps                      enter_namespaces
    init     new root of read-only binds, fresh /proc  new_root
    worker   ids, limits, landlock, seccomp            confine

/proc is mounted before the old root goes: the kernel refuses a fresh one to whom it shows none.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from graders.errors import SandboxError
from graders.records import Tier
from graders.sandbox import linux
from graders.sandbox.policy import (
    AF_UNIX,
    DATAGRAM_PAIRS,
    DEVICES,
    ENVIRONMENT,
    HOME,
    IGNORED_CALLS,
    INT,
    LANDLOCK_SCOPES_SIGNALS,
    LANDLOCK_TRUNCATES,
    MACHINE_FILES,
    MISSING_CALLS,
    ONLY_WITH,
    REFUSED_CALLS,
    REFUSED_WHEN,
    SIGNAL_CALLS,
    SIGNAL_OWNERS,
    SNAPSHOT_PROCESSES,
    STUDENT_ID,
    SYSTEM_FILES,
    Policy,
)

_EPERM, _ENOSYS = 1, 38
_ADDRESS_FAMILIES = 46
# Every system has this folder and nothing that is shown lies in it; /proc must stay as it is.
_NEW_ROOT = "/sys"
_WRITABLE = (HOME, "/tmp", "/dev/shm")
_FIRST_STUDENT_ID = 0x40000000  # user ids of the host no one else is given
_PROCESS_IDS = 1 << 22
_SPARE = 1 << 14  # ids taken where there are no more; process ids this far apart run one after another


def seccomp_filter(policy: Policy) -> Any:
    """The filter of system calls; made once, before the fork, and loaded by each worker."""
    import pyseccomp

    refuse, missing = pyseccomp.ERRNO(_EPERM), pyseccomp.ERRNO(_ENOSYS)
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)

    def add(action: Any, name: str, *when: Any) -> None:
        # One that is not a call of this architecture, or newer than the library, is passed over.
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            rules.add_rule(action, name, *when)

    def refuse_when(name: str, argument: int, mask: int, value: int) -> None:
        rules.add_rule(refuse, name, pyseccomp.Arg(argument, pyseccomp.MASKED_EQ, mask, value))

    for name in REFUSED_CALLS:
        add(refuse, name)
    for name in MISSING_CALLS:
        add(missing, name)
    for name, argument, allowed in ONLY_WITH:
        add(refuse, name, pyseccomp.Arg(argument, pyseccomp.NE, allowed))
    if policy.tier is not Tier.FULL:
        if os.geteuid() != 0:
            for name in IGNORED_CALLS:
                add(pyseccomp.ERRNO(0), name)
        if linux.landlock_abi() < LANDLOCK_SCOPES_SIGNALS:
            for name in SIGNAL_CALLS:
                add(refuse, name)
            for name, command in SIGNAL_OWNERS:
                refuse_when(name, 1, INT, command)
        if linux.landlock_abi() < LANDLOCK_TRUNCATES:
            add(refuse, "truncate")
        refuse_when(*DATAGRAM_PAIRS)
    for rule in REFUSED_WHEN:
        refuse_when(*rule)
    for flag in linux.NAMESPACES:
        refuse_when("clone", 0, flag, flag)
    for family in range(_ADDRESS_FAMILIES):
        if family != AF_UNIX:
            refuse_when("socketpair", 0, INT, family)
        if family != AF_UNIX or not policy.local_sockets:
            refuse_when("socket", 0, INT, family)
    return rules


def enter_namespaces() -> None:
    """In the keeper; its next child is the first process of a new process table."""
    others = [flag for flag in linux.NAMESPACES if flag not in (linux.NEWNS, linux.NEWUSER)]
    if os.geteuid() == 0:
        linux.unshare(*others)
        return
    user, group = os.geteuid(), os.getegid()
    linux.unshare(linux.NEWUSER, *others)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{STUDENT_ID} {user} 1"),
        ("gid_map", f"{STUDENT_ID} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text)


def new_root(policy: Policy) -> None:
    """In init: a file system of its own that holds what `policy` shows and one small tmpfs."""
    linux.unshare(linux.NEWNS)
    linux.mount("", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    plain = linux.MS_NOSUID | linux.MS_NODEV
    scratch = f"size={policy.limits.scratch_bytes},nr_inodes={_inodes(policy)},mode=755"
    linux.mount("tmpfs", _NEW_ROOT, "tmpfs", plain, scratch)
    for path in (*policy.readable, *SYSTEM_FILES):
        _show(path, _NEW_ROOT + path)
    for path in DEVICES:
        _show(path, _NEW_ROOT + path, device=True)
    for path in policy.hidden:
        linux.mount("tmpfs", _NEW_ROOT + path, "tmpfs", plain, "size=4k,mode=755")
    for path in (*_WRITABLE, "/proc", "/old", "/run"):
        Path(_NEW_ROOT + path).mkdir(parents=True, exist_ok=True)
    for path in _WRITABLE:
        Path(_NEW_ROOT + path).chmod(0o1777)
    _accounts(Path(_NEW_ROOT))
    if policy.data:
        _show(policy.data, f"{_NEW_ROOT}{HOME}/{policy.shown_as}")
    linux.mount("proc", _NEW_ROOT + "/proc", "proc", plain | linux.MS_NOEXEC)
    os.chdir(_NEW_ROOT)
    linux.pivot_root(".", "old")
    os.chdir("/")
    linux.unmount("/old")
    Path("/old").rmdir()
    os.chdir(HOME)


def _inodes(policy: Policy) -> int:
    """A page each, as an empty file too takes of the kernel's memory; and what is shown."""
    return policy.limits.scratch_bytes // resource.getpagesize() + 1024


def _show(path: str, target: str, *, device: bool = False) -> None:
    source, place = Path(path), Path(target)
    if source.is_symlink():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(source.readlink())
        return
    if source.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    elif source.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    else:
        return
    linux.mount(path, target, flags=linux.MS_BIND | linux.MS_REC)
    if not device:
        linux.make_read_only(target)


def _accounts(root: Path) -> None:
    etc = root / "etc"
    etc.mkdir(exist_ok=True)
    (etc / "passwd").write_text(f"student:x:{STUDENT_ID}:{STUDENT_ID}::{HOME}:/bin/sh\n")
    (etc / "group").write_text(f"student:x:{STUDENT_ID}:\n")
    (etc / "hosts").write_text("127.0.0.1 localhost\n")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (root / "dev" / name).symlink_to(f"/proc/self/fd/{number}")
    (root / "dev" / "fd").symlink_to("/proc/self/fd")


def hand_over(folder: Path, policy: Policy) -> None:
    """The working directory of a flat worker of root's becomes its own user's. In the keeper."""
    if os.geteuid() == 0 and policy.tier is not Tier.NONE:
        os.chown(folder, student_id(), student_id())


def student_id() -> int:
    """The user id of the box whose keeper this is called in: no two at once have the same.

    In a container that has only some of the host's ids, those at the end of what it has.
    Raises SandboxError when it has too few.
    """
    first = _first_student_id(Path("/proc/self/uid_map").read_text())
    return first + os.getpid() % (_PROCESS_IDS if first == _FIRST_STUDENT_ID else _SPARE)


def _first_student_id(id_map: str) -> int:
    spans = [tuple(map(int, line.split())) for line in id_map.splitlines()]
    last = _FIRST_STUDENT_ID + _PROCESS_IDS
    if any(first <= _FIRST_STUDENT_ID and last <= first + size for first, _, size in spans):
        return _FIRST_STUDENT_ID
    ends = [first + size for first, _, size in spans if size > 2 * _SPARE]
    if not ends:
        raise SandboxError("this container has too few user ids to give a submission one of its own")
    return max(ends) - _SPARE


def confine(policy: Policy, user: int, folder: Path, rules: Any) -> None:
    """In the worker, as its last step before student code. `user` is 0 to stay who one is."""
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    if policy.tier is not Tier.FULL:
        os.chdir(folder)
        if policy.data and not Path(policy.shown_as).exists():
            Path(policy.shown_as).symlink_to(policy.data)
    limit(policy, dropped=bool(user))
    if sys.platform == "linux":
        # Init is not, and changing ids clears it, and with it /proc/self/fd; without it the keeper cannot
        # measure what is shared.
        linux.set_dumpable(True)
        linux.die_with_parent(signal.SIGKILL)  # init's end, should the keeper be killed
    if policy.tier is Tier.NONE:
        return
    linux.drop_capabilities()
    linux.renounce_privileges()
    linux.landlock(*_paths(policy, folder))
    if rules is not None:
        rules.load()


def _paths(policy: Policy, folder: Path) -> tuple[list[str], list[str]]:
    if policy.tier is Tier.FULL:
        return ["/"], [*_WRITABLE, *DEVICES, "/proc/self"]
    shown = [*policy.readable, *SYSTEM_FILES, *MACHINE_FILES, "/proc/self"]
    if policy.data:
        shown.append(policy.data)
    return shown, [str(folder), *DEVICES]


def limit(policy: Policy, *, dropped: bool) -> None:
    """Limits of the kernel on this process and its children. Address space is counted from here on.

    `dropped`: whether the user id is this submission's alone.
    """
    limits = policy.limits
    already = _address_space()
    wanted = {
        resource.RLIMIT_CPU: policy.cpu_seconds,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 1,  # below a page none is written; 0 would not keep one from a program
    }
    if sys.platform == "linux":
        wanted |= {resource.RLIMIT_RTPRIO: 0, resource.RLIMIT_NICE: 0}
    if already:
        wanted[resource.RLIMIT_AS] = already + limits.memory_bytes
    if policy.tier is Tier.FULL or dropped:
        # Elsewhere this counts every process the user has on the machine; the keeper counts there.
        wanted[resource.RLIMIT_NPROC] = limits.processes + SNAPSHOT_PROCESSES
    for kind, value in wanted.items():
        _, hard = resource.getrlimit(kind)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))


def _address_space() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def forget_origin(policy: Policy) -> None:
    """What Python itself remembers of where it was started. In the warm process, once for all workers."""
    os.environ.clear()
    os.environ.update(ENVIRONMENT)
    sys.argv = [""]
    if policy.tier is Tier.NONE:
        return
    sys.path[:] = [path for path in map(os.path.realpath, sys.path) if _is_shown(path, policy)]
    for path in list(sys.path_importer_cache):  # of what is shown it saves reading every folder again
        if not _is_shown(path, policy):
            del sys.path_importer_cache[path]


def begin_anew(policy: Policy) -> None:
    """What is one worker's own, after `confine`."""
    if policy.tier is not Tier.FULL:
        os.environ["HOME"] = os.environ["TMPDIR"] = str(Path.cwd())
    random.seed(int.from_bytes(os.urandom(8), "big"))


def _is_shown(path: str, policy: Policy) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in policy.readable)
