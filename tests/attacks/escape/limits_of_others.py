# Takes the grader its processor time by setting its limits.
# stopped by: seccomp allows prlimit on oneself only
# control: unconfined
# expect: graded 0

# %%
import os
import resource

for process in range(2, 6000):
    if process in (os.getpid(), os.getppid()):
        continue
    try:
        soft, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
        resource.prlimit(process, resource.RLIMIT_NOFILE, (soft, hard))
    except (OSError, ValueError):
        continue
    raise RuntimeError(f"GOT the limits of {process}")
