# Sleeps for a day.
# stopped by: wall time is limited, not processor time
# control: naive
# expect: graded or timeout 0

# %%
import time

time.sleep(86400)
