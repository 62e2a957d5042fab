# Reads the solution as text.
# stopped by: only Python and the system are shown
# control: unconfined
# expect: graded 0

# %%
text = open("@SOLUTION@").read()
raise RuntimeError("GOT " + text[-40:])
