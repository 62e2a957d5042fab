"""`sorcery quiz`, for those who write quizzes and score them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graders.cli.output import as_json_text, echo, short
from graders.errors import UsageError
from quizzes.cli_app import app, files


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
    for path in files(names or []):
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
def release(
    name: Annotated[str, typer.Argument(help="A quiz, or a file of one.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to put the file for students.")
    ] = None,
    variants: Annotated[int, typer.Option(min=1, max=1000, help="Of each question with parameters.")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was released as JSON.")] = False,
) -> None:
    """Make a quiz into a file for students that holds no key, to be taken for a grade.

    Without --output it goes into the course's exchange, or else here. The key stays in .sorcery: keep that.

    Example: sorcery quiz release cnn --output cnn.quiz
    """
    from graders.course import find_course
    from graders.exchange import exchange_of
    from graders.store import write_atomically
    from quizzes.bank import read_bank
    from quizzes.bundle import read_bundle
    from quizzes.publish import entry
    from quizzes.release import release as make

    (path,) = files([name])
    course, bank = find_course(), read_bank(path)
    made = make(bank, course.state, variants)
    exchange = exchange_of(course)
    if output is None and exchange is not None:
        place = exchange.put_out(entry(bank.quiz.id), made.name, made.read_bytes())
    else:
        place = output or Path(made.name)
        place = place / made.name if place.is_dir() else place
        write_atomically(place, made.read_bytes())
    bundle, sha256 = read_bundle(made)
    if as_json:
        found = {"quiz": bundle.quiz, "release": bundle.release, "file": place, "sha256": sha256}
        typer.echo(as_json_text(found | {"questions": len(bundle.questions)}))
    else:
        typer.echo(f"{len(bundle.questions)} questions, release {bundle.release}: {short(place)}")


@app.command()
def collect(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders, zip files and .response files; the exchange when left out."),
    ] = None,
    foreign: Annotated[
        bool, typer.Option("--foreign", help="Users of the exchange are none of this machine.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Take in what students handed in of graded quizzes.

    What was cut off, edited, is another's or comes a second time is told and not taken: then the exit code
    is 1.

    Example: sorcery quiz collect downloads/submissions.zip
    """
    from graders.course import find_course
    from graders.exchange import exchange_of
    from graders.roster import course_roster
    from quizzes.collect import collect as gather

    course = find_course()
    exchange = exchange_of(course)
    if not sources:
        if exchange is None:
            raise UsageError("course.yaml names no exchange; name the files that were handed in")
        sources = [exchange.inbound]
    found = gather(course.state, sources, course_roster(course), check_owner=not foreign)
    if as_json:
        typer.echo(as_json_text(found))
    else:
        new = sum(one.new for one in found.taken)
        students = len({one.student for one in found.taken})
        typer.echo(f"{len(found.taken)} responses of {students} students, {new} of them new")
        echo(f"{one.fault}: {one.place}: {one.reason}" for one in found.refused)
    raise typer.Exit(1 if found.refused else 0)


@app.command()
def score(
    name: Annotated[str, typer.Argument(help="A quiz, or a file of one.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
) -> None:
    """Score what was collected of a graded quiz, into the gradebook as quiz-NAME.

    The key is the quiz file's of now: after it was mended, score again, and see whose points changed.

    Example: sorcery quiz score cnn
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from graders.course import find_course
    from quizzes.bank import read_bank
    from quizzes.marking import mark_all
    from quizzes.publish import publish

    (path,) = files([name])
    course, bank = find_course(), read_bank(path)
    marks = mark_all(course.state, bank)
    if not marks:
        raise UsageError(f"nothing of {bank.quiz.id} was collected yet; see: sorcery quiz collect --help")
    publish(course, bank, marks)
    if as_json:
        typer.echo(as_json_text(marks))
        return
    table = Table("student", "attempts", "points", "before")
    for mark in marks:
        before = "" if mark.before is None or mark.before == mark.points else f"{mark.before:.4g}"
        points = f"{mark.points:.4g} of {mark.possible:g}"
        table.add_row(escape(mark.student), f"{mark.attempts}", points, before)
    Console().print(table)
