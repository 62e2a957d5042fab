# Fills the disk with files that have no name.
# stopped by: its own small file system (full), files held open are measured (flat)
# control: unlimited
# expect: graded or crashed 0

# %%
import os
import time

kept = []
for number in range(30):
    kept.append(open(f"big{number}", "w+b"))
    os.unlink(f"big{number}")
    kept[-1].write(bytes(10 << 20))
    kept[-1].flush()
time.sleep(2.5)
raise RuntimeError("GOT 300 MB in thirty files without names")
