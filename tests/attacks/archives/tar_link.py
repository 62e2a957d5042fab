# A tar file in which the notebook is a link to a file of the machine.
# stopped by: links in an archive are passed over
# control: own
# expect: rejected 0

import tarfile


def make(folder, name, honest):
    with tarfile.open(folder / f"{name}.tar", "w") as archive:
        member = tarfile.TarInfo("target.ipynb")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)


def control(folder):
    with tarfile.open(next(folder.glob("*.tar"))) as archive:
        archive.extraction_filter = lambda member, path: member
        archive.extractall(folder)
    return "root" in (folder / "target.ipynb").read_text()
