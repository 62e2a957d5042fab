# What the test computes the right answer with is the student's.
# stopped by: right answers are computed in the trusted process
# control: naive
# expect: graded 0

# %% q1
np.maximum = lambda x, floor: x


def relu(x):
    return x
