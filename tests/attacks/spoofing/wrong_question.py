# An answer to another question.
# stopped by: answers are rebuilt from exact forms, or their process is no longer asked
# control: own
# expect: tampered 0

import json
import socket

from target import answering

REPLY = """def reply(sock, number, operation):
    sock.sendall(frame([number + 1, True, True]))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """Who takes what comes as the answer."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b'[7, true, true]')
        number, succeeded, answer = json.loads(ours.recv(100))
        return answer is True
