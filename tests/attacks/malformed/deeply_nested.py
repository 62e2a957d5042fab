# A notebook whose metadata are nested a hundred thousand times.
# stopped by: told to its student
# control: own
# expect: rejected 0

import json


def make(folder, name, honest):
    text = honest.decode().replace('"metadata": {}, "cells"', '"metadata": ' + "[" * 100_000 + "]" * 100_000 + ', "cells"')
    (folder / f"{name}.ipynb").write_text(text)


def control(folder):
    try:
        json.loads(next(folder.iterdir()).read_text())
    except RecursionError:
        return True
