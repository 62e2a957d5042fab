"""`sorcery quiz`: parse, call, print, exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graders.cli.output import as_json_text, echo, short
from graders.errors import UsageError
from quizzes.cli_formats import add_commands

app = typer.Typer(help="Quizzes: write them, take them, score them.", no_args_is_help=True)


def _state() -> Path:
    """Where attempts are kept: with the course, else here."""
    from graders.course import STATE_FOLDER, find_course

    try:
        return find_course().state
    except UsageError:
        return Path(STATE_FOLDER)


def _files(names: list[str]) -> list[Path]:
    """Quiz files by name or path; all banks of the course when there are no names."""
    from graders.course import find_course
    from graders.strict_yaml import suggest
    from quizzes.bank import BANKS, find_banks

    paths = [Path(name) for name in names]
    if names and all(path.suffix == ".yaml" for path in paths):
        return paths
    root = find_course().root
    banks = find_banks(root)
    if not banks:
        raise UsageError(f"no quizzes in {short(root / BANKS)}")
    found = []
    for name, path in zip(names, paths, strict=True):
        if path.suffix == ".yaml":
            found.append(path)
        elif name in banks:
            found.append(banks[name])
        else:
            mend = suggest(name, banks)
            listed = ", ".join(banks)
            raise UsageError(f"no quiz {name!r}{'; ' if mend else ''}{mend} (quizzes: {listed})")
    return found or list(banks.values())


@app.command()
def lint(
    names: Annotated[list[str] | None, typer.Argument(help="Quizzes or files; all when left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Tell what is wrong with quizzes, each fault with file:line:column and the mend.

    Exit code 1 when anything is.

    Example: sorcery quiz lint cnn
    """
    from graders.errors import AuthorError, Problem
    from quizzes.bank import read_bank
    from quizzes.lint import lint as look

    problems: list[Problem] = []
    count = 0
    for path in _files(names or []):
        try:
            bank = read_bank(path)
        except AuthorError as error:
            problems += error.problems
        else:
            problems += look(bank)
            count += len(bank.own)
    if as_json:
        typer.echo(as_json_text(problems))
    else:
        echo(str(problem) for problem in problems)
        typer.echo(f"{count} questions, {len(problems)} problems", err=True)
    raise typer.Exit(1 if problems else 0)


@app.command()
def schema() -> None:
    """Print the JSON Schema of quiz files, for editors to complete and check by.

    Example: sorcery quiz schema > quiz.schema.json
    """
    import json

    from quizzes.schema import QuizFile

    typer.echo(json.dumps(QuizFile.model_json_schema(by_alias=True), indent=1))


@app.command()
def take(
    name: Annotated[str, typer.Argument(help="A quiz, or a file of one.")],
    seed: Annotated[int | None, typer.Option(help="Draw the paper from it, the same each time.")] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="By lines: for pipes, screen readers, simple terminals.")
    ] = False,
) -> None:
    """Take a quiz, or go on with it. Every answer is kept at once.

    Example: sorcery quiz take cnn
    """
    from quizzes.attempts import Attempts
    from quizzes.bank import read_bank
    from quizzes.history import under_way
    from quizzes.paper import draw_paper, new_seed
    from quizzes.plain import take as take_plain
    from quizzes.session import Session, SystemClock

    (path,) = _files([name])
    bank = read_bank(path)
    with Attempts(_state()) as attempts:
        attempt = under_way(attempts, bank.quiz.id)
        if attempt is not None:
            session = Session.resume(attempts, attempt, SystemClock())
            typer.echo(f"Going on with {session.paper.title}.")
        else:
            paper, keys = draw_paper(bank, new_seed() if seed is None else seed)
            session = Session.start(attempts, paper, keys, SystemClock())
        if plain or not _whole_terminal():
            take_plain(session, _line, lambda text: echo([text]))
        else:
            from quizzes.tui.app import run

            run(session)
        if session.state == "under way":
            typer.echo(f"Kept. Go on with: sorcery quiz take {name}")
        else:
            total = session.total()
            typer.echo(f"{total.points:.4g} of {total.possible:g} points. See: sorcery quiz review {name}")


def _whole_terminal() -> bool:
    import os
    import sys

    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def _line(prompt: str) -> str | None:
    try:
        return input(prompt)
    except EOFError:
        return None


@app.command(name="list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """List quizzes: how many questions each has, and how you did.

    Example: sorcery quiz list
    """
    from rich.console import Console
    from rich.table import Table

    from quizzes.attempts import Attempts
    from quizzes.bank import read_bank
    from quizzes.history import summary

    with Attempts(_state()) as attempts:
        found = [summary(attempts, read_bank(path)) for path in _files([])]
    if as_json:
        typer.echo(as_json_text(found))
        return
    table = Table("quiz", "title", "mode", "questions", "attempts", "points")
    for one in found:
        tried = f"{one.attempts}" + ("" if one.allowed is None else f" of {one.allowed}")
        points = (
            "under way"
            if one.under_way
            else ""
            if one.points is None
            else f"{one.points:.4g} of {one.possible:g}"
        )
        table.add_row(one.quiz, one.title, one.mode, f"{one.questions}", tried, points)
    Console().print(table)


@app.command()
def review(name: Annotated[str, typer.Argument(help="A quiz you took.")]) -> None:
    """Go through the attempt you handed in last: your answers, the right ones, and why.

    Example: sorcery quiz review cnn
    """
    from quizzes.attempts import Attempts
    from quizzes.history import finished
    from quizzes.plain import review as go_through
    from quizzes.session import Session, SystemClock

    quiz = Path(name).stem
    with Attempts(_state()) as attempts:
        names = finished(attempts, quiz)
        if not names:
            raise UsageError(f"no attempt at {quiz!r} was handed in; take it: sorcery quiz take {name}")
        go_through(Session.resume(attempts, names[-1], SystemClock()), lambda text: echo([text]))


add_commands(app)
