# Opens a socket of the kernel's crypto, which has had its holes.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import socket

socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
raise RuntimeError("GOT a socket of the kernel's crypto")
