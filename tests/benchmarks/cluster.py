"""A cluster of two workers against one, each on a core of its own, on submissions that only compute.

    python tests/benchmarks/cluster.py          40 submissions of about half a second
    python tests/benchmarks/cluster.py 10       fewer

What a cluster takes to start is left out: each grades a few submissions before the clock starts. The client
and Dask's scheduler run on the same cores, and are counted. `ratio` is submissions a second of two workers
over those of one.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from loads import trivial

from graders.autograde import Batch
from graders.cluster import Cluster
from graders.course import load_course
from graders.handed import find_submissions
from graders.records import Verdict

LOAD = "\ntotal = 0\nfor i in range(6_000_000):\n    total += i * i\n"


def per_second(workers: int, count: int) -> float:
    """Submissions a second."""
    with tempfile.TemporaryDirectory() as scratch:
        load = trivial(Path(scratch, "course"))
        folder = Path(scratch, "in")
        folder.mkdir()
        for number in range(count + workers):
            made = json.loads(load.submission(number))
            cell = next(cell for cell in made["cells"] if "def double" in cell["source"])
            cell["source"] += LOAD
            (folder / f"s{number:05}.ipynb").write_text(json.dumps(made))
        course = load_course(load.course)
        topic = course.topic(load.topic_id)
        handed = find_submissions([folder], topic.id)
        with Cluster(f"local:{workers}") as cluster:
            batch = Batch(course, topic, cluster.tier)
            verdicts: list[Verdict] = []

            def grade(some: slice) -> float:
                started = time.perf_counter()
                jobs = len(handed)
                batch.grade(
                    handed[some], lambda done: verdicts.append(done.verdict), jobs=jobs, pool=cluster.pool
                )
                return time.perf_counter() - started

            grade(slice(count, None))
            seconds = grade(slice(count))
        assert verdicts == [Verdict.GRADED] * len(handed)
    return count / seconds


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("two workers need two cores")
    one, two = per_second(1, count), per_second(2, count)
    print(json.dumps({"one": round(one, 3), "two": round(two, 3), "ratio": round(two / one, 3)}))


if __name__ == "__main__":
    main()
