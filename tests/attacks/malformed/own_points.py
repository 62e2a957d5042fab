# Metadata that say a question is worth a thousand points.
# stopped by: the file is read in the submission's own process, by its order of cells and their sources only
# control: own
# expect: graded 8

import json

from nbformat.notebooknode import from_dict
from nbgrader.utils import determine_grade


def make(folder, name, honest):
    found = json.loads(honest)
    for cell in found["cells"]:
        cell["metadata"]["nbgrader"] = {
            "schema_version": 3, "grade": True, "solution": False, "locked": False, "grade_id": cell["id"], "points": 1000,
        }
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    cell = json.loads(next(folder.iterdir()).read_text())["cells"][0]
    return determine_grade(from_dict(cell))[1] == 1000
