# A list that grows for ever.
# stopped by: the limit on memory
# control: unlimited
# expect: graded or out of memory 0

# %%
kept = []
for _ in range(1200):
    kept.append(bytearray(1 << 20))
raise RuntimeError("GOT more than a gigabyte")
