"""Courses made for nbgrader."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli.app import INTERRUPTED, SOME_UNGRADED, app
from graders.cli.foreign_otter import importing
from graders.cli.output import as_json_text, print_table, progress, short
from graders.untrusted import for_terminal

if TYPE_CHECKING:
    from graders.foreign.nbgrader.topic import Draft


def grade_nbgrader(root: Path, assignment: str, isolation: str, jobs: int, as_json: bool, force: bool) -> int:
    """`sorcery grade --nbgrader`; its exit code."""
    from graders.foreign.nbgrader.batch import grade_course
    from graders.foreign.nbgrader.course import find_foreign, find_handed
    from graders.publish import cores
    from graders.records import Verdict
    from graders.sandbox.tiers import choose

    course = find_foreign(root, assignment)
    handed = find_handed(course)
    tier = choose(isolation)
    with progress(len(handed), assignment) as report:
        done = grade_course(course, tier, report, handed, jobs=jobs or cores(), force=force)
    if as_json:
        typer.echo(as_json_text(done.results))
    else:
        print_table(done.results)
        typer.echo(
            "Assertions ran in the student's process: the README says what that means (Bring your own course)."
        )
        typer.echo(f"gradebook: {course.directory.db_url}\nautograded: {short(course.autograded('STUDENT'))}")
    verdicts = [result.verdict for result in done.results]
    if done.interrupted:
        typer.echo("interrupted: what was graded is kept; the same command goes on", err=True)
        return INTERRUPTED
    if Verdict.UNGRADED in verdicts:
        return SOME_UNGRADED
    return 1 if all(verdict is Verdict.REJECTED for verdict in verdicts) else 0


@importing.command("nbgrader")
def import_nbgrader(
    notebook: Annotated[Path, typer.Argument(help="A source notebook of nbgrader, with solutions.")],
    topic: Annotated[str, typer.Option(help="The topic's id; the file's name when left out.")] = "",
    title: Annotated[str, typer.Option(help="Its title; the id when left out.")] = "",
    isolation: Annotated[str, typer.Option(help="As in `grade`.")] = "",
) -> None:
    """Make a topic of an nbgrader notebook: master, tests that run outside the student's process, data.

    Its solution is graded before anything is written. What cannot be taken over is listed with its line;
    then the exit code is 1.

    Example: sorcery import nbgrader source/ps1/p1.ipynb --topic ps1
    """
    from graders.course import find_course
    from graders.foreign.nbgrader.topic import add_topic

    course = find_course()
    made = _drafted(notebook, topic, isolation)
    for path in add_topic(course, made, title):
        typer.echo(short(path))
    for line in made.told:
        typer.echo(for_terminal(line))
    raise typer.Exit(_tell_left_out(made))


@app.command(rich_help_panel="Authors")
def convert(
    notebook: Annotated[Path, typer.Argument(help="A source notebook of nbgrader, with solutions.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A folder; NOTEBOOK-tests when left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what became of each cell as JSON.")] = False,
    isolation: Annotated[str, typer.Option(help="As in `grade`.")] = "",
) -> None:
    """Turn nbgrader's test cells into otter tests, which run outside the student's process.

    Each assertion becomes a case, and each case is tried on the notebook's own solution. What cannot be
    converted is listed with its line; then the exit code is 1.

    Example: sorcery convert source/ps1/p1.ipynb
    """
    from graders.foreign.nbgrader.topic import save_tests

    made = _drafted(notebook, "", isolation)
    written = save_tests(made, output or Path(f"{notebook.stem}-tests"))
    if as_json:
        cells = {
            cell.name: {"points": cell.points, "cases": cell.shared(), "left_out": cell.left_out}
            for cell in made.cells.values()
        }
        typer.echo(as_json_text({"files": written, "cells": cells}))
        raise typer.Exit(1 if made.left_out else 0)
    for path in written:
        typer.echo(short(path))
    raise typer.Exit(_tell_left_out(made))


def _drafted(notebook: Path, name: str, isolation: str) -> Draft:
    from graders.foreign.nbgrader.topic import draft, try_out
    from graders.sandbox.tiers import choose

    made = draft(notebook, name or re.sub(r"[^A-Za-z0-9_-]", "_", notebook.stem))
    if made.cells:
        try_out(made, choose(isolation))
    return made


def _tell_left_out(made: Draft) -> int:
    converted = sum(len(cell.cases) for cell in made.cells.values())
    typer.echo(f"{converted} cases of {len(made.cells)} test cells; {len(made.left_out)} statements left out")
    for one in made.left_out:
        typer.echo(for_terminal(f"{one.cell}:{one.line}: {one.text}: {one.why}"))
    for cell in made.cells.values():
        if not cell.cases:
            typer.echo(f"{cell.name}: nothing of it is left; its {cell.points:g} points are gone")
    return 1 if made.left_out else 0
