# Watches a folder it may not list, and hears the names of what comes and goes there.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
watch = libc.inotify_add_watch(libc.inotify_init1(0), b"@STATE@", 0xFFF)
if watch >= 0:
    raise RuntimeError("GOT a watch on the results")
