# Kills every process it may.
# stopped by: full: a process table of its own; flat: landlock keeps signals inside, or seccomp refuses them
# control: unconfined
# expect: crashed or graded 0

# %%
import os
import signal

os.kill(-1, signal.SIGKILL)
