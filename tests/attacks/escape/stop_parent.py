# Stops its parent, as it could kill it.
# stopped by: full: the first process of a table is safe from its own; flat: it is outside the reach of signals
# control: unconfined
# expect: graded 0

# %%
import os
import signal
import time

parent = os.getppid()
os.kill(parent, signal.SIGSTOP)
for _ in range(100):
    with open(f"/proc/{parent}/stat") as file:
        stopped = file.read().rpartition(")")[2].split()[0] == "T"
    if stopped:
        os.kill(parent, signal.SIGCONT)
        raise RuntimeError("GOT its parent stopped")
    time.sleep(0.01)
