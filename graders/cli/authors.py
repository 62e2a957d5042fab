"""What authors of a course ask for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from graders.cli.app import INTERRUPTED, app
from graders.cli.output import as_json_text, print_proofs, progress, short

PANEL = "Authors"


@app.command(rich_help_panel=PANEL)
def new(
    topic: Annotated[str, typer.Argument(help="Its id: letters, digits, - and _.")],
    title: Annotated[str, typer.Option(help="Its title; the id in words when left out.")] = "",
) -> None:
    """Begin a topic: master, tests, variants, notebook and its entry in course.yaml, all to be filled.

    Example: sorcery new attention --title "Attention and transformers"
    """
    from graders.course import find_course
    from graders.new import new_topic

    for path in new_topic(find_course(), topic, title):
        typer.echo(short(path))


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


@app.command(rich_help_panel=PANEL)
def prove(
    topic: Annotated[str, typer.Argument(help="The topic's id; all topics when left out.")] = "",
    repeats: Annotated[
        int | None,
        typer.Option(min=0, help="Gradings of the solution on fresh seeds; course.yaml's when left out."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Grading processes; 0: one a core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Grade again what has not changed.")] = False,
    isolation: Annotated[str, typer.Option(help="As in `grade`.")] = "",
) -> None:
    """Find out whether topics grade fairly: solution, blank, right answers, mistakes, fresh seeds.

    The solution must earn everything, the released notebook nothing, and what is written in
    solutions/TOPIC_variants.yaml what it says there. Exit code 1 when something does not hold.

    Example: sorcery prove cnn
    """
    from graders.autograde import Interrupted
    from graders.course import find_course
    from graders.prove import prepare
    from graders.prove import prove as find_out
    from graders.publish import cores
    from graders.sandbox.tiers import choose

    course = find_course()
    chosen = [course.topic(topic)] if topic else list(course.topics)
    ready = [prepare(course, one, repeats) for one in chosen]
    tier = choose(isolation)
    found = []
    try:
        for one in ready:
            with progress(len(one.submissions), one.topic.id) as report:
                found.append(find_out(one, tier, report, jobs=jobs or cores(), force=force))
    except Interrupted:
        typer.echo("interrupted: what was graded is kept; the same command goes on", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        typer.echo(as_json_text([{"holds": proof.holds, **asdict(proof)} for proof in found]))
    else:
        print_proofs(found)
    raise typer.Exit(0 if all(proof.holds for proof in found) else 1)
