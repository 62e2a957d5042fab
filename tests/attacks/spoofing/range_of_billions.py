# A range of which a test will want every number.
# stopped by: answers are rebuilt from exact forms, or their process is no longer asked
# control: own
# expect: tampered 0

import msgspec

from target import answering

REPLY = """def reply(sock, number, operation):
    node = True if operation == "has" else ["rg", 0, 10**15, 1]
    sock.sendall(frame([number, True, node]))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """A range costs its sender nothing, and its reader an hour."""
    return len(msgspec.json.encode(["rg", 0, 10**15, 1])) < 40 and len(range(0, 10**15, 1)) == 10**15
