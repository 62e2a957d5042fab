# Makes a hidden test older than it is.
# stopped by: no sight of it (full), a user id of its own (root), changes of times that change nothing
# control: unconfined
# expect: graded 0

# %%
import os

before = os.stat("@HIDDEN@").st_mtime
os.utime("@HIDDEN@", (0, 0))
if os.stat("@HIDDEN@").st_mtime != before:
    raise RuntimeError("GOT a time changed")
