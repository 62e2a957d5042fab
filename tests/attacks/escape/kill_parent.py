# Kills its parent.
# stopped by: full: the first process of a table is safe from its own; flat: it is outside the reach of signals
# control: unconfined
# expect: graded or crashed 0

# %%
import os
import signal

if os.getppid() > 1:
    os.kill(os.getppid(), signal.SIGKILL)
