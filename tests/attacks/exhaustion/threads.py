# More threads than it may have.
# stopped by: the limit on processes, which counts threads; or what that many do to a test
# control: unlimited
# expect: graded or crashed 0

# %%
import threading
import time

for _ in range(400):
    threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
raise RuntimeError("GOT 400 threads")
