# Reaches other processes through descriptors of them.
# stopped by: full: none is in its table; flat: landlock keeps signals inside, or seccomp refuses them
# control: unconfined
# expect: graded 0

# %%
import os
import signal

for process in range(2, 6000):
    if process in (os.getpid(), os.getppid()):
        continue
    try:
        signal.pidfd_send_signal(os.pidfd_open(process), 0)
    except OSError:
        continue
    raise RuntimeError(f"GOT hold of {process}")
