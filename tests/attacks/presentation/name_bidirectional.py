# A file name that runs the other way.
# stopped by: what a terminal would obey is taken out of all that is printed
# control: own
# expect: rejected 0

PAYLOAD = "\u202egpj"


def make(folder, name, honest):
    (folder / f"{name} {PAYLOAD} .ipynb").write_bytes(honest)


def control(folder):
    """Printed as it is."""
    return shown(next(folder.iterdir()).name)


def shown(text):
    return "\u202e" in text
