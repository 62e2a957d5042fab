# Passes answers through System V message queues.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
if libc.msgget(0x1236, 0o1666) >= 0:
    raise RuntimeError("GOT a message queue")
