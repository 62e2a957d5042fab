# Cells that all have the same id.
# stopped by: the file is read in the submission's own process, by its order of cells and their sources only
# control: own
# expect: graded 8

import json


def make(folder, name, honest):
    found = json.loads(honest)
    for cell in found["cells"]:
        cell["id"] = "q1-1"
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """Whoever keeps cells by their ids loses all but one."""
    cells = json.loads(next(folder.iterdir()).read_text())["cells"]
    return len({cell["id"]: cell for cell in cells}) == 1
