# A name of several lines, with a line that looks like a result.
# stopped by: a name that is no student id is replaced, and paths are printed on one line
# control: own
# expect: rejected 0

def make(folder, name, honest):
    (folder / f"x\n {name} \neve  graded  8.ipynb").write_bytes(honest)


def control(folder):
    return "\n" in next(folder.iterdir()).name
