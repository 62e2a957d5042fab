# Memory hidden as files of a file system in memory.
# stopped by: the file system's size (full), or there is none to write in (flat)
# control: unlimited
# expect: graded 0

# %%
for number in range(10):
    with open(f"/dev/shm/{number}", "wb") as file:
        file.write(bytes(10 << 20))
raise RuntimeError("GOT 100 MB")
