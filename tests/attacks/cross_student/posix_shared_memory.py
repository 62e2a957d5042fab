# Passes answers through /dev/shm.
# stopped by: /dev/shm is its own (full), or cannot be written (flat)
# control: naive
# expect: graded 0

# %%
from multiprocessing import resource_tracker, shared_memory

resource_tracker.register = resource_tracker.unregister = lambda *rest: None
try:
    shared_memory.SharedMemory("answers")
    raise RuntimeError("GOT what was left")
except FileNotFoundError:
    pass
import os

if os.fork() == 0:
    try:
        os.setsid()
        block = shared_memory.SharedMemory("answers", create=True, size=64)
        while True:
            pass
    finally:
        os._exit(0)
