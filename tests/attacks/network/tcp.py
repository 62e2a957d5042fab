# Connects to a server on this machine.
# stopped by: full: no network; flat: seccomp
# control: unconfined
# expect: graded 0

# %%
import socket

socket.create_connection(("127.0.0.1", @PORT@), 2)
raise RuntimeError("GOT connected")
