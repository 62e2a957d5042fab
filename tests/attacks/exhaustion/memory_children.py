# Memory divided among children, each below the limit.
# stopped by: the memory of all processes together is watched
# control: unlimited
# expect: out of memory 0

# %%
import os
import time

children = []
for _ in range(6):
    children.append(os.fork())
    if children[-1] == 0:
        kept = bytearray(os.urandom(1 << 20)) * 200
        time.sleep(30)
        os._exit(0)
time.sleep(2)
if all(os.waitpid(child, os.WNOHANG)[0] == 0 for child in children):
    raise RuntimeError("GOT more than a gigabyte")
