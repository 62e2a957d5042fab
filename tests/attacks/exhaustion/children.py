# More processes than it may have.
# stopped by: the limit on processes
# control: unlimited
# expect: crashed or graded or timeout 0

# %%
import os
import time

for _ in range(200):
    if os.fork() == 0:
        time.sleep(20)
        os._exit(0)
time.sleep(0.5)
raise RuntimeError("GOT 200 processes")
