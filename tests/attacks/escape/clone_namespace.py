# The same through clone, whose flags a filter must look into.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
child = libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
if child == 0:
    os._exit(0)
if child > 0:
    os.waitpid(child, 0)
    raise RuntimeError("GOT a user namespace")
