# Passes answers through System V semaphores.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
if libc.semget(0x1235, 1, 0o1666) >= 0:
    raise RuntimeError("GOT a semaphore")
