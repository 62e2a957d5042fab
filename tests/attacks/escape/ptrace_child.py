# Traces a child of its own, as a sandbox that trusts system calls of tracees might fear.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
child = os.fork()
if child == 0:
    os._exit(7 if libc.ptrace(0, 0, 0, 0) == 0 else 0)
if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7:
    raise RuntimeError("GOT to trace")
