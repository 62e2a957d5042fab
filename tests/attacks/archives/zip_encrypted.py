# A zip file behind a password.
# stopped by: told to its student
# control: own
# expect: rejected 0

import struct
import zipfile


def make(folder, name, honest):
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("target.ipynb", honest)
    data = bytearray(path.read_bytes())
    for magic, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.index(magic) + place
        struct.pack_into("<H", data, at, 1)
    path.write_bytes(data)


def control(folder):
    """zipfile raises RuntimeError, which readers of zip files do not expect."""
    try:
        zipfile.ZipFile(next(folder.glob("*.zip"))).read("target.ipynb")
    except RuntimeError:
        return True
