# A name that leads out of the folder of results.
# stopped by: a name that is no student id is replaced
# control: own
# expect: rejected 0

def make(folder, name, honest):
    (folder / f"x\\..\\..\\{name} .ipynb").write_bytes(honest)


def control(folder):
    return "\\..\\" in next(folder.iterdir()).name
