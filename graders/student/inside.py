"""The process in which `sorcery check` runs a notebook: cells in order, and the public tests of a question
where grading would test it.

    python -P -m graders.student.inside

An Order comes as JSON on standard input. What happens is told on standard output as it happens, a JSON
list a line (graders.student.check reads them); what the notebook prints goes nowhere. The student's code
runs as it does in Jupyter, on their machine and unconfined, so nothing here is kept from it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from graders.engine.silent import SilentNotebook
from graders.errors import AuthorError
from graders.otter_tests import QuestionTests, case_seed, load_question, run_case
from graders.records import CellResult, CellVerdict, Limits
from graders.seeding import seed_everything, undisturbed

if TYPE_CHECKING:
    from graders.engine.shell import NotebookShell

Tell = Callable[..., None]

LINGER_SECONDS = 10.0


class Order(msgspec.Struct, kw_only=True):
    """`modules` are imported before the notebook's time begins; `cells` are (index, source); `places` maps
    each question to the cell after which it is tested."""

    modules: tuple[str, ...]
    cells: list[tuple[int, str]]
    places: dict[str, int]
    tests: str
    limits: Limits
    seed: int
    seeds: dict[str, int]


class Names(dict[str, Any]):
    """A notebook's names as a question finds them (graders.otter_tests.Names)."""

    lost: Exception | None = None

    def as_globals(self) -> dict[str, Any]:
        return dict(self)


def main() -> None:
    from graders.engine.shell import make_shell  # IPython, which whoever gives the order does without

    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    tell = _take_over_output()
    try:
        tests = {question: load_question(Path(order.tests), None, question) for question in order.places}
    except AuthorError as error:
        tell("faulty", str(error))
        return
    heads = {
        question: [[case.name, case.points, case.failure_message] for case in loaded.cases]
        for question, loaded in tests.items()
    }
    _silence_otter()
    for module in order.modules:
        with contextlib.suppress(Exception):  # the cell that imports it says so
            importlib.import_module(module)
    shell = make_shell()
    sys.path.insert(0, "")  # as in a kernel, modules beside the notebook are found
    seed_everything(order.seed)
    tell("ready", heads)
    _run(order, tests, shell, tell)
    tell("done")
    # Whoever listens ends this process, and then still finds what the notebook started; it may be gone.
    threading.Event().wait(LINGER_SECONDS)
    os._exit(0)  # threads that the notebook started do not hold us up


def _run(order: Order, tests: dict[str, QuestionTests], shell: NotebookShell, tell: Tell) -> None:
    left = order.limits.notebook_seconds
    for index, source in order.cells:
        # The solution's times are not known here, and the student is there to stop it.
        seconds = left if order.limits.cell_factor else min(order.limits.cell_seconds, left)
        if seconds <= 0:
            why = "the notebook's time was over"
            tell("ran", CellResult(index=index, verdict=CellVerdict.NOT_REACHED, error=why))
        else:
            tell("cell", index, seconds)
            started = time.monotonic()
            done = shell.run(source, seconds=seconds, output_bytes=order.limits.output_bytes)
            taken = time.monotonic() - started
            left -= taken
            result = CellResult(
                index=index, verdict=done.verdict, error=done.error, cut=done.cut, seconds=round(taken, 6)
            )
            tell("ran", result)
        for question, place in order.places.items():
            if place == index:
                _test(question, tests[question], order, shell, tell)


def _test(question: str, tests: QuestionTests, order: Order, shell: NotebookShell, tell: Tell) -> None:
    names = Names(shell.user_ns)  # a copy: a test that changes a name changes none of the notebook's
    for number, case in enumerate(tests.cases):
        tell("case", question, number)
        seed = case_seed(order.seeds[question], case, number)
        with undisturbed():
            result = run_case(case, names, seed=seed, seconds=order.limits.case_seconds)
        tell("tested", question, number, result)


def _take_over_output() -> Tell:
    """Keeps standard output for what is told; all that is written to it from here on goes nowhere."""
    told = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)

    def tell(*event: object) -> None:
        told.write(msgspec.json.encode(event) + b"\n")
        told.flush()

    return tell


def _silence_otter() -> None:
    """The notebook's own checks run nothing: a test would run twice, and otter would leave a log."""
    import otter

    otter.Notebook = SilentNotebook


if __name__ == "__main__":
    main()
