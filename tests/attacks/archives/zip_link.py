# A zip file in which the notebook is a link to the hidden tests.
# stopped by: links in an archive are passed over
# control: own
# expect: rejected 0

import shutil
import subprocess
import zipfile


def make(folder, name, honest):
    link = zipfile.ZipInfo("target.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")


def control(folder):
    path = next(folder.glob("*.zip"))
    if shutil.which("unzip"):
        subprocess.run(["unzip", "-q", path.name], cwd=folder, check=False)
        return (folder / "target.ipynb").is_symlink()
    with zipfile.ZipFile(path) as archive:
        return archive.infolist()[0].external_attr >> 28 == 0o12
