# The notebook of something else.
# stopped by: told to its student
# control: own
# expect: rejected 0

import json


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": "1 + 1"}]}))


def control(folder):
    """To most graders it is a notebook with no points."""
    return len(json.loads(next(folder.iterdir()).read_text())["cells"]) == 1
