# Connects to a socket that lies on the disk, as a container engine's does.
# stopped by: full: not in its file system; flat: no sockets but pairs
# control: unconfined
# expect: graded 0

# %%
import socket

sock = socket.socket(socket.AF_UNIX)
sock.connect("@SOCKET@")
raise RuntimeError("GOT connected")
