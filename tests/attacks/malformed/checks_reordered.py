# The questions in the opposite order.
# stopped by: a question is found by its check cell, wherever that is
# control: own
# expect: graded 8

import json


def make(folder, name, honest):
    found = json.loads(honest)
    start, *rest = found["cells"]
    pairs = [rest[at : at + 2] for at in range(0, len(rest), 2)]
    pairs[3][0]["source"] = "summary = {'parameters': 3, 'optimizer': 'adam'}"
    found["cells"] = [start, *(cell for pair in reversed(pairs) for cell in pair)]
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """A grader that counts cells."""
    cells = json.loads(next(folder.iterdir()).read_text())["cells"]
    return "q1" not in cells[2]["source"]
