# A zip file whose members share their bytes, so that its size says nothing.
# stopped by: one member is read, and counted
# control: own
# expect: graded 8

import io
import zipfile


def make(folder, name, honest):
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("target.ipynb", honest)
        for number in range(300):
            archive.writestr(f"more/{number}.bin", bytes(1 << 20))


def control(folder):
    (path,) = folder.iterdir()
    with zipfile.ZipFile(path) as archive:
        return sum(len(archive.read(name)) for name in archive.namelist()) > 300 << 20
