# The process prints the result itself, and ends.
# stopped by: what a submission prints is never read as a result
# control: naive
# expect: crashed 0

# %%
import os

os.write(1, b'{"points": 1000, "messages": []}\n')
os._exit(0)
