"""What authors of a course ask for."""

from __future__ import annotations

from typing import Annotated

import typer

from graders.cli.app import app

PANEL = "Authors"


@app.command(rich_help_panel=PANEL)
def build(
    topic: Annotated[str, typer.Argument(help="The topic's id; all topics when left out.")] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when a notebook is stale.")
    ] = False,
) -> None:
    """Make the students' notebooks from the masters in solutions/.

    Example: sorcery build cnn --check
    """
    from graders.build import build_topic, stale, write
    from graders.course import find_course

    course = find_course()
    chosen = [course.topic(topic)] if topic else list(course.topics)
    if check:
        faults = [fault for one in chosen for fault in stale(course, one)]
        for fault in faults:
            typer.echo(fault, err=True)
        raise typer.Exit(1 if faults else 0)
    for one in chosen:
        changed = write(one.notebook, build_topic(course, one).student)
        typer.echo(f"{one.notebook.relative_to(course.root)}: {'written' if changed else 'up to date'}")
