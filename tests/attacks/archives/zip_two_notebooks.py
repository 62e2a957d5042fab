# A zip file with two notebooks, so that the better one may be chosen.
# stopped by: told to its student
# control: own
# expect: rejected 0

import zipfile


def make(folder, name, honest):
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        archive.writestr("first.ipynb", honest)
        archive.writestr("second.ipynb", honest)


def control(folder):
    """Whoever takes the first takes what the order of names decides."""
    with zipfile.ZipFile(next(folder.glob("*.zip"))) as archive:
        return len([name for name in archive.namelist() if name.endswith(".ipynb")]) > 1
