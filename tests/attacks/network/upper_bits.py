# Asks for a socket with bits set that the kernel ignores, and a careless filter does not.
# stopped by: full: no network; flat: the filter looks at the lower half only
# control: unconfined
# expect: graded 0

# %%
import ctypes
import socket

libc = ctypes.CDLL(None, use_errno=True)
number = libc.syscall(41, ctypes.c_uint64(0x100000002), ctypes.c_uint64(1), ctypes.c_uint64(0))
if number >= 0:
    socket.socket(fileno=number).connect(("127.0.0.1", @PORT@))
    raise RuntimeError("GOT connected")
