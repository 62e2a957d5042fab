# A picture that is called a notebook.
# stopped by: told to its student
# control: own
# expect: rejected 0

import nbformat


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe" * 100)


def control(folder):
    try:
        nbformat.reads(next(folder.iterdir()).read_bytes().decode(), as_version=4)
    except Exception:
        return True
