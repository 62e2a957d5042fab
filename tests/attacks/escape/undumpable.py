# Makes its processes such that nobody may look at what they use.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes

if ctypes.CDLL(None).prctl(4, 0, 0, 0, 0) == 0:
    raise RuntimeError("GOT out of sight")
