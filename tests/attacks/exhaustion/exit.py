# Ends the process, past every handler.
# stopped by: the end of a submission's process is its own
# control: naive
# expect: crashed 0

# %%
import os

os._exit(0)
