# Reads a secret of the instructor's environment in /proc.
# stopped by: full: the grader is not in its table; flat: no /proc but its own
# control: unconfined
# expect: graded 0

# %%
import glob

for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        text = open(path).read()
    except OSError:
        continue
    if "PRIVATE_KEY" in text:
        raise RuntimeError("GOT " + text)
