# Turns off the randomness of addresses for the next program.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes

if ctypes.CDLL(None).personality(0x0040000) >= 0:
    raise RuntimeError("GOT addresses without randomness")
