# An error whose text has a hundred million characters.
# stopped by: what is shown of an error is cut
# control: naive
# expect: graded or output limit 0

# %%
raise RuntimeError("x" * 100_000_000 + "GOT all of it")
