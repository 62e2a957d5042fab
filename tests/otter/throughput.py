"""How long stock `otter run` and ours take for the same folder, one after the other on this machine.

    python tests/otter/throughput.py 20

Stock runs one notebook after another in one process, which imported otter once: its command would import it
each time. Ours is the command as it is, from its start to feedback and report, by default with a process a
core; the second figure is with one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import fixtures
from made import START, autograder, notebook

HERE = Path(__file__).parent


def seconds(arguments: list[str]) -> tuple[float, str]:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return time.perf_counter() - started, done.stdout


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        helpers = {"helpers.py": fixtures.HELPERS, "words.txt": "a few words"}
        zipped = autograder(folder / "hw.zip", fixtures.EXCEPTIONS, {}, helpers)
        handed = [
            notebook(folder / f"in/s{n:03}/hw.ipynb", START, *fixtures.RIGHT, *fixtures.CHECKS, *fixtures.END)
            for n in range(count)
        ]
        stock, said = seconds([str(HERE / "stock.py"), str(zipped), *map(str, handed)])
        theirs = {name: found["total"] for name, found in json.loads(said).items()}
        print(f"{count} notebooks\nstock otter run   {stock:7.1f} s   {stock / count:6.2f} s each")
        for label, jobs in (("ours", "0"), ("ours, one process", "1")):
            command = ["-m", "graders.cli", "grade", "--otter", str(zipped), str(folder / "in"), "--json"]
            ours, said = seconds([*command, "--output", str(folder / f"out{jobs}"), "--jobs", jobs])
            same = {result["student"]: result["points"] for result in json.loads(said)} == theirs
            points = "same points" if same else "OTHER POINTS"
            print(
                f"{label:<17} {ours:7.1f} s   {ours / count:6.2f} s each   {stock / ours:5.1f} times   {points}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
