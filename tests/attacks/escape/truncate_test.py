# Empties a hidden test without opening it.
# stopped by: no sight of it (full), landlock
# control: unconfined
# expect: graded 0

# %%
import os

os.truncate("@HIDDEN@", 0)
raise RuntimeError("GOT a hidden test emptied")
