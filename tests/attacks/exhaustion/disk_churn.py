# Fills the disk while other files come and go, so that whoever measures stumbles.
# stopped by: its own small file system (full), a folder is measured past what vanishes (flat)
# control: unlimited
# expect: graded or crashed 0

# %%
import os
import threading
import time


def churn():
    while True:
        for number in range(20):
            open(f"a{number}", "w").close()
        for number in range(20):
            os.unlink(f"a{number}")


threading.Thread(target=churn, daemon=True).start()
for number in range(10):
    with open(f"z{number}", "wb") as file:
        file.write(bytes(10 << 20))
time.sleep(2.5)
raise RuntimeError("GOT 100 MB in ten files")
