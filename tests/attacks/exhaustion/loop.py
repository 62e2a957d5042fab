# A loop without end.
# stopped by: the limit on a cell's time
# control: naive
# expect: graded or timeout 0

# %%
while True:
    pass
