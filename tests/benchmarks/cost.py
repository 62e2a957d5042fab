"""What grading costs, as ratios measured in one run.

    python tests/benchmarks/cost.py           all
    python tests/benchmarks/cost.py bare      the CNN solution: CPU of grading it over the CPU of a bare
                                              exec of its cells in one process that is warm already
    python tests/benchmarks/cost.py otter     a light notebook in a batch of 20: wall time of `otter run`
                                              over that of `sorcery grade`, a submission
    python tests/benchmarks/cost.py setup     milliseconds from asking for a confined process until it
                                              takes its first order, with torch warm: the median in
                                              each tier this machine has, and how often that of none

CPU of grading is that of the whole tree: worker, snapshots, keeper, and the process with the tests.
Starting up (importing torch and otter once a batch) is in `otter`, and not in `bare`.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from light import course_of, notebook

from graders.engine.worker import Zygote

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ROUNDS = 7
BATCH = 20
FORKS = 100

BARE = """
import json, os, sys, time
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
import matplotlib; matplotlib.use("Agg")
import matplotlib.pyplot as plt, numpy, sklearn.datasets, sklearn.metrics, torch
torch.set_num_threads(1)
from graders.engine.zygote import _install_otter_stub, _warm
_install_otter_stub(); _warm([])
cells, rounds = json.loads(sys.stdin.read())
times = []
for _ in range(rounds + 1):
    names, before = {"__name__": "__main__"}, time.process_time()
    for source in cells:
        exec(source, names)
        if RENDER:
            for number in plt.get_fignums():
                plt.figure(number).savefig(os.devnull, format="png", bbox_inches="tight")
        plt.close("all")
    times.append(time.process_time() - before)
print(json.dumps(times[1:]), file=sys.stderr)
"""


def bare() -> dict[str, float]:
    """CPU seconds a submission and their ratios."""
    from graders.build import build_topic
    from graders.course import load_course
    from graders.grader import Grader, Task
    from graders.sandbox.policy import policy
    from graders.sandbox.tiers import choose

    course = load_course(ROOT)
    topic = course.topic("cnn")
    solution = build_topic(course, topic).solution
    cells = [
        "".join(c["source"]).replace(";\n", "\n")
        for c in json.loads(solution)["cells"]
        if c["cell_type"] == "code"
    ]
    tier = choose()
    confined = policy(tier, topic.limits, data=topic.folder / "data", hidden=ROOT)
    with Zygote([*_imports(topic), *topic.warm], confined) as zygote:
        grader = Grader(topic, tier, zygote)
        task = Task("ada", "ada.ipynb", solution, 1)
        assert grader.grade(task).result.points == 20
        process = zygote._process.pid
        # A keeper's time is counted once the zygote has reaped it, which it does at its next fork.
        _fork_once(zygote)
        before = _cpu_of_children(process) + time.process_time()
        for _ in range(ROUNDS):
            grader.grade(task)
        _fork_once(zygote)
        graded = (_cpu_of_children(process) + time.process_time() - before) / ROUNDS
    plain, drawn = (_bare(cells, render) for render in (False, True))
    return {
        "graded_cpu": graded,
        "bare_cpu": plain,
        "bare_with_figures_cpu": drawn,
        "ratio": graded / plain,
        "ratio_with_figures": graded / drawn,
    }


def _fork_once(zygote: Zygote) -> None:
    zygote.fork().close()


def _bare(cells: list[str], render: bool) -> float:
    run = subprocess.run(
        [sys.executable, "-c", f"RENDER = {render}\n{BARE}"],
        input=json.dumps([cells, ROUNDS]),
        cwd=ROOT / "assignments/cnn",
        capture_output=True,
        text=True,
        check=True,
    )
    return statistics.median(json.loads(run.stderr.strip().splitlines()[-1]))


def _imports(topic: object) -> tuple[str, ...]:
    from graders.assignment import read_assignment

    return read_assignment(topic).imports  # type: ignore[arg-type]


def _cpu_of_children(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # own and reaped, user and system


def otter() -> dict[str, float]:
    """Wall seconds a submission and their ratio; the gradebook is written, and made before."""
    with tempfile.TemporaryDirectory() as folder:
        course = course_of(Path(folder))
        submissions = course / "in"
        for number in range(BATCH):
            (submissions / f"s{number}.ipynb").write_bytes(notebook(course, number))
        subprocess.run(
            [BIN / "sorcery", "grade", "toy", submissions], cwd=course, check=True, capture_output=True
        )
        ours = _timed(["sorcery", "grade", "toy", str(submissions), "--force"], course) / BATCH
        subprocess.run(
            [
                BIN / "otter",
                "generate",
                "-t",
                "assignments/toy/tests",
                "-o",
                "grader.zip",
                "--no-environment",
            ],
            cwd=course,
            check=True,
            capture_output=True,
        )
        one = str(submissions / "s0.ipynb")
        theirs = statistics.median(
            _timed(["otter", "run", one, "-a", "grader.zip"], course) for _ in range(3)
        )
    return {"otter_run": theirs, "sorcery": ours, "ratio": theirs / ours}


def _timed(command: list[str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run([BIN / command[0], *command[1:]], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def setup() -> dict[str, float]:
    """Medians of `FORKS`, each tier in turn so that a busy moment is shared."""
    from graders.records import Limits, Tier
    from graders.sandbox.policy import policy
    from graders.sandbox.tiers import missing

    tiers = [tier for tier in (Tier.FULL, Tier.FLAT, Tier.NONE) if tier is Tier.NONE or not missing(tier)]
    taken: dict[str, list[float]] = {tier: [] for tier in tiers}
    with contextlib.ExitStack() as stack:
        zygotes = {
            tier: stack.enter_context(Zygote(["torch", "sklearn.datasets"], policy(tier, Limits())))
            for tier in tiers
        }
        for _ in range(FORKS):
            for tier, zygote in zygotes.items():
                started = time.perf_counter()
                worker = zygote.fork()
                worker.read(b'{"cells": []}', "")
                taken[tier].append(1000 * (time.perf_counter() - started))
                worker.close()
    medians = {f"{tier}_ms": statistics.median(times) for tier, times in taken.items()}
    ratios = {f"{tier}_ratio": medians[f"{tier}_ms"] / medians["none_ms"] for tier in tiers}
    return medians | ratios


MEASURES: dict[str, Callable[[], dict[str, float]]] = {"bare": bare, "otter": otter, "setup": setup}


if __name__ == "__main__":
    for name in sys.argv[1:] or MEASURES:
        print(name, json.dumps({key: round(value, 3) for key, value in MEASURES[name]().items()}))
