# Every check cell five hundred times.
# stopped by: a question is tested where it is checked last
# control: own
# expect: graded or timeout 8

import json


def make(folder, name, honest):
    found = json.loads(honest)
    found["cells"] = [cell for cell in found["cells"] for _ in range(500 if "grader.check" in cell["source"] else 1)]
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """A grader that sums what every check cell gives."""
    return next(folder.iterdir()).read_text().count("grader.check") * 2 > 1000
