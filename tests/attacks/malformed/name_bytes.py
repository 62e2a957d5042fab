# A name that is no text in any encoding.
# stopped by: a name that is no student id is replaced
# control: own
# expect: rejected 0

import os


def make(folder, name, honest):
    (folder / os.fsdecode(b"\xff\xfe " + name.encode() + b" .ipynb")).write_bytes(honest)


def control(folder):
    try:
        next(folder.iterdir()).name.encode()
    except UnicodeEncodeError:
        return True
