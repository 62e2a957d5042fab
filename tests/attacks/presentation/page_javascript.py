# A display of JavaScript, in the pages made of it.
# stopped by: JavaScript is no kind of output that is kept
# control: own
# expect: graded 0

import json

from target import cells_of, notebook, obeyed

MARK = "evil.example"
PAYLOAD = "fetch('//evil.example')"


def make(folder, name, honest):
    found = notebook(cells_of({}, {"": f"from IPython.display import display\ndisplay({{'application/javascript': {PAYLOAD!r}}}, raw=True)"}))
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """The same in a page as nbconvert writes it for whoever trusts the notebook."""
    from nbconvert import HTMLExporter
    from nbformat import from_dict

    cells = [{"cell_type": "code", "id": "a", "source": "", "metadata": {}, "execution_count": 1, "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"application/javascript": PAYLOAD}}]}]
    page, _ = HTMLExporter().from_notebook_node(from_dict(notebook([]) | {"cells": cells}))
    return browsed(page)


def browsed(page):
    return obeyed(page, MARK)
