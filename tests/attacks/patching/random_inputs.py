# The generator of hidden inputs is patched, so that the answer is always nought.
# stopped by: inputs are drawn in the trusted process
# control: naive
# expect: graded 0

# %% q1
np.random.randn = lambda *shape: np.zeros(shape)


def relu(x):
    return np.zeros_like(x)
