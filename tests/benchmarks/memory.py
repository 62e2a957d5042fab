"""Memory as proportional set size: what each process has alone, and its share of what it has with others.

A worker is counted with its keeper and its init, as what the whole tree grows by with each: several are there
at once, as in a batch. What a notebook's data need is what the same cells add to a process that only executes
them.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import psutil
from bare import Bare, Request
from loads import Load
from process import pss, tree_pss

from graders.engine.worker import Worker, Zygote
from graders.engine.zygote import FORKS_BEFORE_LARGE_PAGES
from graders.sandbox.tiers import choose
from graders.work import work_of

SAMPLE_SECONDS = 0.2


def memory(load: Load, workers: int) -> list[dict[str, object]]:
    """Rows of MiB; where only root may look into workers and grading processes, of the command alone."""
    found = _command(load)
    with contextlib.suppress(psutil.AccessDenied):
        found = _of_workers(load, workers) | found
    return [{"load": load.name, "of": name, "MiB": size} for name, size in found.items()]


def _of_workers(load: Load, workers: int) -> dict[str, float]:
    work = work_of(load.topic, choose())
    found: dict[str, float] = {}
    with Bare(load.course, load.topic_id, work.modules) as bare:
        bare.send(Request([load.cells], figures=True))
        data = bare.answer()["grown"]
    with Zygote(work.modules, work.policy) as zygote:
        process = _settled(zygote)
        found["warm process"] = alone = tree_pss(process)
        forked: list[Worker] = []
        try:
            for _ in range(workers):
                forked.append(zygote.fork())
                forked[-1].read(load.solution, load.topic_id)
            found["worker at rest, beyond the warm process"] = (tree_pss(process) - alone) / workers
            for worker in forked:
                _run(worker, load)
            each = (tree_pss(process) - alone) / workers
        finally:
            for worker in forked:
                worker.close()
    found["worker after the notebook"] = each
    found["what the notebook's data need"] = data
    found["worker beyond the student's data"] = each - data
    return found


def _settled(zygote: Zygote) -> int:
    """Its process, with what it does once a batch has grown behind it; then it sleeps until it is asked."""
    for _ in range(FORKS_BEFORE_LARGE_PAGES + 1):
        zygote.fork().close()
    process = psutil.Process(zygote._process.pid)
    while process.status() != psutil.STATUS_SLEEPING:
        time.sleep(SAMPLE_SECONDS)
    return process.pid


def _run(worker: Worker, load: Load) -> None:
    worker.begin(load.topic.limits, 1)
    for index, source in enumerate(load.cells):
        ran, _ = worker.run(index, source)
        if ran.error:
            raise SystemExit(f"cell {index} of {load.name}: {ran.error}")


def _command(load: Load) -> dict[str, float]:
    """Of the processes of `sorcery grade` that hold no student's code, the most each had while it ran."""
    folder = load.hand_in(load.course / "measured", 4)
    command = [
        Path(sys.executable).parent / "sorcery",
        "grade",
        load.topic_id,
        folder,
        "--force",
        "--jobs",
        "2",
    ]
    seen: dict[str, float] = defaultdict(float)
    with subprocess.Popen(
        command, cwd=load.course, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as batch:
        while batch.poll() is None:
            for name, process in _named(batch.pid):
                with contextlib.suppress(psutil.Error):  # it ended, or only root may look
                    seen[name] = max(seen[name], pss(process))
            time.sleep(SAMPLE_SECONDS)
    if batch.returncode:
        raise SystemExit(f"sorcery grade ended with {batch.returncode}")
    return seen


def _named(command: int) -> list[tuple[str, int]]:
    found = [("command", command)]
    with contextlib.suppress(psutil.Error):  # what ends while it is looked at is seen another time
        for child in psutil.Process(command).children():
            if any("forkserver" in word for word in child.cmdline()):
                found.append(("server of grading processes", child.pid))
                found += [("grading process", grading.pid) for grading in child.children()]
    return found
