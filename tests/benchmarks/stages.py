"""Where a submission's time goes: percentiles over the result files of one batch, graded by the command."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from loads import Load

from graders.store import ResultStore

STAGES = ("intake", "fork", "isolation", "cells", "snapshots", "tests", "end", "write")
PERCENTILES = (50, 90, 99)


def percentiles(load: Load) -> list[dict[str, object]]:
    """A row for each stage, in milliseconds. What a result file says of writing is the notebook's part alone:
    each file is written once more, beside the first, and that is added."""
    store = ResultStore(load.course / ".sorcery", load.topic_id)
    results = list(store)
    with tempfile.TemporaryDirectory(dir=load.course) as folder:
        again = ResultStore(Path(folder), load.topic_id)
        taken = {stage: [1000 * result.timings[stage] for result in results] for stage in STAGES}
        for index, result in enumerate(results):
            started = time.perf_counter()
            again.write(result)
            taken["write"][index] += 1000 * (time.perf_counter() - started)
    return [
        {"load": load.name, "stage": stage, "submissions": len(results)}
        | {f"p{p} ms": float(np.percentile(taken[stage], p)) for p in PERCENTILES}
        for stage in STAGES
    ]
