# A frame that says it has four gigabytes.
# stopped by: lengths are checked before anything is allocated
# control: own
# expect: tampered 0

import struct

from target import answering

REPLY = """def reply(sock, number, operation):
    sock.sendall(struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF) + b"x" * 100)
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """A reader that believes it makes room for it."""
    header, _ = struct.unpack("<II", struct.pack("<II", 0xFFFFFFFF, 0))
    return len(bytearray(header)) == (1 << 32) - 1
