# Sends a datagram, as a look-up of a name would.
# stopped by: full: no network; flat: seccomp
# control: unconfined
# expect: graded 0

# %%
import socket

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect(("127.0.0.1", 53))
sock.send(b"hidden inputs")
raise RuntimeError("GOT sent")
