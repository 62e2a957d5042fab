# Memory that is full and mapped by nobody: no process has it.
# stopped by: no shared memory without a file (seccomp, and no /dev/zero)
# control: unconfined
# expect: graded 0

# %%
import mmap


def unmapped(descriptor):
    kept = mmap.mmap(descriptor, 64 << 20)
    before = open("/proc/self/statm").read().split()[1]
    kept.write(b"x" * (64 << 20))
    kept.madvise(mmap.MADV_DONTNEED)
    after = open("/proc/self/statm").read().split()[1]
    if int(after) - int(before) < 1000 and kept[-1] == ord("x"):
        raise RuntimeError("GOT 64 MB that nothing counts")


try:
    unmapped(-1)
except OSError:
    unmapped(open("/dev/zero", "r+b").fileno())
