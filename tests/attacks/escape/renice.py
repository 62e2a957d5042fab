# Gives the grader the lowest priority.
# stopped by: seccomp allows it on oneself only
# control: unconfined
# expect: graded 0

# %%
import os

for process in range(2, 6000):
    if process in (os.getpid(), os.getppid()):
        continue
    try:
        os.setpriority(os.PRIO_PROCESS, process, 10)
    except OSError:
        continue
    raise RuntimeError(f"GOT the priority of {process}")
