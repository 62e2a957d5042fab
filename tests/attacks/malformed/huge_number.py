# A number of a million digits, which takes Python minutes to read.
# stopped by: the file is read in the submission's own process, by its order of cells and their sources only
# control: own
# expect: graded 8

import json


def make(folder, name, honest):
    text = honest.decode().replace('"execution_count": null', '"execution_count": ' + "9" * 1_000_000, 1)
    (folder / f"{name}.ipynb").write_text(text)


def control(folder):
    try:
        json.loads(next(folder.iterdir()).read_text())
    except ValueError:
        return True
