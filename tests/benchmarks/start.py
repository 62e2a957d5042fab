"""How long a batch takes to begin: from the start of `sorcery grade` until the first cell of its first
submission runs, over `import torch` in a fresh Python, in turns."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from loads import Load, student

CLOCK = "import time\nprint(time.time())"  # no module that is not there already


def start(load: Load, rounds: int) -> list[dict[str, object]]:
    """One row of medians: seconds of both, and their ratio."""
    submission = json.loads(load.submission(0))
    clock = {"cell_type": "code", "id": "clock", "metadata": {}, "outputs": [], "execution_count": None}
    submission["cells"].insert(0, {**clock, "source": CLOCK})
    folder = load.course / "begun"
    folder.mkdir()
    (folder / f"{student(0)}.ipynb").write_text(json.dumps(submission))
    ours, torch = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import torch"], check=True)
        torch.append(time.perf_counter() - started)
        ours.append(_first_cell(load, folder))
    shutil.rmtree(folder)
    return [
        {
            "load": load.name,
            "batch s": statistics.median(ours),
            "import torch s": statistics.median(torch),
            "ratio": statistics.median(a / b for a, b in zip(ours, torch, strict=True)),
        }
    ]


def _first_cell(load: Load, folder: Path) -> float:
    command = [Path(sys.executable).parent / "sorcery", "grade", load.topic_id, folder, "--force", "--json"]
    started = time.time()  # what the cell can read too
    subprocess.run(command, cwd=load.course, check=True, capture_output=True)
    ran = load.course / ".sorcery/autograded" / student(0) / load.topic_id / f"{load.topic_id}.ipynb"
    first = next(cell for cell in json.loads(ran.read_bytes())["cells"] if cell["cell_type"] == "code")
    (output,) = first["outputs"]
    return float("".join(output["text"])) - started
