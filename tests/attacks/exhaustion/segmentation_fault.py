# A crash in native code.
# stopped by: a crash ends the submission's own process
# control: naive
# expect: crashed 0

# %%
import ctypes

ctypes.string_at(0)
