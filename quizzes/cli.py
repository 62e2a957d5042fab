"""`sorcery quiz`: parse, call, print, exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graders.cli.output import as_json_text, echo, short
from graders.errors import UsageError

app = typer.Typer(help="Quizzes: write them, take them, score them.", no_args_is_help=True)


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
