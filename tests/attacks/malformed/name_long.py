# A name as long as a file system allows.
# stopped by: a name that is no student id is replaced
# control: own
# expect: rejected 0

def make(folder, name, honest):
    (folder / f"{name} {'x' * (248 - len(name))}.ipynb").write_bytes(honest)


def control(folder):
    """No room for the .json of a result and what a temporary file needs."""
    return len(next(folder.iterdir()).name) > 250
