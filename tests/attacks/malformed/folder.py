# A folder that is called a notebook.
# stopped by: a folder stands for the student whose name it has
# control: own
# expect: graded 8

def make(folder, name, honest):
    (folder / f"{name}.ipynb").mkdir()
    (folder / f"{name}.ipynb" / "target.ipynb").write_bytes(honest)


def control(folder):
    try:
        next(folder.iterdir()).read_bytes()
    except IsADirectoryError:
        return True
