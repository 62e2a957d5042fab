# A tar file whose members go up and out of the folder they are unpacked in.
# stopped by: nothing is ever unpacked to a disk
# control: own
# expect: graded 8

import io
import tarfile


def make(folder, name, honest):
    with tarfile.open(folder / f"{name}.tar", "w") as archive:
        for path, data in (("../slipped", b"x"), ("target.ipynb", honest)):
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def control(folder):
    inner = folder / "inner"
    inner.mkdir()
    with tarfile.open(next(folder.glob("*.tar"))) as archive:
        archive.extraction_filter = lambda member, path: member
        archive.extractall(inner)
    return (folder / "slipped").exists()
