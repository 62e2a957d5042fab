# A zip file with a broken middle.
# stopped by: told to its student
# control: own
# expect: rejected 0

import zipfile
import zlib


def make(folder, name, honest):
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("target.ipynb", honest)
    data = bytearray(path.read_bytes())
    data[60:200] = bytes(140)
    path.write_bytes(data)


def control(folder):
    try:
        zipfile.ZipFile(next(folder.glob("*.zip"))).read("target.ipynb")
    except (zlib.error, zipfile.BadZipFile):
        return True
