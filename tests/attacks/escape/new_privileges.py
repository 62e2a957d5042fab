# Counts on programs that run as root whoever starts them.
# stopped by: no_new_privs
# control: unconfined
# expect: graded 0

# %%
if "NoNewPrivs:\t1" not in open("/proc/self/status").read():
    raise RuntimeError("GOT a way to new privileges")
