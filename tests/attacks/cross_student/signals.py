# Kills the processes of the submission graded beside it.
# stopped by: full: they are not in its table; flat: landlock keeps signals inside, or seccomp refuses them
# control: unconfined
# expect: graded 0

# %%
import os

reached = []
for process in range(2, 6000):
    if process in (os.getpid(), os.getppid()):
        continue
    try:
        os.kill(process, 0)
    except OSError:
        continue
    reached.append(process)
if reached:
    raise RuntimeError(f"GOT within reach of {reached}")
