# Reads the hidden tests from where they lie.
# stopped by: only Python and the system are shown (full: not in its file system; flat: landlock)
# control: unconfined
# expect: graded 0

# %%
raise RuntimeError("GOT " + open("@HIDDEN@").read())
