# A zip file that becomes gigabytes when unpacked.
# stopped by: what is unpacked is counted, and bounded
# control: own
# expect: rejected 0

import zipfile


def make(folder, name, honest):
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("target.ipynb", "w") as member:
            for _ in range(200):
                member.write(bytes(1 << 20))


def control(folder):
    (path,) = folder.iterdir()
    with zipfile.ZipFile(path) as archive:
        return len(archive.read("target.ipynb")) > 1000 * path.stat().st_size // 2
