# A zip file with the same name twice, which programs read differently.
# stopped by: told to its student
# control: own
# expect: rejected 0

import warnings
import zipfile


def make(folder, name, honest):
    with warnings.catch_warnings(), zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("target.ipynb", "{}")
        archive.writestr("target.ipynb", honest)


def control(folder):
    with zipfile.ZipFile(next(folder.glob("*.zip"))) as archive:
        first, last = archive.infolist()
        return archive.open(first).read() != archive.read("target.ipynb")
