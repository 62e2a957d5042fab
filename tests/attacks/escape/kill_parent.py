# Kills its parent.
# stopped by: full: the first process of a table is safe from its own; flat: it is outside the reach of signals
# control: unconfined
# expect: graded or crashed 0

# %%
import os
import signal
import time

parent = os.getppid()
if parent > 0:
    os.kill(parent, signal.SIGKILL)
for _ in range(100):
    if os.getppid() != parent:
        raise RuntimeError("GOT its parent killed")
    time.sleep(0.001)
