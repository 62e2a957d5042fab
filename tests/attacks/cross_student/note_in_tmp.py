# Finds what another submission left in /tmp.
# stopped by: /tmp is its own (full), or cannot be read or written (flat)
# control: unconfined
# expect: graded 0

# %%
import os
import tempfile

for place in ("/tmp", "/var/tmp", "/dev/shm"):
    if [name for name in os.listdir(place) if name.startswith(("arena", "sorcery"))]:
        raise RuntimeError(f"GOT {os.listdir(place)}")
