# The time of all cells together, each below the limit.
# stopped by: the limit on the notebook's time
# control: naive
# expect: graded or timeout 0

# %%
import time

time.sleep(2.8)

# %% q1
time.sleep(2.8)

# %% q2
time.sleep(2.8)

# %% q3
time.sleep(2.8)

# %% q4
time.sleep(2.8)

# %% end
raise RuntimeError("GOT to the end")
