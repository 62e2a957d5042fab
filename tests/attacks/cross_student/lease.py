# Leases a file that all submissions read: each would wait for the lease to be broken.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import fcntl

with open("mine", "w") as file:
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    raise RuntimeError("GOT a lease")
