# An error that colours what follows it.
# stopped by: what a terminal would obey is taken out of all that is printed
# control: own
# expect: graded 0

import json

from target import cells_of, notebook

PAYLOAD = "\x1b[32mgraded 8/8"


def make(folder, name, honest):
    found = notebook(cells_of({"q1": f"def relu(x):\n    raise RuntimeError({PAYLOAD!r})"}, {"": f"raise RuntimeError({PAYLOAD!r})"}))
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """Printed as it is."""
    return shown(PAYLOAD)


def shown(text):
    return "\x1b" in text
