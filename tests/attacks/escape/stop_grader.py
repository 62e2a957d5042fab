# Stops the grader's processes instead of killing them.
# stopped by: full: they are not in its table; flat: landlock keeps signals inside, or seccomp refuses them
# control: unconfined
# expect: graded or crashed 0

# %%
import os
import signal

for process in range(2, 6000):
    if process not in (os.getpid(), os.getppid()):
        try:
            os.kill(process, signal.SIGTERM)
        except OSError:
            pass
