# Pairs of sockets of families that lead out.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes
import errno

libc = ctypes.CDLL(None, use_errno=True)
pair = (ctypes.c_int * 2)()
answers = set()
for family in range(2, 46):
    ctypes.set_errno(0)
    if libc.socketpair(family, 1, 0, pair) < 0:
        answers.add(ctypes.get_errno())
if answers != {errno.EPERM}:
    raise RuntimeError(f"GOT other answers of the kernel: {answers}")
