# Memory divided among children, each below the limit.
# stopped by: the memory of all processes together is watched
# control: unlimited
# expect: out of memory 0

# %%
import os
import select
import time

told, tell = os.pipe()
children = []
for _ in range(6):
    children.append(os.fork())
    if children[-1] == 0:
        kept = bytearray(os.urandom(1 << 20)) * 200
        os.write(tell, b"1")
        time.sleep(30)
        os._exit(0)
have, until = 0, time.monotonic() + 2
while have < 6 and select.select([told], [], [], max(0, until - time.monotonic()))[0]:
    have += len(os.read(told, 6))
time.sleep(0.5)
if have == 6 and all(os.waitpid(child, os.WNOHANG)[0] == 0 for child in children):
    raise RuntimeError("GOT more than a gigabyte")
