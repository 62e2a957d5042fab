# A tar file whose notebook is a second name for a member that is not there.
# stopped by: links in an archive are passed over
# control: own
# expect: rejected 0

import tarfile


def make(folder, name, honest):
    with tarfile.open(folder / f"{name}.tar", "w") as archive:
        member = tarfile.TarInfo("target.ipynb")
        member.type, member.linkname = tarfile.LNKTYPE, "../../../etc/hostname"
        archive.addfile(member)


def control(folder):
    """tarfile goes looking for it, and fails in a way its callers do not expect."""
    with tarfile.open(next(folder.glob("*.tar"))) as archive:
        try:
            archive.extractfile("target.ipynb").read()
        except (KeyError, AttributeError, OSError):
            return True
