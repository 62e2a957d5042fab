# Two hundred thousand cells.
# stopped by: told to its student
# control: own
# expect: rejected 0

import json
import time

import nbformat


def make(folder, name, honest):
    found = json.loads(honest)
    found["cells"] += [{"cell_type": "markdown", "metadata": {}, "source": ""}] * 200_000
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    started = time.perf_counter()
    nbformat.reads(next(folder.iterdir()).read_text(), as_version=4)
    return time.perf_counter() - started > 1
