# One huge tensor.
# stopped by: the limit on memory
# control: unlimited
# expect: graded or out of memory 0

# %%
kept = torch.ones(1200, 1 << 18)
raise RuntimeError("GOT more than a gigabyte")
