# Attaches and removes System V objects that are there already.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes
import errno

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
answers = set()
for call, arguments in [
    ("shmat", (12345, None, 0)), ("shmctl", (12345, 0, None)), ("semctl", (12345, 0, 0)),
    ("msgctl", (12345, 0, None)), ("msgsnd", (12345, b"x" * 16, 1, 0o4000)),
]:
    ctypes.set_errno(0)
    getattr(libc, call)(*arguments)
    answers.add(ctypes.get_errno())
if answers != {errno.EPERM}:
    raise RuntimeError(f"GOT other answers of the kernel: {answers}")
