# A cell whose source is a number.
# stopped by: told to its student
# control: own
# expect: rejected 0

import json

import nbformat


def make(folder, name, honest):
    found = json.loads(honest)
    found["cells"][3]["source"] = 5
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """nbformat takes it."""
    return type(nbformat.reads(next(folder.iterdir()).read_text(), as_version=4).cells[3].source) is not str
