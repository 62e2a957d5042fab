# A tar file in which the notebook is a pipe: whoever opens it waits for ever.
# stopped by: what is no file is passed over
# control: own
# expect: rejected 0

import stat
import tarfile


def make(folder, name, honest):
    with tarfile.open(folder / f"{name}.tar", "w") as archive:
        member = tarfile.TarInfo("target.ipynb")
        member.type = tarfile.FIFOTYPE
        archive.addfile(member)


def control(folder):
    with tarfile.open(next(folder.glob("*.tar"))) as archive:
        archive.extraction_filter = lambda member, path: member
        archive.extractall(folder)
    return stat.S_ISFIFO((folder / "target.ipynb").stat().st_mode)
