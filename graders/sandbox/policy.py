"""What a submission may see, use and ask of the kernel, as values. Read without running anything.

Theory of operation. The warm process forks a *keeper*, which stays outside; the keeper forks an
*init*, and that the *worker*, where the student's code runs.

    supervisor ─status─ keeper ── init ── worker ── snapshots, and whatever the student starts
               ─control──────────────────────┘

    full   namespaces: own process table (so one kill ends everything), no network, own file system
           of read-only binds and one small tmpfs; and all of flat
    flat   landlock: the system read-only, one folder to write in, nothing else there; seccomp: no
           sockets, no mounts, no tracing; resource limits. Processes are found by walking the tree,
           and the folder is measured
    landlock   flat without its seccomp half, where libseccomp is missing: files are out of reach, but
           local sockets, shared memory and other processes of the same user are not
    none   limits on time, memory and output only. For submissions one trusts

The keeper measures the memory of the whole tree (PSS: shared pages once) and ends everything when
its supervisor is gone. A worker that is root's child drops to a user id of its own first. Every
submission stays on one processor core with its children, so fifty of them starve no other.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from graders.errors import UsageError
from graders.records import Limits, Tier

HOME = "/home/student"
INT = 0xFFFFFFFF  # the kernel reads an int from the lower half of a register; the upper may hold anything
STUDENT_ID = 1000
ENVIRONMENT = {
    "HOME": HOME,
    "USER": "student",
    "LOGNAME": "student",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}

# Processes beside the notebook's own: a snapshot a question and one serving child each.
SNAPSHOT_PROCESSES = 128

SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives", "/etc/mime.types")
# Not /dev/zero: mapped, it is shared memory.
DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom")
# What the C library and torch read about the machine where /proc is not the submission's own.
MACHINE_FILES = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu")

REFUSED_CALLS = (
    "acct", "add_key", "adjtimex", "bpf", "chroot", "clock_adjtime", "clock_settime", "delete_module",
    "fanotify_init", "finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "init_module",
    "inotify_add_watch", "inotify_init", "inotify_init1", "io_uring_enter", "io_uring_register",
    "io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl",
    "lookup_dcookie", "mbind", "memfd_create", "memfd_secret", "migrate_pages", "mount", "mount_setattr",
    "move_mount", "move_pages", "mq_open", "mq_unlink", "msgctl", "msgget", "msgrcv", "msgsnd",
    "name_to_handle_at", "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open", "personality",
    "pidfd_getfd", "pivot_root", "process_madvise", "process_mrelease", "process_vm_readv",
    "process_vm_writev", "ptrace", "quotactl", "quotactl_fd", "reboot", "request_key",
    "sched_setaffinity", "semctl", "semget", "semop", "semtimedop", "setdomainname", "sethostname",
    "setns", "settimeofday", "shmat", "shmctl", "shmget", "swapoff", "swapon", "syslog", "umount2",
    "unshare", "userfaultfd", "vhangup", "vmsplice",
)  # fmt: skip
# (call, argument, the only value allowed): on oneself, never on another process of the same user,
# which may be the grader.
ONLY_WITH = (
    ("prlimit64", 0, 0), ("sched_setparam", 0, 0), ("sched_setscheduler", 0, 0), ("sched_setattr", 0, 0),
    ("setpriority", 0, 0), ("setpriority", 1, 0), ("ioprio_set", 0, 1), ("ioprio_set", 1, 0),
)  # fmt: skip
# Refused where landlock cannot keep signals inside (before Linux 6.12) and there is no process table
# of its own: the price there is that Popen.terminate and its like do not work.
LANDLOCK_SCOPES_SIGNALS = 6
SIGNAL_CALLS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal")
# What landlock does not govern: without a user id of its own, a submission could do this to any file of
# whoever grades. Done to nothing, and said to be done, as copying a file needs no more.
IGNORED_CALLS = (
    "chmod", "chown", "fchmod", "fchmodat", "fchmodat2", "fchown", "fchownat", "file_setattr", "fremovexattr",
    "fsetxattr", "futimesat", "lchown", "lremovexattr", "lsetxattr", "removexattr", "removexattrat",
    "setxattr", "setxattrat", "utime", "utimensat", "utimes",
)  # fmt: skip
# fcntl and ioctl have signals sent to others, too.
SIGNAL_OWNERS = (
    ("fcntl", 8), ("fcntl", 15),  # F_SETOWN, F_SETOWN_EX
    ("ioctl", 0x8901), ("ioctl", 0x8902),  # FIOSETOWN, SIOCSPGRP
)  # fmt: skip
LANDLOCK_TRUNCATES = 3  # since Linux 6.2 it governs truncate(path)
# (call, argument, mask, value), refused wherever the argument's bits under the mask are the value.
REFUSED_WHEN = (
    # Leases and notices: a lease on a file that all read has everyone else wait for its end.
    ("fcntl", 1, INT, 1024), ("fcntl", 1, INT, 1026),
    # The flags of a file's inode, fs-verity, and what else an owner may do to a file that is only read.
    ("ioctl", 1, INT, 0x40086602), ("ioctl", 1, INT, 0x40046602), ("ioctl", 1, INT, 0x401C5820),
    ("ioctl", 1, INT, 0x40806685), ("ioctl", 1, INT, 0x40087602), ("ioctl", 1, INT, 0x40047602),
    # TIOCSTI and TIOCLINUX type into the terminal of whoever grades.
    ("ioctl", 1, INT, 0x5412), ("ioctl", 1, INT, 0x541C),
    # Shared memory without a file outlives its mapping unseen: its pages are nobody's. Huge pages, too.
    ("mmap", 3, 0x21, 0x21), ("mmap", 3, 0x40000, 0x40000),
    # One that may not be looked at cannot be measured.
    ("prctl", 0, INT, 4),
    # MADV_COLD and MADV_PAGEOUT: what is swapped out is hard to measure.
    ("madvise", 2, INT, 20), ("madvise", 2, INT, 21),
)  # fmt: skip
# A datagram's receiver is named with each message, whatever the pair it is sent from.
DATAGRAM_PAIRS = ("socketpair", 1, 0xF, 2)
MISSING_CALLS = ("clone3",)  # ENOSYS, so that the C library falls back to clone, whose flags can be seen
AF_UNIX = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How one topic's submissions are confined.

    `readable`: absolute paths shown read-only. `hidden`: paths below them that are not.
    `data`: a folder shown read-only as `shown_as` in the working directory.
    """

    tier: Tier
    limits: Limits = field(default_factory=Limits)
    readable: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    data: str = ""
    shown_as: str = "data"

    @property
    def cpu_seconds(self) -> int:
        """A backstop: what spins past every wall-clock limit is ended by the kernel."""
        return int(self.limits.notebook_seconds * 2 + self.limits.case_seconds * 60) + 60

    @property
    def local_sockets(self) -> bool:
        """Sockets of the machine can be reached by path or name in all tiers but full."""
        return self.tier is not Tier.FLAT


