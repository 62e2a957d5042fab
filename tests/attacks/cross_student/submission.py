# Reads what another student handed in.
# stopped by: only Python and the system are shown
# control: unconfined
# expect: graded 0

# %%
raise RuntimeError("GOT " + open("@VICTIM@").read()[:200])
