# Attaches to other processes as a debugger.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for process in range(2, 6000):
    if process not in (os.getpid(), os.getppid()) and libc.ptrace(16, process, 0, 0) == 0:
        libc.ptrace(17, process, 0, 0)
        raise RuntimeError(f"GOT hold of {process}")
