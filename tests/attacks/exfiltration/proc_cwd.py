# Finds the course as the working directory of the grader.
# stopped by: full: the grader is not in its table; flat: no /proc but its own
# control: unconfined
# expect: graded 0

# %%
import glob
import os

for path in glob.glob("/proc/[0-9]*/cwd"):
    try:
        found = os.listdir(path)
    except OSError:
        continue
    if "graders" in found and "handed" in found:
        raise RuntimeError(f"GOT {found}")
