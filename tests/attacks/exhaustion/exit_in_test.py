# Ends the process when a hidden test calls.
# stopped by: each round of tests has a copy of the snapshot
# control: naive
# expect: graded 1

# %% q1
import os

def relu(x):
    if x.shape == (5, 3):
        os._exit(0)
    return np.maximum(x, 0)
