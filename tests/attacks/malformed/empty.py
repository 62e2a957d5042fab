# An empty file.
# stopped by: told to its student
# control: own
# expect: rejected 0

import nbformat


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_bytes(b"")


def control(folder):
    try:
        nbformat.reads(next(folder.iterdir()).read_bytes().decode(), as_version=4)
    except Exception:
        return True
