# A notebook with a byte-order mark, as some editors leave.
# stopped by: the file is read in the submission's own process, by its order of cells and their sources only
# control: own
# expect: graded 8

import nbformat


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_bytes(b"\xef\xbb\xbf" + honest)


def control(folder):
    try:
        nbformat.reads(next(folder.iterdir()).read_bytes().decode(), as_version=4)
    except Exception:
        return True
