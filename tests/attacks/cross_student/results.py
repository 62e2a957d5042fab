# Reads the results of the students graded before.
# stopped by: only Python and the system are shown
# control: unconfined
# expect: graded 0

# %%
import os
import time

for _ in range(20):
    if os.path.isdir("@RESULTS@") and os.listdir("@RESULTS@"):
        raise RuntimeError(f"GOT {os.listdir('@RESULTS@')}")
    time.sleep(0.1)
