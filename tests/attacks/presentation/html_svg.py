# A drawing that runs a script.
# stopped by: nh3 leaves plain formatting only
# control: own
# expect: graded 0

import json

from graders.untrusted import for_html
from target import cells_of, notebook

PAYLOAD = "<svg onload=alert(1)><script>1</script></svg>"


def make(folder, name, honest):
    found = notebook(cells_of({}, {"": f"raise RuntimeError({PAYLOAD!r})"}))
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """Put into a page or a table as it is."""
    return harmful(PAYLOAD)


def harmful(text):
    return "<svg" in text


def shown(text):
    """What was printed, once more on its way into a page or a table."""
    return any(harmful(for_html(line)) for line in [PAYLOAD, *text.splitlines()])
