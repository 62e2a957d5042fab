# Becomes root of a user namespace of its own, from where the kernel's weaker doors open.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) == 0:
    raise RuntimeError("GOT a user namespace")
