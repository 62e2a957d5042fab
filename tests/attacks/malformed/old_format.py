# A notebook of nbformat 3.
# stopped by: told to its student
# control: own
# expect: rejected 0

import json


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(json.dumps({"nbformat": 3, "worksheets": [{"cells": json.loads(honest)["cells"]}]}))


def control(folder):
    return "cells" not in json.loads(next(folder.iterdir()).read_text())
