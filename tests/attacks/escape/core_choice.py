# Moves the grader, and itself, to the processor cores it likes.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import os

os.sched_setaffinity(0, set(range(os.cpu_count())))
raise RuntimeError("GOT all cores")
