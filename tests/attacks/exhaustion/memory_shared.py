# Memory shared among children, which no process owns.
# stopped by: no shared memory without a file (seccomp)
# control: naive
# expect: graded 0

# %%
import mmap
import time

kept = mmap.mmap(-1, 1200 << 20)
for start in range(0, len(kept), 4096):
    kept[start] = 1
time.sleep(0.5)
raise RuntimeError("GOT more than a gigabyte")
