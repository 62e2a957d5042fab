# Fills the disk with files none of which is too large.
# stopped by: its own small file system (full), the folder is measured (flat)
# control: unlimited
# expect: graded or crashed 0

# %%
import time

for number in range(30):
    with open(f"big{number}", "wb") as file:
        for _ in range(10):
            file.write(bytes(1 << 20))
time.sleep(2.5)
raise RuntimeError("GOT 300 MB in thirty files")
