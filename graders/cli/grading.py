"""Grading, as instructors ask for it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from graders.cli.app import INTERRUPTED, SOME_UNGRADED, app
from graders.cli.output import (
    as_json_text,
    print_changes,
    print_json,
    print_result,
    print_table,
    progress,
    short,
)
from graders.errors import UsageError
from graders.untrusted import for_terminal

if TYPE_CHECKING:
    from graders.autograde import MakePool
    from graders.course import Course
    from graders.publish import Handful, Round
    from graders.records import Tier

PANEL = "Instructors"
EVERY = "all"
CLUSTER = typer.Option(
    "--cluster",
    help="Grade on the workers of this Dask scheduler, tcp://HOST:PORT, or on N started here: local:N.",
)


@app.command(rich_help_panel=PANEL)
def grade(
    topic: Annotated[
        str,
        typer.Argument(
            help="The topic's id in course.yaml, several with commas between, or all; with --nbgrader, the "
            "assignment's name; with --otter, of the notebooks the first."
        ),
    ],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Notebooks, or folders of them; what was collected when left out."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Grading processes; 0: one a core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Grade again what has not changed.")] = False,
    isolation: Annotated[
        str,
        typer.Option(help="full, flat, landlock or none; the best of full and flat when left out."),
    ] = "",
    seed: Annotated[
        int | None, typer.Option(help="Draw the tests' inputs from it, the same each time; else anew.")
    ] = None,
    otter: Annotated[
        Path | None, typer.Option("--otter", help="Grade with this Otter autograder, a zip file or folder.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="With --otter: where results go; beside it when left out.")
    ] = None,
    solution: Annotated[
        Path | None,
        typer.Option("--solution", help="With --otter: a notebook that passes, to try the tests on."),
    ] = None,
    in_process: Annotated[
        bool,
        typer.Option(
            "--in-process",
            help="With --otter: run tests that need live objects beside the student's code, which can then "
            "read and forge them. Marked in all that is written.",
        ),
    ] = False,
    nbgrader: Annotated[
        Path | None, typer.Option("--nbgrader", help="Grade an assignment of this nbgrader course, as it is.")
    ] = None,
    cluster: Annotated[str, CLUSTER] = "",
) -> None:
    """Grade every notebook: a result file for each, the gradebook, feedback and a report.

    Interrupted with Ctrl-C it finishes what is running; run again it goes on where it was. Several topics
    are one batch, of what was collected or of folders with STUDENT/TOPIC.ipynb.

    With --otter AUTOGRADER the tests are those of `otter generate`, and all arguments notebooks or folders
    of them: sorcery grade --otter hw1-autograder.zip submissions/. It makes a course beside it, hw1-graded, in
    which report, export, regrade and the other commands work. Cases that need the live object are found by
    trying, on the solution or else on a few notebooks, and are refused without --in-process.
    With --nbgrader COURSE, what is in COURSE/submitted is graded in place of `nbgrader autograde`: points go
    into the course's own gradebook, notebooks as they ran into COURSE/autograded. Its assertions run in
    the student's process, and are marked so: sorcery grade --nbgrader course ps1

    Exit code 0: all were graded; 1: none could be; 2: the command or the course is wrong;
    3: some are ungraded through a fault of ours; 130: interrupted.

    Example: sorcery grade cnn submissions/ --jobs 4
    """
    from graders.course import find_course

    if otter is None and (output or solution or in_process):
        raise UsageError("--output, --solution and --in-process go with --otter AUTOGRADER")
    if otter is not None:
        from graders.cli.foreign_otter import grade_otter, warn_of_unpassed

        found = grade_otter(
            otter, [Path(topic), *(paths or [])], output, solution, isolation, jobs, in_process
        )
        handfuls: list[Handful] = [(found.topic, found.handed)]
        done = _grade_all(found.course, handfuls, isolation, jobs, force, seed, cluster)
        warn_of_unpassed(done[0])
        _finish(found.course, handfuls, done, as_json, force)
    if nbgrader is not None:
        if paths or seed is not None:
            raise UsageError("--nbgrader grades all that was handed in: name no notebooks, and no seed")
        if cluster:
            raise UsageError("--nbgrader grades on this machine: leave out --cluster")
        from graders.cli.foreign_nbgrader import grade_nbgrader

        raise typer.Exit(grade_nbgrader(nbgrader, topic, isolation, jobs, as_json, force))
    course = find_course()
    handfuls = _handed_in(course, topic, paths)
    done = _grade_all(course, handfuls, isolation, jobs, force, seed, cluster)
    _finish(course, handfuls, done, as_json, force)


def _handed_in(course: Course, named: str, paths: list[Path] | None) -> list[Handful]:
    """Of the topics that are named. Raises UsageError."""
    from graders.extensions import read_extensions
    from graders.handed import collected_submissions, find_by_topic, find_submissions

    every = named == EVERY and EVERY not in [topic.id for topic in course.topics]
    chosen = course.topics if every else [course.topic(name) for name in dict.fromkeys(named.split(","))]
    extensions = read_extensions(course)  # their faults before the work, not after it
    if paths and len(chosen) == 1:
        return [(chosen[0], find_submissions(paths, chosen[0].id))]
    if paths:
        found = find_by_topic(paths, [topic.id for topic in chosen])
        return [(topic, found[topic.id]) for topic in chosen if topic.id in found]
    folder = course.state / "collected"
    collected: list[Handful] = []
    for topic in chosen:
        try:
            collected.append((topic, collected_submissions(folder, topic, extensions)))
        except UsageError:
            if not every:
                raise
    if not collected:
        raise UsageError("nothing was collected; name folders, or see: sorcery collect --help")
    return collected


def _finish(
    course: Course, handfuls: list[Handful], done: list[Round], as_json: bool, force: bool
) -> NoReturn:
    from graders.publish import publish

    pages = [publish(one.view, one.students, force=force) for one in done]
    if as_json:
        print_json(chain.from_iterable(one.results() for one in done))
    else:
        for one in done:
            if len(done) > 1:
                typer.echo(f"{one.view.topic.id}: {for_terminal(one.view.topic.title)}")
            print_table(one.results())
        reports = ", ".join(short(page) for page in pages)
        typer.echo(f"feedback: {short(course.state / 'feedback')}\nreport: {reports}")
    if any(one.interrupted for one in done):
        count, of = sum(len(one.students) for one in done), sum(len(handed) for _, handed in handfuls)
        typer.echo(f"interrupted: {count} of {of} are done; the same command goes on", err=True)
    raise typer.Exit(_exit_code(done))


@app.command(rich_help_panel=PANEL)
def regrade(
    topic: Annotated[str, typer.Argument(help="The topic's id in course.yaml.")],
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Grading processes; 0: one a core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the changes as JSON.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also what no change of tests concerns.")] = False,
    isolation: Annotated[str, typer.Option(help="As in `grade`.")] = "",
    cluster: Annotated[str, CLUSTER] = "",
) -> None:
    """Grade all kept submissions by the tests as they are now, and say whose points changed.

    Questions whose tests are as they were keep what they came to, where a notebook runs as it ran; else all of
    it is graded. What people gave stays. Gradebook, feedback and report follow.

    Example: sorcery regrade cnn
    """
    from graders.course import find_course
    from graders.grades import changes
    from graders.handed import kept_submissions
    from graders.publish import look, publish
    from graders.store import ResultStore

    course = find_course()
    chosen = course.topic(topic)
    before = dict(look(course, chosen).grades)
    handed = kept_submissions(ResultStore(course.state, chosen.id))
    if not handed:
        raise UsageError(f"nothing of {chosen.id} was graded yet")
    (done,) = _grade_all(course, [(chosen, handed)], isolation, jobs, force, cluster=cluster)
    publish(done.view, done.students, force=force)
    found = changes(before, done.view.grades)
    if as_json:
        typer.echo(as_json_text(found))
    else:
        print_changes(found)
        typer.echo(f"{len({change.student for change in found})} of {len(handed)} students' points changed")
    raise typer.Exit(_exit_code([done]))


@app.command(rich_help_panel=PANEL)
def replay(
    result: Annotated[Path, typer.Argument(help="A result file.")],
    question: Annotated[str, typer.Argument(help="A question's id, such as q3.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    isolation: Annotated[str, typer.Option(help="As in `grade`; that of the result when left out.")] = "",
) -> None:
    """Run one question of a graded submission again, on the seed of that time.

    Nothing is written. Exit code 1 when the question now earns other points than then.

    Example: sorcery replay .sorcery/results/cnn/ada.json q3
    """
    from graders.autograde import replayed
    from graders.course import find_course
    from graders.sandbox.tiers import choose
    from graders.store import read_result

    before = read_result(result)
    course = find_course()
    after = replayed(course, before, question, choose(isolation or before.isolation))
    if as_json:
        typer.echo(as_json_text(after))
    else:
        print_result(after)
    then = next((q.points for q in before.questions if q.id == question), None)
    now = next((q.points for q in after.questions), None)
    if then != now:
        typer.echo(f"{question} earned {then} points then and {now} now", err=True)
        raise typer.Exit(1)


@app.command(rich_help_panel=PANEL)
def show(result: Annotated[Path, typer.Argument(help="A result file.")]) -> None:
    """Print one result for a person, staff details included.

    Example: sorcery show .sorcery/results/cnn/ada.json
    """
    from graders.store import read_result

    print_result(read_result(result))


def _grade_all(
    course: Course,
    handfuls: list[Handful],
    isolation: str,
    jobs: int,
    force: bool,
    seed: int | None = None,
    cluster: str = "",
) -> list[Round]:
    from graders.assignment import read_assignment
    from graders.pools import GRADING, start_server
    from graders.publish import all_known, grade_all
    from graders.sandbox.tiers import choose

    if not (force or isolation or cluster):
        known = [all_known(course, topic, handed) for topic, handed in handfuls]
        if all(known):
            return [one for one in known if one]  # without trying how submissions can be confined here
    if not cluster:  # what takes longest first
        start_server(GRADING, [name for topic, _ in handfuls for name in read_assignment(topic).imports])
    with ExitStack() as stack:
        tier, pool = (choose(isolation), None) if not cluster else _cluster(stack, cluster, isolation)
        jobs = jobs or (sys.maxsize if cluster else 0)
        label = ", ".join(topic.id for topic, _ in handfuls)
        total = sum(len(handed) for _, handed in handfuls)
        report = stack.enter_context(progress(total, f"{label} ({tier} isolation)"))
        return grade_all(
            course, handfuls, tier, report,
            jobs=jobs, force=force, seed=seed, pool=pool, watch=report.watch,
        )  # fmt: skip


def _cluster(stack: ExitStack, address: str, isolation: str) -> tuple[Tier, MakePool]:
    from graders.cluster import Cluster

    cluster = stack.enter_context(Cluster(address, isolation))
    for line in cluster.left_out:
        typer.echo(f"left out: {for_terminal(line)}", err=True)
    return cluster.tier, cluster.pool


def _exit_code(done: list[Round]) -> int:
    from graders.records import Verdict

    if any(one.interrupted for one in done):
        return INTERRUPTED
    verdicts = {verdict for one in done for verdict in one.verdicts}
    if Verdict.UNGRADED in verdicts:
        return SOME_UNGRADED
    return 0 if verdicts - {Verdict.REJECTED} else 1
