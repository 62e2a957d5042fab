"""How fast `sorcery grade --nbgrader` is against `nbgrader autograde`, on the same folder, in one run.

    python tests/benchmarks/nbgrader_throughput.py        20 submissions
    python tests/benchmarks/nbgrader_throughput.py 5      so many

Both grade the course of tests/nbgrader_course, two small notebooks a submission, one after the other on this
machine; ours with as many grading processes as there are cores, and with one.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/nbgrader_course"))

from nbgrader_made import (  # noqa: E402
    FILES,
    P1,
    P2,
    RIGHT1,
    RIGHT2,
    answered,
    hand_in,
    make_source,
    nbgrader,
    rows,
    sorcery,
)


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        stock = Path(folder, "stock")
        make_source(stock, {"p1": P1, "p2": P2}, FILES)
        for number in range(count):
            hand_in(stock, f"student{number:03}", {"p1": answered(RIGHT1), "p2": answered(RIGHT2)})
        several, one = Path(folder, "several"), Path(folder, "one")
        shutil.copytree(stock, several)
        shutil.copytree(stock, one)
        took = {}
        for label, root, command in (
            ("nbgrader autograde", stock, ("autograde", "ps1")),
            ("sorcery grade --nbgrader", several, ("grade", "--nbgrader", ".", "ps1")),
            ("sorcery grade --nbgrader --jobs 1", one, ("grade", "--nbgrader", ".", "ps1", "--jobs", "1")),
        ):
            started = time.perf_counter()
            done = (nbgrader if label.startswith("nbgrader") else sorcery)(root, *command)
            took[label] = time.perf_counter() - started
            if done.returncode:
                print(done.stderr[-2000:], file=sys.stderr)
                return 1
        if not rows(stock) == rows(several) == rows(one):
            print("the scores differ", file=sys.stderr)
            return 1
        slowest = took["nbgrader autograde"]
        for label, seconds in took.items():
            print(
                f"{label:<34} {seconds:7.1f} s  {seconds / count:6.2f} s a submission  x{slowest / seconds:.1f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
