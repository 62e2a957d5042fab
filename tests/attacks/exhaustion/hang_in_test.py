# A function that hangs when a hidden test calls it.
# stopped by: the limit on a case's time
# control: naive
# expect: timeout 1

# %% q1
def relu(x):
    while x.shape == (5, 3):
        pass
    return np.maximum(x, 0)
