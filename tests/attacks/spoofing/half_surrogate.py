# An error whose text is half a character, which no file can hold.
# stopped by: texts are made storable where a result is made
# control: own
# expect: graded 0

import json

import msgspec

from target import cells_of, notebook

ERRS = 'def relu(x):\n    raise ValueError("\\ud800")'


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook(cells_of({"q1": ERRS}))))


def control(folder):
    """As it would be written down."""
    try:
        msgspec.json.encode({"message": "\ud800"})
    except UnicodeEncodeError:
        return True
