# Looks through the open files it was born with.
# stopped by: every descriptor but two is closed before the student's code
# control: naive
# expect: graded 0

# %%
import os

for number in range(3, 64):
    try:
        name = os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        continue
    if name.startswith("/") and "deleted" not in name and not name.startswith(("/dev", "/proc", "/usr")):
        raise RuntimeError(f"GOT {name}")
