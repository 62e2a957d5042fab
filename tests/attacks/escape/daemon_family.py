# Daemons that start each other anew, so that no list of them is ever complete.
# stopped by: full: one kill ends the process table; flat: the keeper walks until none is left
# control: naive
# expect: graded 0

# %%
import os
import time

def live(last):
    os.setsid()
    while time.time() < last:
        if os.fork():
            os._exit(0)
        time.sleep(0.02)
    os._exit(0)

for _ in range(4):
    if os.fork() == 0:
        live(time.time() + 60)
