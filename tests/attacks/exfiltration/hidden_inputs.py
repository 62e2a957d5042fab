# Keeps the inputs of a hidden test for the next question to show.
# stopped by: cells are over before a test runs, and public cases before hidden ones
# control: naive
# expect: graded 2

# %%
import os

seen = os.path.abspath("seen-inputs")


# %% q1
def relu(x):
    if x.shape == (5, 3):
        open(seen, "w").write(str(x))
    return np.maximum(x, 0)


# %% q2
if os.path.exists(seen):
    text = open(seen).read()
    os.unlink(seen)
    raise RuntimeError("GOT " + text)


def model(x):
    raise RuntimeError("GOT " + open(seen).read())
