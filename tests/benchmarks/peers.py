"""Whole commands on the same notebooks: ours, `otter run` and `nbgrader autograde`, in turns, with equal scores.

All are timed by the wall clock from start to end, start-up included, and told a submission. Each has as many
threads as it gives itself. Otter's tests are
the same files. nbgrader's are the same assertions in cells; of the CNN notebook, whose tests are no
assertions, nbgrader runs the cells alone, and ours all tests.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import nbgrader_made as stock
from loads import ROOT, Load, solution_region, student
from made import autograder

BIN = Path(sys.executable).parent
CONFIG = "c = get_config()\nc.ExecutePreprocessor.timeout = 600\n"


def compared(load: Load, batch: int, otter: int, nbgrader: int, rounds: int) -> list[dict[str, object]]:
    """A row for each command: median seconds a submission and how many times ours, by number of jobs. `otter`
    and `nbgrader` say how many submissions they get, 0 for none at all."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        ours = {jobs: f"sorcery grade, {jobs} job{'s' * (jobs > 1)}" for jobs in (2, 1)}
        commands: dict[str, tuple[int, Callable[[], float]]] = {
            name: (batch, partial(_ours, load, folder, batch, jobs)) for jobs, name in ours.items()
        }  # one job last: stages.py reads its results
        load.hand_in(folder / "in", batch)
        if otter:
            _for_otter(load, folder, otter)
            commands["otter run, a command a submission"] = 1, partial(_otter_cold, load, folder)
            commands["otter run, in one warm process"] = otter, partial(_otter_warm, load, folder)
        if nbgrader:
            _for_nbgrader(load, folder / "stock", nbgrader)
            for processes, told in ((1, "one process"), (2, "two processes")):
                name = f"nbgrader autograde, {told}" + ("" if load.exercises else ", no tests")
                commands[name] = nbgrader, partial(_nbgrader, load, folder, nbgrader, processes)
        taken: dict[str, list[float]] = defaultdict(list)
        for _ in range(rounds):
            for name, (count, command) in commands.items():
                taken[name].append(command() / count)
    one, two = taken[ours[1]], taken[ours[2]]
    return [
        {
            "load": load.name, "command": name, "submissions": count, "seconds": statistics.median(taken[name]),
            "x 1 job": statistics.median(a / b for a, b in zip(taken[name], one, strict=True)),
            "x 2 jobs": statistics.median(a / b for a, b in zip(taken[name], two, strict=True)),
        }
        for name, (count, _) in commands.items()
    ]  # fmt: skip


def _timed(command: list[str | Path], folder: Path) -> tuple[float, str]:
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr[-3000:]}")
    return taken, done.stdout


def _want(score: float, load: Load, by: str) -> None:
    if score != load.topic.auto_points:
        raise SystemExit(f"{by} gives {score} of {load.topic.auto_points} points on {load.name}")


def _ours(load: Load, folder: Path, count: int, jobs: int) -> float:
    command = [
        BIN / "sorcery",
        "grade",
        load.topic_id,
        folder / "in",
        "--json",
        "--force",
        "--jobs",
        str(jobs),
    ]
    taken, said = _timed(command, load.course)
    results = json.loads(said)
    assert len(results) == count
    for result in results:
        _want(result["points"], load, "sorcery")
    return taken


def _for_otter(load: Load, folder: Path, count: int) -> None:
    autograder(folder / "otter.zip", load.otter_tests(), files=load.files)  # type: ignore[arg-type]
    for number in range(count):
        notebook = folder / "otter" / student(number) / f"{load.topic_id}.ipynb"
        notebook.parent.mkdir(parents=True)
        notebook.write_bytes(load.submission(number))


def _otter_cold(load: Load, folder: Path) -> float:
    notebook = folder / "otter" / student(0) / f"{load.topic_id}.ipynb"
    taken, _ = _timed([BIN / "otter", "run", notebook, "-a", folder / "otter.zip", "-o", folder], folder)
    found = json.loads((folder / "results.json").read_text())
    _want(sum(test.get("score", 0) for test in found["tests"]), load, "otter run")
    return taken


def _otter_warm(load: Load, folder: Path) -> float:
    notebooks = sorted((folder / "otter").glob("*/*.ipynb"))
    command = [sys.executable, ROOT / "tests/otter/stock.py", folder / "otter.zip", *notebooks]
    taken, said = _timed(command, folder)
    for found in json.loads(said).values():
        _want(found["total"], load, "otter")
    return taken


def _for_nbgrader(load: Load, root: Path, count: int) -> None:
    for name, data in load.files.items():
        place = root / "source/ps1" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    if load.exercises:
        cells = [stock.given(load.given)]
        for one in load.exercises:
            cells.append(stock.solution(one.name, solution_region(one.answer)))
            cells.append(stock.checked(f"{one.name}-test", 1, textwrap.dedent(one.assertions).strip()))
    else:
        sources = [source for source in load.cells if "otter" not in source and "grader." not in source]
        cells = [
            stock.given(source.replace(" SOLUTION", "")) for source in sources
        ]  # no solutions to be cleared
        cells.append(stock.checked("ran", load.topic.auto_points, "assert True"))
    stock.make_source(root, {"p1": cells}, {}, CONFIG)
    answers = {one.name: one.answer for one in load.exercises}
    for number in range(count):
        different = partial(_different, number)
        stock.hand_in(root, student(number), {"p1": stock.answered(answers, different)}, when="")


def _different(number: int, cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Like no other, as ours are."""
    cell = next(one for one in cells if "def " in "".join(one["source"]))
    cell["source"] = f"{''.join(cell['source'])}\n# submission {number}"
    return cells


def _nbgrader(load: Load, folder: Path, count: int, processes: int) -> float:
    """Each process has a copy of the course with its share of the students: they share no database."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        roots = [Path(scratch, str(index)) for index in range(min(processes, count))]
        for index, root in enumerate(roots):
            shutil.copytree(folder / "stock", root)
            for number in set(range(count)) - set(range(index, count, len(roots))):
                shutil.rmtree(root / "submitted" / student(number))
        started = time.perf_counter()
        with ThreadPoolExecutor(len(roots)) as pool:
            done = list(pool.map(lambda root: stock.nbgrader(root, "autograde", "ps1"), roots))
        taken = time.perf_counter() - started
        for root, one in zip(roots, done, strict=True):
            if one.returncode:
                raise SystemExit(f"nbgrader autograde: {one.stderr[-3000:]}")
            for path in root.glob("autograded/*/ps1/p1.ipynb"):
                if '"output_type": "error"' in path.read_text():
                    raise SystemExit(f"a cell of {load.name} fails under nbgrader")
        rows = [row for root in roots for row in stock.rows(root).values()]
    assert len(rows) == count
    for row in rows:
        _want(sum(grade[0] for grade in row.values() if isinstance(grade, tuple)), load, "nbgrader")
    return taken
