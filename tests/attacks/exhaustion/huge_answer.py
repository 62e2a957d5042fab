# An answer of more bytes than a test would want.
# stopped by: frames are bounded
# control: naive
# expect: graded 0

# %% q1
def relu(x):
    return np.broadcast_to(x.ravel()[:1], (1 << 26,))
