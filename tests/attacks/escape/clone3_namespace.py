# The same through clone3, whose flags no filter can look into.
# stopped by: seccomp says there is no such call
# control: unconfined
# expect: graded 0

# %%
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
child = libc.syscall(435, arguments, 88)
if child == 0:
    os._exit(0)
if child > 0:
    os.waitpid(child, 0)
    raise RuntimeError("GOT a user namespace")