def policy(
    tier: Tier,
    limits: Limits,
    *,
    data: Path | None = None,
    shown_as: str = "data",
    hidden: Path | None = None,
) -> Policy:
    """The policy of this Python installation. `hidden` (the course) is never shown, wherever it lies.

    Raises UsageError where that cannot be had: landlock shows a folder whole or not at all.
    """
    shown = python_folders()
    system = [folder for folder in SYSTEM_FOLDERS if Path(folder).exists()]
    covered = [str(hidden)] if hidden is not None and _below(str(hidden), [*shown, *system]) else []
    if covered and tier in (Tier.FLAT, Tier.LANDLOCK):
        raise UsageError(
            f"{hidden} lies in a folder that is shown to submissions in the {tier} tier; move the course"
        )
    return Policy(
        tier=tier,
        limits=limits,
        readable=tuple(dict.fromkeys([*system, *(p for p in shown if not _below(p, system))])),
        hidden=tuple(covered),
        data=str(data) if data is not None and data.is_dir() else "",
        shown_as=shown_as,
    )


def python_folders() -> list[str]:
    """The folders Python itself and its installed packages lie in; never a checkout put on sys.path."""
    paths = sysconfig.get_paths()
    candidates = [sys.prefix, sys.exec_prefix, paths["stdlib"], paths["platstdlib"]]
    if sys.base_prefix not in ("/", "/usr", "/usr/local"):
        candidates.append(sys.base_prefix)
    candidates += [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    found: list[str] = []
    for candidate in sorted({os.path.realpath(path) for path in candidates}, key=len):
        if candidate != "/" and Path(candidate).is_dir() and not _below(candidate, found):
            found.append(candidate)
    return found


def _below(path: str, folders: list[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)
