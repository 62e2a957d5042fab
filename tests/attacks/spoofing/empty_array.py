# An array of no bytes and a million million rows.
# stopped by: answers are rebuilt from exact forms, or their process is no longer asked
# control: own
# expect: tampered 0

import numpy as np

from target import answering

REPLY = """def reply(sock, number, operation):
    node = True if operation == "has" else ["a", "<f8", [1 << 40, 0]]
    sock.sendall(frame([number, True, node]))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    array = np.frombuffer(b"", "<f8").reshape(1 << 40, 0)
    return len(array) == 1 << 40
