# A process that has left its session and waits.
# stopped by: full: one kill ends the process table; flat: the keeper adopts and finds it
# control: naive
# expect: graded 0

# %%
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(64):
            try:
                os.close(number)
            except OSError:
                pass
        time.sleep(600)
    os._exit(0)
os.wait()
