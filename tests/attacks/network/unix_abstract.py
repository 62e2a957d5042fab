# Connects to a socket that has a name and no place on the disk.
# stopped by: full: a network of its own, without it; flat: no sockets but pairs
# control: unconfined
# expect: graded 0

# %%
import socket

sock = socket.socket(socket.AF_UNIX)
sock.connect("\0@ABSTRACT@")
raise RuntimeError("GOT connected")
