# Learns from the command line where submissions and tests lie.
# stopped by: full: the grader is not in its table; flat: no /proc but its own
# control: unconfined
# expect: graded 0

# %%
import glob

for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        text = open(path).read()
    except OSError:
        continue
    if "handed" in text:
        raise RuntimeError("GOT " + text)
