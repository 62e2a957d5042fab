# Asks the kernel which networks there are.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import socket

socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
raise RuntimeError("GOT a netlink socket")
