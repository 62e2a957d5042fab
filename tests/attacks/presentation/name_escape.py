# A file name that clears the screen.
# stopped by: what a terminal would obey is taken out of all that is printed
# control: own
# expect: rejected 0

PAYLOAD = "\x1b[2J"


def make(folder, name, honest):
    (folder / f"{name} {PAYLOAD} .ipynb").write_bytes(honest)


def control(folder):
    """Printed as it is."""
    return shown(next(folder.iterdir()).name)


def shown(text):
    return "\x1b" in text
