"""The command `sorcery`: parse, call, print, exit code."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.errors import SorceryError

if TYPE_CHECKING:
    from graders.records import Result

app = typer.Typer(
    help="Autograde deep-learning notebooks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

SOME_UNGRADED = 3


@app.callback()
def _root() -> None:
    pass


@app.command()
def grade(
    topic: Annotated[str, typer.Argument(help="The topic's id in course.yaml.")],
    paths: Annotated[list[Path], typer.Argument(help="Notebooks, or folders of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Grade again what has not changed.")] = False,
    isolation: Annotated[
        str, typer.Option(help="full, flat or none; the best this machine has when left out.")
    ] = "",
) -> None:
    """Grade every notebook and write a result for each.

    Exit code 0: all were graded; 1: none could be; 2: the command or the course is wrong;
    3: some are ungraded through a fault of ours.

    Example: sorcery grade cnn submissions/
    """
    from graders.autograde import Grader, find_submissions
    from graders.course import find_course
    from graders.sandbox.tiers import choose

    course = find_course()
    chosen = course.topic(topic)
    handed = find_submissions(paths, chosen.id)
    tier = choose(isolation)
    with (
        Grader(course, chosen, tier) as grader,
        typer.progressbar(handed, label="grading", file=sys.stderr) as waiting,
    ):
        results = [grader.grade(one, force=force) for one in waiting]
    if as_json:
        import msgspec

        typer.echo(msgspec.json.encode(results).decode())
    else:
        _print_table(results)
    raise typer.Exit(_exit_code(results))


@app.command()
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


@app.command()
def show(result: Annotated[Path, typer.Argument(help="A result file.")]) -> None:
    """Print one result for a person, staff details included.

    Example: sorcery show .sorcery/results/cnn/ada.json
    """
    from graders.store import read_result

    found = read_result(result)
    typer.echo(
        f"{found.student}  {found.topic}  {found.verdict}  {found.points:g}/{found.possible:g}  {found.reason}".rstrip()
    )
    for question in found.questions:
        typer.echo(f"\n{question.id}  {question.points:g}/{question.possible:g}  (seed {question.seed})")
        for case in question.cases:
            hidden = "hidden" if case.hidden else "public"
            typer.echo(
                f"  {case.verdict:<11} {case.points:g}/{case.possible:g}  {hidden}  {_plain(case.name)}"
            )
            if case.detail:
                typer.echo("\n".join(f"      {line}" for line in _plain(case.detail).splitlines()))


def _exit_code(results: list[Result]) -> int:
    from graders.records import Verdict

    verdicts = Counter(result.verdict for result in results)
    if verdicts[Verdict.UNGRADED]:
        return SOME_UNGRADED
    return 1 if verdicts[Verdict.REJECTED] == len(results) else 0


def _print_table(results: list[Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("student", "verdict", "points", "note")
    for result in results:
        points = f"{result.points:g}/{result.possible:g}" if result.questions else ""
        table.add_row(result.student, result.verdict, points, _plain(result.reason))
    Console().print(table)


def _plain(text: str) -> str:
    """Untrusted text without what a terminal would obey."""
    return "".join(char for char in text if char == "\n" or char.isprintable())


def main() -> None:
    try:
        app()
    except SorceryError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
