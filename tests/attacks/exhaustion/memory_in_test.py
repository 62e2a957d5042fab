# Takes all memory when a hidden test calls.
# stopped by: the limit on memory
# control: unlimited
# expect: graded or out of memory 1

# %% q1
def relu(x):
    if x.shape == (5, 3):
        kept = np.ones((1200, 1 << 17))
        return np.maximum(x, 0)
    return np.maximum(x, 0)
