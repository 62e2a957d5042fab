# A display with a picture on another host, which tells who reads it and when.
# stopped by: outputs are cleaned by nh3, and the pages may ask no other host
# control: own
# expect: graded 0

import json

from target import cells_of, notebook, obeyed

MARK = "evil.example"
PAYLOAD = '<p style="background:url(//evil.example/b.png)"><img src=\'https://evil.example/a.png\'></p>'


def make(folder, name, honest):
    found = notebook(cells_of({}, {"": f"from IPython.display import display\ndisplay({{'text/html': {PAYLOAD!r}}}, raw=True)"}))
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
