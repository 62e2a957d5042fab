# Spoils what another student handed in.
# stopped by: one folder of its own can be written in
# control: unconfined
# expect: graded 0

# %%
with open("@VICTIM@", "a") as file:
    raise RuntimeError("GOT to write another's notebook")
