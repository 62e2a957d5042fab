# Waits for someone to come in.
# stopped by: full: nobody is on its network; flat: seccomp
# control: naive
# expect: graded 0

# %%
import os
import socket

sock = socket.socket()
sock.bind(("0.0.0.0", 0))
sock.listen()
if os.listdir("/sys/class/net") != ["lo"]:
    raise RuntimeError("GOT listening")
