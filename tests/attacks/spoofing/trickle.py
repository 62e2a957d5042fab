# One byte of an answer at a time, so that no single wait is long.
# stopped by: a case has a deadline, over all its reads
# control: own
# expect: timeout 0

import socket
import threading
import time

from target import answering

REPLY = """def reply(sock, number, operation):
    for byte in frame([number, True, "x" * 1000]):
        sock.sendall(bytes([byte]))
        time.sleep(0.2)
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """A limit on each read is never reached."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.3)
        thread = threading.Thread(target=lambda: [(time.sleep(0.1), theirs.sendall(b"x")) for _ in range(10)])
        thread.start()
        started = time.perf_counter()
        got = b"".join(ours.recv(1) for _ in range(10))
        thread.join()
        return len(got) == 10 and time.perf_counter() - started > 3 * 0.3
