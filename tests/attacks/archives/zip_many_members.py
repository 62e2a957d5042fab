# A zip file with more members than anyone would read the names of.
# stopped by: the number of members is bounded
# control: own
# expect: rejected 0

import zipfile


def make(folder, name, honest):
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}.ipynb", "{}")


def control(folder):
    (path,) = folder.iterdir()
    return len(zipfile.ZipFile(path).namelist()) == 20_000
