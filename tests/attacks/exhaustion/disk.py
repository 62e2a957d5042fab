# Fills the disk.
# stopped by: its own small file system (full), the limit on a file's size (both)
# control: unlimited
# expect: graded or crashed 0

# %%
with open("big", "wb") as file:
    for _ in range(40):
        file.write(bytes(1 << 20))
raise RuntimeError("GOT 40 MB in one file")
