# Truth values that count double when they are summed.
# stopped by: answers are rebuilt from exact forms, or their process is no longer asked
# control: own
# expect: tampered 0

import numpy as np

from target import answering

REPLY = """def reply(sock, number, operation):
    node = True if operation == "has" else ["a", "|b1", [4]]
    sock.sendall(frame([number, True, node], b"" if node is True else bytes([2]) * 4))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """As numpy takes them."""
    return int(np.frombuffer(bytes([2]) * 200, bool).view(np.uint8).sum()) == 400 and bool(np.frombuffer(bytes([2]), bool)[0])
