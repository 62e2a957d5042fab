# A notebook that has its cells twice: programs differ in which they read.
# stopped by: told to its student
# control: own
# expect: rejected 0

import json


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(honest.decode()[:-1] + ', "cells": []}')


def control(folder):
    text = next(folder.iterdir()).read_text()
    first = json.loads(text, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    return json.loads(text)["cells"] != first["cells"]
