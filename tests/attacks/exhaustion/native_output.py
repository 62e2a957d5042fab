# Writes to the terminal past Python.
# stopped by: the limit on output
# control: naive
# expect: output limit or timeout 0

# %%
import os

for _ in range(4000):
    os.write(1, b"x" * 10_000)
