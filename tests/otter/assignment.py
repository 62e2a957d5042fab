"""A master notebook of `otter assign`, with every form of block and mark; files beside it.

python tests/otter/assignment.py FOLDER    writes FOLDER/lab.ipynb and FOLDER/points.csv
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from made import code, text


def raw(source: str) -> dict[str, Any]:
    return {"cell_type": "raw", "metadata": {}, "source": source}


def shown(source: str, output: str) -> dict[str, Any]:
    made = code(source)
    data = {"text/plain": [output]}
    made["outputs"] = [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}]
    return made


CONFIG = """# ASSIGNMENT CONFIG
name: lab
requirements: [numpy]
files: [points.csv]
export_cell: {pdf: false}
generate: {seed: 42, show_hidden: true}
tests: {ok_format: %s}
"""

QUESTIONS = [
    text("# A lab\n\nAn introduction."),
    code("import csv"),
    raw("# BEGIN QUESTION\nname: q1\npoints: 3\n"),
    text("**Question 1.** Square, and a list of squares."),
    raw("# BEGIN SOLUTION"),
    code(
        "def square(x):\n    y = x * x  # SOLUTION NO PROMPT\n    return y  # SOLUTION\n\n"
        "nine = square(3)  # SOLUTION\n"
        "squares = [square(n) for n in range(4)]  # SOLUTION\ngiven = 'seen by all'\n# leave this # IGNORE"
    ),
    raw("# END SOLUTION"),
    raw("# BEGIN TESTS"),
    "q1 public",
    "q1 hidden",
    raw("# END TESTS"),
    raw("# END QUESTION"),
    text("```otter\n# BEGIN QUESTION\nname: q2.1\npoints: [1, 0.5]\nall_or_nothing: true\n```"),
    text("**Question 2.** Read `points.csv`."),
    text("```otter\n# BEGIN PROMPT\n```"),
    code("rows = ..."),
    text("```otter\n# END PROMPT\n```"),
    text("```otter\n# BEGIN SOLUTION\n```"),
    code(
        "# BEGIN SOLUTION NO PROMPT\nwith open('points.csv') as file:\n    rows = [int(row[0]) for row in csv.reader(file)]\n# END SOLUTION"
    ),
    code('""" # BEGIN PROMPT\ntotal = ...\n""" # END PROMPT\ntotal = sum(rows)  # SOLUTION NO PROMPT'),
    text("```otter\n# END SOLUTION\n```"),
    text("```otter\n# BEGIN TESTS\n```"),
    "q2 public",
    "q2 hidden",
    text("```otter\n# END TESTS\n```"),
    text("```otter\n# END QUESTION\n```"),
    raw("# BEGIN QUESTION\nname: q3\nmanual: true\npoints: 2"),
    text("**Question 3.** Why?"),
    raw("# BEGIN SOLUTION"),
    text("Because it is so, and for no other reason."),
    raw("# END SOLUTION"),
    raw("# END QUESTION"),
    code("## IGNORE ##\nprint('for the author alone')"),
    raw("# BEGIN QUESTION\nname: q4\nmanual: true\npoints: 1"),
    text("**Question 4.** Draw it."),
    raw("# BEGIN SOLUTION"),
    code("# BEGIN SOLUTION\npicture = [rows, squares, 'a picture of both']\n# END SOLUTION"),
    raw("# END SOLUTION"),
    raw("# END QUESTION"),
]

OK = {
    "q1 public": shown("square(4)", "16"),
    "q1 hidden": shown("# HIDDEN\nsquares + [nine]", "[0, 1, 4, 9, 9]"),
    "q2 public": shown(
        '""" # BEGIN TEST CONFIG\nfailure_message: Look at total.\n""" # END TEST CONFIG\ntotal', "12"
    ),
    "q2 hidden": shown(
        '""" # BEGIN TEST CONFIG\nhidden: true\n""" # END TEST CONFIG\nrows == [3, 4, 5]', "True"
    ),
}
EXCEPTIONS = {
    "q1 public": code("def test(square):\n    assert square(4) == 16\ntest(square)"),
    "q1 hidden": code(
        "# HIDDEN\ndef test(squares, nine):\n    assert squares + [nine] == [0, 1, 4, 9, 9]\ntest(squares, nine)"
    ),
    "q2 public": code(
        '""" # BEGIN TEST CONFIG\nfailure_message: "Look at \\"total\\"."\n""" # END TEST CONFIG\ndef test(total):\n    assert total == 12\ntest(total)'
    ),
    "q2 hidden": code("# HIDDEN\ndef test(rows):\n    assert rows == [3, 4, 5]\ntest(rows)"),
}


def write(folder: Path, *, ok_format: bool = True) -> Path:
    tests = OK if ok_format else EXCEPTIONS
    cells = [
        raw(CONFIG % str(ok_format).lower()),
        *(tests.get(c, c) if isinstance(c, str) else c for c in QUESTIONS),
    ]
    numbered = [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    (folder / "points.csv").write_text("3\n4\n5\n")
    path = folder / "lab.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": numbered}))
    return path


if __name__ == "__main__":
    write(Path(sys.argv[1]))
