# A header nested a million times.
# stopped by: answers are rebuilt from exact forms, or their process is no longer asked
# control: own
# expect: tampered 0

import json

from target import answering

REPLY = """def reply(sock, number, operation):
    sock.sendall(frame(b"[" * 1_000_000 + b"]" * 1_000_000))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    try:
        json.loads("[" * 1_000_000 + "]" * 1_000_000)
    except RecursionError:
        return True
