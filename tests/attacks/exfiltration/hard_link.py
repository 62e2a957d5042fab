# A second name for the hidden tests.
# stopped by: what is not shown cannot be linked
# control: unconfined
# expect: graded 0

# %%
import os

os.link("@HIDDEN@", "@HOME@/mine.py")
raise RuntimeError("GOT " + open("@HOME@/mine.py").read())
