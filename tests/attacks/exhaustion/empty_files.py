# As many empty files as there is time for, each of which costs the kernel memory that no one counts.
# stopped by: the number of files of its own file system (full), the folder is measured (flat)
# control: unlimited
# expect: graded or crashed or timeout 0

# %%
import time

for number in range(30_000):
    open(f"empty{number}", "w").close()
time.sleep(1)
raise RuntimeError("GOT 30,000 files")
