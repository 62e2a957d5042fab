# Answers to all questions at once, before they are asked.
# stopped by: an answer is a value and is tested as one, whenever it was made
# control: own
# expect: graded or tampered 0

import socket

from target import answering

REPLY = """def reply(sock, number, operation):
    for ahead in range(1000):
        sock.sendall(frame([number + ahead, True, True if ahead == 0 else 20]))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """Numbers alone do not tell that an answer came before its question, so nothing may hang on that:
    here they are even right, and the values are what the process would have answered anyway."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"[1][2]")
        return ours.recv(3) == b"[1]" and ours.recv(3) == b"[2]"
