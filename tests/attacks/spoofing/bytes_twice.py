# One array whose bytes are used a thousand times.
# stopped by: answers are rebuilt from exact forms, or their process is no longer asked
# control: own
# expect: tampered 0

import numpy as np

from target import answering

REPLY = """def reply(sock, number, operation):
    node = True if operation == "has" else ["l", [["a", "|u1", [1000]]] * 1000]
    sock.sendall(frame([number, True, node], b"x" * 1000))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """A reader that lets arrays name their place in the body."""
    body = bytes(1000)
    return sum(np.frombuffer(body, "u1").copy().nbytes for _ in range(1000)) == 1000 * len(body)
