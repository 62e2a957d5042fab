# Threads so small that a thousand of them fit into its memory.
# stopped by: threads count as processes, for the kernel (full) or for the keeper (flat)
# control: unlimited
# expect: graded or crashed 0

# %%
import threading
import time

threading.stack_size(32768)
for _ in range(1000):
    threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
time.sleep(1)
raise RuntimeError("GOT 1,000 threads")
