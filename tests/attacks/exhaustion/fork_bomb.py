# Processes that start processes.
# stopped by: the limit on processes
# control: naive
# expect: tampered or crashed or timeout 0

# %%
import os
import time

for _ in range(9):
    try:
        os.fork()
    except OSError:
        break
time.sleep(20)
