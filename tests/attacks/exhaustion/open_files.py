# Opens files without closing them.
# stopped by: the limit on open files
# control: unlimited
# expect: graded 0

# %%
kept = [open("/dev/null") for _ in range(1000)]
raise RuntimeError("GOT 1000 open files")
