# A link of one's own to the hidden tests.
# stopped by: what a link points at is shown no more than before
# control: unconfined
# expect: graded 0

# %%
import os

os.symlink("@HIDDEN@", "mine.py")
raise RuntimeError("GOT " + open("mine.py").read())
