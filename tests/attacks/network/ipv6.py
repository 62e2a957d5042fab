# Tries version 6 of the protocol.
# stopped by: full: no network; flat: seccomp
# control: unconfined
# expect: graded 0

# %%
import socket

sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sock.connect(("::1", 53))
raise RuntimeError("GOT connected")
