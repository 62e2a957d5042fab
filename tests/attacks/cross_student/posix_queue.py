# Passes answers through a POSIX message queue.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes

librt = ctypes.CDLL("librt.so.1", use_errno=True)
if librt.mq_open(b"/answers", 0o102, 0o666, None) >= 0:
    raise RuntimeError("GOT a message queue")
