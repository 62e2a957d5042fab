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
    """Put into the elements it is put into, as it is."""
    return browsed(f"<html><title>x</title><body><pre><code>{PAYLOAD}</code></pre></body></html>")


def browsed(page):
    return obeyed(page, MARK)
