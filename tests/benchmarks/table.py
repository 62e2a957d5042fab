"""What grading costs, as ratios of what is measured side by side in one run.

    python tests/benchmarks/table.py               everything, which takes a quiet machine the better part of an hour
    python tests/benchmarks/table.py --readme      and writes the short form into README.md
    python tests/benchmarks/table.py --small       seconds, to see that it works; its figures say nothing

On three loads (loads.py): the engine against bare execution of the same cells (engine.py); the whole command
against `otter run` and `nbgrader autograde` (peers.py); a submission's time by stage (stages.py); how long a
batch takes to begin (start.py); memory (memory.py). What is compared runs in turns, a ratio is taken within
each turn, and the median over the turns is told. Targets stand beside what they are of; nothing fails by one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Plan:
    """How much of each load is measured: submissions a batch, turns, and what the slow peers get."""

    batch: int = 50
    rounds: int = 5
    otter: int = 5
    nbgrader: int = 6
    turns: int = 3  # of whole commands


PLANS = {"trivial": Plan(), "pandas": Plan(), "cnn": Plan(otter=2, nbgrader=2, turns=1)}
SMALL = Plan(batch=2, rounds=1, otter=0, nbgrader=0, turns=1)
STARTS, WORKERS = 7, 4
SECTIONS = ("engine", "peers", "stages", "start", "memory")


def measure(plans: dict[str, Plan], sections: Collection[str], starts: int, workers: int) -> dict[str, Rows]:
    """Section -> rows. The start is that of the lightest load, memory that of the heaviest."""
    from engine import overhead
    from loads import LOADS
    from memory import memory
    from peers import compared
    from process import Accounts
    from stages import percentiles
    from start import start

    found: dict[str, Rows] = {section: [] for section in SECTIONS}
    accounts = Accounts()
    lightest, *_, heaviest = *plans, *plans
    for name, plan in plans.items():
        with tempfile.TemporaryDirectory() as scratch:
            load = LOADS[name](Path(scratch, "course"))
            if "engine" in sections:
                _say(f"{name}: engine and bare execution")
                found["engine"] += overhead(load, accounts, plan.batch, plan.rounds)
            if "peers" in sections or "stages" in sections:
                _say(f"{name}: whole commands")
                slow = (plan.otter, plan.nbgrader) if "peers" in sections else (0, 0)
                found["peers"] += compared(load, plan.batch, *slow, plan.turns)
                found["stages"] += percentiles(load)
            if "start" in sections and name == lightest:
                _say(f"{name}: start of a batch")
                found["start"] += start(load, starts)
            if "memory" in sections and name == heaviest:
                _say(f"{name}: memory")
                found["memory"] += memory(load, workers)
    return found


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)


def heading() -> str:
    system = f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}"
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {system}, Python "
        f"{platform.python_version()}, torch {version('torch').partition('+')[0]}, otter-grader "
        f"{version('otter-grader')}, nbgrader {version('nbgrader')}."
    )


def rewritten(readme: str, table: str) -> str:
    """`readme` with `table` between its markers. Raises SystemExit without exactly one pair of them."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after or END in after:
        raise SystemExit(f"README.md has not one {BEGIN} and one {END} after it")
    return f"{before}{BEGIN}\n{table}{END}{after}"


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", action="append", choices=SECTIONS, help="only this section; can be repeated"
    )
    parser.add_argument("--load", action="append", choices=[*PLANS], help="only this one; can be repeated")
    for name, what in (
        ("batch", "our submissions"),
        ("rounds", "turns of engine and bare execution, which share the batch"),
        ("otter", "submissions of one warm process of otter's; 0: no otter at all"),
        ("nbgrader", "submissions of nbgrader's; 0: no nbgrader at all"),
        ("turns", "turns of whole commands"),
    ):
        usual = ", ".join(str(getattr(plan, name)) for plan in PLANS.values())
        parser.add_argument(f"--{name}", type=int, help=f"{what} (for {', '.join(PLANS)}: {usual})")
    parser.add_argument("--starts", type=int, default=STARTS, help="turns of starting a batch (%(default)s)")
    parser.add_argument("--workers", type=int, default=WORKERS, help="workers measured at once (%(default)s)")
    parser.add_argument("--small", action="store_true", help="everything at its least, without the peers")
    parser.add_argument("--json", action="store_true", help="all rows as JSON, in place of the tables")
    parser.add_argument("--readme", action="store_true", help="write the last table into README.md too")
    chosen = parser.parse_args(given)
    if chosen.small and chosen.readme:
        parser.error("--small measures nothing that could stand in README.md")
    if (
        min(
            chosen.starts,
            chosen.workers,
            *(1 if n is None else n for n in (chosen.batch, chosen.rounds, chosen.turns)),
        )
        < 1
    ):
        parser.error("there is nothing to measure")
    return chosen


def main() -> None:
    from shown import as_markdown, as_text

    from graders.errors import UsageError

    chosen = arguments(None)
    plans = {name: SMALL if chosen.small else plan for name, plan in PLANS.items()}
    changed = {
        field.name: getattr(chosen, field.name)
        for field in fields(Plan)
        if getattr(chosen, field.name) is not None
    }
    plans = {name: replace(plan, **changed) for name, plan in plans.items() if name in (chosen.load or plans)}
    starts, workers = (1, 2) if chosen.small else (chosen.starts, chosen.workers)
    try:
        found = measure(plans, chosen.only or SECTIONS, starts, workers)
    except UsageError as error:
        raise SystemExit(f"error: {error}") from None
    if chosen.json:
        print(json.dumps({"measured": heading(), **found}, indent=1))
    else:
        print(as_text(found, heading()), end="")
    if chosen.readme:
        readme = ROOT / "README.md"
        readme.write_text(rewritten(readme.read_text(), as_markdown(found, heading())))


if __name__ == "__main__":
    main()
