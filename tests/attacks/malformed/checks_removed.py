# All check cells removed.
# stopped by: a question without its check cell is tested where its answer ends
# control: own
# expect: graded 8

import json


def make(folder, name, honest):
    found = json.loads(honest)
    found["cells"] = [cell for cell in found["cells"] if not cell["source"].startswith("grader.check")]
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    return "grader.check" not in next(folder.iterdir()).read_text()
