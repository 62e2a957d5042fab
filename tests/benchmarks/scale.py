"""Batches of growing size: whether time grows with them and the command's memory does not.

    python tests/benchmarks/scale.py               10,000 light submissions, against 1,000 and 2,500 of them
    python tests/benchmarks/scale.py 400           the same with 400 at most

A light submission defines one function, and differs from every other in a line. Each batch is the whole
command: intake, grading, gradebook, feedback, report. `linear` is the time a submission in the largest
batch over that in the smallest, without what both take to start (by the line through the two smaller ones);
`memory` is the peak proportional set size of the command's own process, without its helpers'.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from loads import trivial

BIN = Path(sys.executable).parent
PARTS = (10, 4, 1)  # of the largest batch
SAMPLE_SECONDS = 0.25


def batch(count: int) -> dict[str, float]:
    """Wall seconds of grading so many, and the command's own peak memory in MiB, halfway and at the end."""
    with tempfile.TemporaryDirectory() as scratch:
        load = trivial(Path(scratch))
        course = load.course
        load.hand_in(course / "in", count)
        with (course / "log").open("wb") as log:
            started = time.perf_counter()
            process = subprocess.Popen(
                [BIN / "sorcery", "grade", load.topic_id, "in", "--json"],
                cwd=course,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
            peaks = _watch(process)
            seconds = time.perf_counter() - started
        if process.returncode:
            raise SystemExit((course / "log").read_text())
        results = list((course / ".sorcery/results/trivial").glob("*.json"))
        assert len(results) == count
        assert all(
            json.loads(path.read_bytes())["verdict"] == "graded" for path in results[:: max(1, count // 50)]
        )
    middle = peaks[: max(1, len(peaks) // 2)]
    return {"count": count, "seconds": seconds, "half_mib": max(middle), "peak_mib": max(peaks)}


def _watch(process: subprocess.Popen[bytes]) -> list[float]:
    seen = [0.0]
    own = psutil.Process(process.pid)
    while True:
        try:
            process.wait(SAMPLE_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(psutil.Error):  # it may end in between
                seen.append(own.memory_full_info().pss / 2**20)
        else:
            return seen


def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    found = [batch(most // part) for part in PARTS]
    for one in found:
        print(json.dumps({key: round(value, 2) for key, value in one.items()}), flush=True)
    small, middle, large = found
    each = (middle["seconds"] - small["seconds"]) / (middle["count"] - small["count"])
    start = small["seconds"] - each * small["count"]
    linear = (large["seconds"] - start) / large["count"] / each
    memory = large["peak_mib"] - small["peak_mib"]
    print(json.dumps({"ms_each": round(1000 * each, 1), "start_s": round(start, 1), "linear": round(linear, 3),
                      "memory_growth_mib": round(memory, 1)}))  # fmt: skip


if __name__ == "__main__":
    main()
