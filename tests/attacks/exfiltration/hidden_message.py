# Puts hidden inputs into the error its student reads.
# stopped by: of a hidden test's failure only the author's sentence is shown
# control: naive
# expect: graded 1

# %% q1
def relu(x):
    if x.shape == (5, 3):
        raise RuntimeError(f"GOT {x}")
    return np.maximum(x, 0)
