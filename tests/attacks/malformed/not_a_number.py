# NaN and infinities, which are not JSON.
# stopped by: the file is read in the submission's own process, by its order of cells and their sources only
# control: own
# expect: graded 8

import json


def make(folder, name, honest):
    text = honest.decode().replace('"execution_count": null', '"execution_count": NaN', 1)
    (folder / f"{name}.ipynb").write_text(text)


def control(folder):
    import msgspec

    try:
        msgspec.json.decode(next(folder.iterdir()).read_bytes())
    except msgspec.DecodeError:
        return True
