# A picture whose failure to load is a script.
# stopped by: nh3 leaves plain formatting only
# control: own
# expect: graded 0

import json

from graders.untrusted import for_html
from target import cells_of, notebook

PAYLOAD = "<img src=x onerror=alert(1)>"


def make(folder, name, honest):
    found = notebook(cells_of({}, {"": f"raise RuntimeError({PAYLOAD!r})"}))
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """Put into a page or a table as it is."""
    return harmful(PAYLOAD)


def harmful(text):
    return "onerror" in text


def shown(text):
    """What was printed, once more on its way into a page or a table."""
    return any(harmful(for_html(line)) for line in [PAYLOAD, *text.splitlines()])
