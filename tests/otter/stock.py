"""What stock `otter run` gives, as JSON: for each notebook its questions' points and cases, and its total.

    python tests/otter/stock.py autograder.zip submissions/ada/hw.ipynb ...

A notebook is called as it calls itself, in a folder of its student: under another name otter finds no check
cell and tests all at the end.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any


def grade(autograder: Path, notebook: Path) -> dict[str, Any]:
    from otter.run import main

    with tempfile.TemporaryDirectory() as output, contextlib.redirect_stdout(io.StringIO()):
        try:
            results = main(str(notebook), autograder=str(autograder), output_dir=output, no_logo=True)
        except BaseException as error:
            return {"total": None, "error": f"{type(error).__name__}: {error}"}
        said = json.loads(Path(output, "results.json").read_text())
    questions = {
        Path(found.path).stem: {
            "points": found.score,
            "possible": found.possible,
            "cases": [case.passed for case in found.test_case_results],
        }
        for found in results.results.values()
    }
    return {"total": said.get("score", results.total), "questions": questions}


def main() -> None:
    warnings.simplefilter("ignore")
    autograder, *notebooks = map(Path, sys.argv[1:])
    found = {notebook.parent.name: grade(autograder, notebook) for notebook in notebooks}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
