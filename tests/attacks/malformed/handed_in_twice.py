# Two notebooks of one student, of which the better may be taken.
# stopped by: told to its student
# control: own
# expect: rejected 0

def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_bytes(honest)
    (folder / name).mkdir()
    (folder / name / "target.ipynb").write_bytes(honest)


def control(folder):
    return len(list(folder.rglob("*.ipynb"))) == 2
