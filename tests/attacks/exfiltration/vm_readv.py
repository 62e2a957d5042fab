# Reads another process by system call, past /proc.
# stopped by: seccomp, and in full a process table of its own
# control: unconfined
# expect: graded 0

# %%
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(8)


class Vec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


mine, theirs = Vec(ctypes.addressof(buffer), 8), Vec(id(None), 8)
for process in range(1, 5000):
    if process == os.getpid():
        continue
    if libc.process_vm_readv(process, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0) == 8:
        raise RuntimeError(f"GOT memory of {process}")
