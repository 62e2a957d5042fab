# A check of a question there is not, worth whatever it says.
# stopped by: the file is read in the submission's own process, by its order of cells and their sources only
# control: own
# expect: graded 8

import json


def make(folder, name, honest):
    found = json.loads(honest)
    found["cells"].append({"cell_type": "code", "source": 'grader.check("q99")', "metadata": {"points": 1000}})
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    return "q99" in next(folder.iterdir()).read_text()
