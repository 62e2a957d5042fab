# A line end that begins a new row.
# stopped by: fields that a spreadsheet would run are quoted
# control: own
# expect: graded 0

import json

from graders.untrusted import for_csv
from target import cells_of, notebook

PAYLOAD = "x\n=1+1"


def make(folder, name, honest):
    found = notebook(cells_of({}, {"": f"raise RuntimeError({PAYLOAD!r})"}))
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """Put into a page or a table as it is."""
    return harmful(PAYLOAD)


def harmful(text):
    return "\n" in text


def shown(text):
    """What was printed, once more on its way into a page or a table."""
    return any(harmful(for_csv(line)) for line in [PAYLOAD, *text.splitlines()])
