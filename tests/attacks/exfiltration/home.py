# Reads the passwords in the grader's home.
# stopped by: no home is shown
# control: unconfined
# expect: graded 0

# %%
raise RuntimeError("GOT " + open("@HOME@/.netrc").read())
