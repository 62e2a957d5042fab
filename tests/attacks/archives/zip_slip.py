# A zip file whose members go up and out of the folder they are unpacked in.
# stopped by: nothing is ever unpacked to a disk
# control: own
# expect: graded 8

import zipfile


def make(folder, name, honest):
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        archive.writestr("../../../../tmp/slipped", "x")
        archive.writestr("target.ipynb", honest)


def control(folder):
    """As whoever joins names by hand does."""
    inner = folder / "a/b/c/d"
    inner.mkdir(parents=True)
    with zipfile.ZipFile(next(folder.glob("*.zip"))) as archive:
        target = (inner / archive.namelist()[0].replace("/tmp/", "/")).resolve()
    return not target.is_relative_to(inner)
