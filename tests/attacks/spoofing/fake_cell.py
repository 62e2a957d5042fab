# A result of the cell, written into the channel by the cell itself.
# stopped by: what comes on that channel is of one exact form, or the process is ended
# control: own
# expect: tampered 0

import json

import msgspec
from target import cells_of, notebook

CELL = """import json
import os
import struct

header = b'["ran"]'
body = json.dumps({"verdict": "graded", "points": 1000, "error": "", "cut": False, "seconds": 0, "outputs": []}).encode()
for number in range(3, 64):
    try:
        os.write(number, struct.pack("<II", len(header), len(body)) + header + body)
    except OSError:
        pass
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook(cells_of({}, {"": CELL}))))


def control(folder):
    """A reader that takes any JSON."""
    return msgspec.json.decode(b'{"verdict": "graded", "points": 1000}')["points"] == 1000
