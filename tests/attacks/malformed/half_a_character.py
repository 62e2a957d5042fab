# Half of a character that needs two, which no file can hold.
# stopped by: the file is read in the submission's own process, by its order of cells and their sources only
# control: own
# expect: graded 8

import json


def make(folder, name, honest):
    found = json.loads(honest)
    found["cells"][1]["source"] += "\n# \ud800"
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    source = json.loads(next(folder.iterdir()).read_text())["cells"][1]["source"]
    try:
        source.encode()
    except UnicodeEncodeError:
        return True
