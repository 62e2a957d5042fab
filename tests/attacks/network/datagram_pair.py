# Sends a message to a socket on the disk, as a system's log has one, from one half of a pair.
# stopped by: full: not in its file system; flat: no pairs of datagram sockets
# control: unconfined
# expect: graded 0

# %%
import socket

one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
one.sendto(b"forged", "@MAILBOX@")
raise RuntimeError("GOT a message delivered")
