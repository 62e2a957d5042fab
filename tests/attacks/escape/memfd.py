# A program that lies in memory, and on no disk.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import os

os.memfd_create("program")
raise RuntimeError("GOT a file in memory")
