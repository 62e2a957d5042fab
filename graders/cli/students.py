"""What students ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graders.cli.app import app
from graders.cli.output import as_json_text, echo
from graders.errors import UsageError
from graders.untrusted import for_terminal, printable

PANEL = "Students"


@app.command("list", rich_help_panel=PANEL)
def list_topics(
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """The topics of the course you are in: when each is due, and whether you fetched it and handed it in.

    Example: sorcery list
    """
    from graders.course import find_course
    from graders.student.listing import released, rows, table

    course, found = find_course(), None
    try:
        found = released(course)
    except UsageError as error:
        typer.echo(for_terminal(str(error)), err=True)
    listed = rows(course, found)
    typer.echo(as_json_text(listed) if as_json else "\n".join(table(course, listed)))


@app.command(rich_help_panel=PANEL)
def fetch(
    topic: Annotated[str, typer.Argument(help="The topic's id, such as cnn.")],
    source: Annotated[
        Path | None, typer.Option("--from", help="A release: a folder or a zip file; else the exchange.")
    ] = None,
) -> None:
    """Get a topic's notebook, public tests and data, or their newest version. Never overwrites your work.

    With --from in an empty folder, a course begins there.

    Example: sorcery fetch cnn --from cnn.zip
    """
    from graders.student import fetch as student

    course, root = student.here(source)
    changes = student.fetch(course, root, student.find_release(course, topic, source))
    for change in changes:
        why = f"; {change.why}" if change.why else ""
        typer.echo(f"{change.what:<7}  {printable(change.path)}{why}")
    if not changes:
        typer.echo(f"{topic} is as it was released")


@app.command(rich_help_panel=PANEL)
def lab(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[TOPIC] [-- OPTIONS]")] = None,
) -> None:
    """JupyterLab in the course's folder, with a topic's notebook open if one is named.

    What comes after -- goes to JupyterLab.

    Example: sorcery lab cnn -- --no-browser
    """
    from graders.course import find_course
    from graders.student import lab as student

    raise typer.Exit(student.lab(find_course(), arguments or []))


@app.command(rich_help_panel=PANEL)
def check(
    notebook: Annotated[Path, typer.Argument(help="Your notebook.")],
    question: Annotated[str, typer.Option("--question", "-q", help="Only this one, such as q3.")] = "",
    topic: Annotated[str, typer.Option(help="Its topic, where its name does not say.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run your notebook afresh from its first cell, and its public tests. Changes nothing in it.

    Exit code 0: all public tests pass; 1: some do not; 2: it cannot be checked.

    Example: sorcery check assignments/cnn/cnn.ipynb -q q3
    """
    from graders.student import check as student
    from graders.student.place import locate

    planned = student.plan(*locate(notebook, topic), notebook, question)
    checked = student.check(planned, lambda result: None if as_json else echo(student.lines(planned, result)))
    typer.echo(
        as_json_text(student.as_json(planned, checked)) if as_json else student.summary(planned, checked)
    )
    raise typer.Exit(0 if checked.passed else 1)


@app.command(rich_help_panel=PANEL)
def submit(
    notebook: Annotated[Path, typer.Argument(help="Your notebook, saved.")],
    name: Annotated[str, typer.Option("--as", help="Your id in the course; else your login name.")] = "",
    topic: Annotated[str, typer.Option(help="Its topic, where its name does not say.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Even what was handed in last already.")] = False,
    upload: Annotated[
        bool, typer.Option("--upload", help="A file to upload, though there is an exchange.")
    ] = False,
) -> None:
    """Hand your notebook in. Each version is kept with its receipt; do so as often as you like.

    Exit code 0: it is handed in, whatever is warned of; 2: it is not.

    Example: sorcery submit assignments/cnn/cnn.ipynb
    """
    from graders.student import submit as student
    from graders.student.place import locate

    submission = student.prepare(*locate(notebook, topic), notebook, student.who(name))
    for warning in submission.warnings():
        typer.echo(for_terminal(f"warning: {warning}"), err=True)
    before = None if again else student.earlier(submission, upload=upload)
    version = before or student.hand_in(submission, upload=upload)
    echo(student.lines(submission, version, again=before is not None))
