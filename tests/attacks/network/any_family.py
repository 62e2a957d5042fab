# Tries every kind of socket there is, of the kernel's crypto or its packets too, which have had their holes.
# stopped by: seccomp
# control: unconfined
# expect: graded 0

# %%
import contextlib
import itertools
import socket

for family, kind in itertools.product(range(64), range(1, 7)):
    if family != socket.AF_UNIX:
        with contextlib.suppress(OSError):
            socket.socket(family, kind).close()
            raise RuntimeError(f"GOT a socket of family {family}")
