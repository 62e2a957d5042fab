# All metadata and ids lost, as when cells are copied to a new notebook.
# stopped by: the file is read in the submission's own process, by its order of cells and their sources only
# control: own
# expect: graded 8

import json

from nbgrader.utils import is_grade
from nbformat.notebooknode import from_dict


def make(folder, name, honest):
    found = json.loads(honest)
    for cell in found["cells"]:
        for field in ("id", "metadata", "outputs", "execution_count"):
            del cell[field]
    del found["metadata"], found["nbformat_minor"]
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """nbgrader knows graded cells by their metadata, and finds none."""
    cells = json.loads(next(folder.iterdir()).read_text())["cells"]
    return not any(is_grade(from_dict({"metadata": {}, **cell})) for cell in cells)
