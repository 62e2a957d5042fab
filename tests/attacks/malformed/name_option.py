# A name that a command would take for an option.
# stopped by: a name that is no student id is replaced
# control: own
# expect: rejected 0

def make(folder, name, honest):
    (folder / f"-rf {name} .ipynb").write_bytes(honest)


def control(folder):
    return next(folder.iterdir()).name.startswith("-")
