# Changes the flags of a file's inode, which takes no more than having it open for reading.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import array
import errno
import fcntl

open("mine", "w").close()
refused = 0
with open("mine") as file:
    for request in (0x40086602, 0x401C5820, 0x40806685):
        try:
            fcntl.ioctl(file, request, array.array("q", [0x40] + [0] * 31))
        except OSError as error:
            refused += error.errno == errno.EPERM
if refused < 3:
    raise RuntimeError("GOT at flags of an inode")
