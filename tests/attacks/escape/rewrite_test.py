# Rewrites the hidden test.
# stopped by: one folder of its own can be written in
# control: unconfined
# expect: graded 0

# %%
with open("@HIDDEN@", "a") as file:
    raise RuntimeError("GOT a hidden test to write in")
