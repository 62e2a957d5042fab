# Leaves answers where another submission may find them.
# stopped by: /tmp is its own (full), or cannot be written (flat)
# control: naive
# expect: graded 0

# %%
import os

if os.path.exists("@HOME@/left-over"):
    raise RuntimeError("GOT a note of a submission before")

# %% end
import os

if os.fork() == 0:
    try:
        os.setsid()
        open("@HOME@/left-over", "w").write("np.maximum(x, 0)")
        while True:
            pass
    finally:
        os._exit(0)
