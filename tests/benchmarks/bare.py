"""Bare execution: a process that has what a worker has, warm and with one thread, and only executes cells.

    python tests/benchmarks/bare.py FOLDER TOPIC MODULE ...

is the process itself, for a topic of the course in FOLDER, with these modules imported. For each line of JSON
on its input, a `Request`, it says seconds of CPU and by the wall clock, and by how much its data grew, in MiB.
With `figures` they are drawn after each cell, as a notebook shows them; with `tests`, `grader.check` runs the
question's public and hidden cases on the names as they are, as otter does.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from process import anonymous


@dataclass(frozen=True)
class Request:
    notebooks: list[list[str]]  # the cells of each
    figures: bool = False
    tests: bool = False


class Bare:
    """The process, from the asking side."""

    def __init__(self, course: Path, topic: str, modules: tuple[str, ...]) -> None:
        from graders.pools import THREAD_VARIABLES

        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), str(course), topic, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1"), "MPLBACKEND": "agg"},
        )

    def send(self, request: Request) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(request)) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the process of bare execution ended")
        return json.loads(line)

    def close(self) -> None:
        self._process.communicate()

    def __enter__(self) -> Bare:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Names(dict[str, Any]):
    """A notebook's names, as a test case is run against them."""

    lost = None

    def as_globals(self) -> dict[str, Any]:
        return self


class Checks:
    """`otter.Notebook`, whose `check` runs the question's cases, if any, on the notebook's names."""

    questions: dict[str, Any] = {}  # noqa: RUF012
    names: Names

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def check(self, question: str, *_: object, **__: object) -> None:
        from graders.otter_tests import case_seed, run_case
        from graders.records import CaseVerdict

        for index, case in enumerate(self.questions[question].cases if self.questions else ()):
            result = run_case(case, self.names, seed=case_seed(1, case, index), seconds=60)
            if result.verdict is not CaseVerdict.PASSED:
                raise AssertionError(f"{question}: {case.name}: {result.detail}")


def main(course: Path, topic_id: str, modules: list[str]) -> None:
    from graders.course import load_course
    from graders.engine.zygote import _install_otter_stub, _warm
    from graders.otter_tests import load_question
    from graders.seeding import seed_everything

    answers = sys.stdout
    topic = load_course(course).topic(topic_id)
    questions = {
        path.stem: load_question(topic.public_tests, topic.hidden_tests, path.stem)
        for path in topic.public_tests.glob("*.py")
    }
    _install_otter_stub()
    sys.modules["otter"].Notebook = Checks  # type: ignore[attr-defined]
    _warm(modules)
    seed_everything(0)
    os.chdir(topic.folder)
    gc.collect()
    for line in sys.stdin:
        request = Request(**json.loads(line))
        Checks.questions = questions if request.tests else {}
        before = anonymous()
        cpu, wall = time.process_time(), time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            for cells in request.notebooks:
                _execute(cells, figures=request.figures)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(
            json.dumps({"cpu": cpu, "wall": wall, "grown": anonymous() - before}),
            file=answers,
            flush=True,
        )


def _execute(cells: list[str], *, figures: bool) -> None:
    plt = sys.modules.get("matplotlib.pyplot")
    names = Checks.names = Names(__name__="__main__")
    for source in cells:
        exec(source, names)
        if plt is None:
            continue
        if figures:
            for number in plt.get_fignums():
                plt.figure(number).savefig(io.BytesIO(), format="png", bbox_inches="tight")
        plt.close("all")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
