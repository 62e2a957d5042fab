# Passes answers through System V shared memory.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
if libc.shmget(0x1234, 4096, 0o1666) >= 0:
    raise RuntimeError("GOT shared memory")
