"""Courses made elsewhere, as the command line is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from graders.untrusted import for_terminal

if TYPE_CHECKING:
    from graders.foreign.otter.grade import Prepared
    from graders.records import Result


def grade_otter(
    autograder: Path,
    submissions: list[Path],
    output: Path | None,
    solution: Path | None,
    isolation: str,
    jobs: int,
    in_process: bool,
) -> Prepared:
    """Reads the autograder, says what of it is not as it was, and leaves the rest to be graded as ever."""
    from graders.foreign.otter.grade import prepare
    from graders.sandbox.tiers import choose

    found = prepare(
        autograder,
        submissions,
        output=output,
        solution=solution,
        in_process=in_process,
        tier=choose(isolation),
        jobs=jobs,
    )
    for line in found.told:
        typer.echo(for_terminal(line), err=True)
    return found


def warn_of_unpassed(results: list[Result]) -> None:
    """Of cases that nobody passed, which may be the test's fault as well."""
    from graders.foreign.otter.suited import nobody_passed

    if len(results) > 1 and (cases := nobody_passed(results)):
        typer.echo(f"nobody passed: {', '.join(cases)}", err=True)
