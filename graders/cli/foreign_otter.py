"""Courses made for Otter."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli.app import app
from graders.cli.output import short
from graders.untrusted import for_terminal

if TYPE_CHECKING:
    from graders.foreign.otter.grade import Prepared
    from graders.publish import Round


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


def warn_of_unpassed(done: Round) -> None:
    """Of cases that nobody passed, which may be the test's fault as well."""
    from graders.foreign.otter.suited import nobody_passed

    if len(done.students) > 1 and (cases := nobody_passed(done.results())):
        typer.echo(f"nobody passed: {', '.join(cases)}", err=True)


importing = typer.Typer(
    help="Make topics of ours from what was written for other tools.", no_args_is_help=True
)
app.add_typer(importing, name="import", rich_help_panel="Authors")


@importing.command("otter")
def import_otter(
    master: Annotated[Path, typer.Argument(help="A master notebook of `otter assign`.")],
    topic: Annotated[str, typer.Option(help="The topic's id; the notebook's name when left out.")] = "",
    title: Annotated[str, typer.Option(help="Its title; the id in words when left out.")] = "",
) -> None:
    """Make a topic from an Otter master notebook: master, tests, data, notebook, entry in course.yaml.

    Where there is no course yet, one begins here. What could not be carried over is listed as notes. Exit
    code 1 when the topic cannot be built as it came.

    Example: sorcery import otter lab01.ipynb --title "Lab 1"
    """
    from graders.foreign.otter.topic import found_course, import_topic

    root = Path.cwd()
    name = topic or re.sub(r"[^A-Za-z0-9_-]+", "_", master.stem).strip("_-")
    done = import_topic(found_course(root), root, master, name, title)
    for path in done.files:
        typer.echo(short(path))
    for line in done.told:
        typer.echo(for_terminal(f"note: {line}"))
    for fault in done.faults:
        typer.echo(for_terminal(fault), err=True)
    raise typer.Exit(1 if done.faults else 0)
