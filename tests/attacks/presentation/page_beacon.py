# A display with a picture on another host, which tells who reads it and when.
# stopped by: outputs are cleaned by nh3, and the pages may ask no other host
# control: own
# expect: graded 0

from target import displayed, displaying, obeyed, trusting

MARK = "evil.example"
PAYLOAD = '<p style="background:url(//evil.example/b.png)"><img src=\'https://evil.example/a.png\'></p>'


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(displaying("text/html", PAYLOAD))


def control(folder):
    return browsed(trusting(displayed("text/html", PAYLOAD)))


def browsed(page):
    return obeyed(page, MARK)
