# Shuts the course to its owner: the batch could not write another result.
# stopped by: no sight of it (full), a user id of its own (root), changes of rights that change nothing
# control: unconfined
# expect: graded 0

# %%
import os

before = os.stat("@STATE@").st_mode
os.chmod("@STATE@", 0)
if os.stat("@STATE@").st_mode != before:
    raise RuntimeError("GOT the results shut")
