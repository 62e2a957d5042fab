# Prints without end.
# stopped by: the limit on output
# control: naive
# expect: output limit or timeout 0

# %%
for _ in range(40_000):
    print("x" * 1000)
