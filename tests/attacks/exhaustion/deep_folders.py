# Folders nested so deep that what tidies up after it gives up.
# stopped by: what Python cannot remove is removed without recursion
# control: own
# expect: graded or crashed 0

import json
import os
import subprocess
import sys

from target import cells_of, notebook

NEST = "import os\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')"


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook(cells_of({"q1": NEST}))))


def tidy(place):
    """As one would write it; and as shutil did until Python 3.13."""
    for entry in os.scandir(place):
        tidy(entry.path)
    os.rmdir(place)


def control(folder):
    place = folder / "nest"
    place.mkdir()
    try:
        subprocess.run([sys.executable, "-c", NEST], cwd=place, check=True)
        tidy(place)
    except RecursionError:
        return True
    finally:
        subprocess.run(["rm", "-rf", place], check=True)
