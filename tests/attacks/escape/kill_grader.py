# Kills the processes of the grader one by one.
# stopped by: full: they are not in its table; flat: landlock keeps signals inside, or seccomp refuses them
# control: unconfined
# expect: graded or crashed 0

# %%
import os
import signal

for process in range(2, 6000):
    if process != os.getpid():
        try:
            os.kill(process, signal.SIGKILL)
        except OSError:
            pass
