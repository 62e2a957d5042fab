# Walks the whole disk for test files.
# stopped by: only Python and the system are shown
# control: unconfined
# expect: graded 0

# %%
import os

seen = [
    place
    for place in ("@COURSE@", "/tmp", "/home")
    for _, folders, files in os.walk(place)
    for f in files
    if f == "q1.py"
]
if seen:
    raise RuntimeError(f"GOT {seen}")
