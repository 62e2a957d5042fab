# Reaches the grader's files through the /proc of its processes.
# stopped by: full: their processes are not in its table; flat: no /proc but its own
# control: unconfined
# expect: graded 0

# %%
import glob

for root in glob.glob("/proc/[0-9]*/root"):
    try:
        text = open(root + "@HIDDEN@").read()
    except OSError:
        continue
    raise RuntimeError("GOT " + text)
