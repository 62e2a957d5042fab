# Passes answers through the user's keyring in the kernel.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(248, b"user", b"answers", b"text", 4, -4) >= 0:
    raise RuntimeError("GOT a key")
