"""What instructors ask for beside grading."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli.app import app
from graders.cli.output import as_json_text, short
from graders.errors import UsageError
from graders.untrusted import for_terminal, on_one_line

if TYPE_CHECKING:
    from graders.course import Course, Topic

PANEL = "Instructors"
AUTOGRADER_FORMAT = "gradescope-autograder"


@app.command(rich_help_panel=PANEL)
def release(
    topics: Annotated[list[str], typer.Argument(help="Ids of topics.")],
    to: Annotated[Path | None, typer.Option("--to", help="A folder, in place of the exchange.")] = None,
    archive: Annotated[
        Path | None, typer.Option("--zip", help="A zip file, in place of the exchange.")
    ] = None,
) -> None:
    """Hand topics out: notebook, public tests, data and course.yaml, into the exchange or elsewhere.

    Example: sorcery release cnn --zip cnn.zip
    """
    from graders.course import find_course
    from graders.release import hand_out, make_release

    course = find_course()
    made = [make_release(course, course.topic(name)) for name in dict.fromkeys(topics)]
    for place in hand_out(course, made, to, archive):
        typer.echo(short(place))


@app.command(rich_help_panel=PANEL)
def collect(
    topic: Annotated[str, typer.Argument(help="The topic's id in course.yaml.")],
    sources: Annotated[list[Path], typer.Argument(help="Folders or zip files, as downloaded.")],
    scheme: Annotated[
        str,
        typer.Option(
            help="moodle, canvas, gradescope, exchange, nbgrader or plain; found out when left out."
        ),
    ] = "",
    foreign: Annotated[
        bool, typer.Option("--copied", help="A copy of an exchange: its owners say nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Take submissions from a download of Moodle, Canvas or Gradescope, or from nbgrader's exchange.

    Every version is kept; `sorcery grade` then takes the one that counts. Who is who says
    graders/roster.csv. What is not clear is listed, and not taken: then the exit code is 1.

    Example: sorcery collect cnn submissions.zip
    """
    from graders.collect import collect as gather
    from graders.course import find_course
    from graders.roster import course_roster
    from graders.versions import store

    course = find_course()
    chosen = course.topic(topic)
    found = gather(chosen.id, sources, course_roster(course), scheme=scheme, check_owner=not foreign)
    written = store(found, course.state / "collected")
    unclear = {
        name: getattr(found, name) for name in ("unknown", "ambiguous", "spoofed", "refused", "duplicate")
    }
    if as_json:
        taken = [
            {"student": one.student, "submitted": one.submitted, "file": one.file, "sha256": one.sha256}
            for one in found.taken
        ]
        typer.echo(as_json_text({"taken": taken, "new": len(written), **unclear}))
    else:
        students = len({one.student for one in found.taken})
        typer.echo(f"{len(found.taken)} submissions of {students} students, {len(written)} of them new")
        for name, entries in unclear.items():
            for entry in entries:
                typer.echo(f"{name}: {entry.place}: {entry.reason}")
    raise typer.Exit(
        1 if any(unclear[name] for name in ("unknown", "ambiguous", "spoofed", "refused")) else 0
    )


@app.command(rich_help_panel=PANEL)
def feedback(
    topic: Annotated[str, typer.Argument(help="The topic's id in course.yaml.")],
    student: Annotated[str, typer.Argument(help="Only of this one: printed here, or released.")] = "",
    release: Annotated[
        bool, typer.Option("--release", help="Hand it back through the exchange it was handed in by.")
    ] = False,
) -> None:
    """Write each student's feedback, as results and the gradebook now stand. A student gets their own.

    Where nothing was graded, but something was handed in, this is a student's: what was released to them
    is fetched from the exchange and printed.

    Example: sorcery feedback cnn --release
    """
    from graders.course import find_course
    from graders.store import ResultStore

    course = find_course()
    chosen = course.topic(topic)
    if not (student or release or ResultStore(course.state, chosen.id).any()):
        _own_feedback(course, chosen)
        return
    from graders.exchange import exchange_of
    from graders.feedback import feedback_markdown
    from graders.hand_back import hand_back
    from graders.publish import give_feedback, look

    view = look(course, chosen)
    if student and student not in view.grades:
        raise UsageError(f"nothing of {on_one_line(student)} for {view.topic.id}")
    if student and not release:
        grade, result = view.grades[student], view.results.get(student)
        typer.echo(feedback_markdown(view.course, view.topic, grade, result))
        return
    exchange = exchange_of(course) if release else None
    if release and exchange is None:
        raise UsageError("course.yaml names no exchange; send the pages another way")
    pages = give_feedback(view, [student] if student else view.grades)
    typer.echo(f"{len(pages)} pages in {short(view.course.state / 'feedback')}")
    if exchange is not None:
        back = hand_back(view, exchange, pages)
        typer.echo(f"handed back to {len(back.students)} students")
        for name in back.elsewhere:
            typer.echo(f"{name}: not handed in by the exchange; send the page", err=True)


def _own_feedback(course: Course, topic: Topic) -> None:
    from graders.student.feedback import fetch_feedback

    found = fetch_feedback(course, topic)
    if found.text:
        typer.echo(for_terminal(found.text))
    typer.echo(f"with your notebook: {short(found.page)}")


@app.command(rich_help_panel=PANEL)
def report(
    topic: Annotated[str, typer.Argument(help="The topic's id in course.yaml.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print its values as JSON.")] = False,
) -> None:
    """Write the instructor's page of a topic: scores, questions, failures, times, similarity.

    Example: sorcery report cnn
    """
    from graders.course import find_course
    from graders.publish import look, publish
    from graders.report import summarise

    course = find_course()
    view = look(course, course.topic(topic))
    if as_json:
        typer.echo(as_json_text(summarise(view.topic, view.grades.values(), view.results)))
    else:
        typer.echo(short(publish(view, (), force=True)))


@app.command(
    rich_help_panel=PANEL, context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def formgrader(context: typer.Context) -> None:
    """Open nbgrader's formgrader in JupyterLab, to grade written answers; more options are Jupyter's.

    What is given there comes back in feedback, report and export, and a later regrade leaves it alone.

    Example: sorcery formgrader --no-browser
    """
    import subprocess

    from graders.course import find_course
    from graders.formgrader import command

    course = find_course()
    if not (course.state / "source").is_dir():
        raise UsageError("nothing was graded yet; see: sorcery grade --help")
    raise typer.Exit(subprocess.run(command(course, context.args), cwd=course.state, check=False).returncode)


@app.command(rich_help_panel=PANEL)
def export(
    names: Annotated[
        list[str] | None, typer.Argument(help="Topics, and quizzes as quiz-NAME; all when left out.")
    ] = None,
    form: Annotated[str, typer.Option("--format", "-f", help="nbgrader, canvas, moodle, ...")] = "nbgrader",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file, or a folder.")] = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Count what waits for a person as it stands.")
    ] = False,
    gradescope: Annotated[
        bool, typer.Option("--gradescope", help=f"The same as --format {AUTOGRADER_FORMAT}.")
    ] = False,
) -> None:
    """Write grades for another system: nbgrader, Canvas, Moodle, Gradescope, or as JUnit XML.

    The format `gradescope` is of results; `gradescope-autograder` is the zip file by which Gradescope itself
    grades one topic, with this grader and the topic's tests in it.

    Example: sorcery export cnn --format canvas -o grades.csv
    """
    if gradescope or form == AUTOGRADER_FORMAT:
        _export_autograder(names or [], output)
        return
    from graders.course import find_course
    from graders.export import export_files, find_format, identities
    from graders.publish import look, other_grades
    from graders.roster import course_roster
    from graders.store import write_atomically

    chosen, course = find_format(form), find_course()
    topics = [topic.id for topic in course.topics]
    others = [name for name in names or () if name not in topics]
    views = [look(course, course.topic(name)) for name in names or topics if name in topics]
    grades = [grade for view in views for grade in view.grades.values()]
    if others or not names:
        grades += other_grades(course, others)
    files = export_files(
        chosen,
        grades,
        results={
            (topic, name): one for v in views for topic in [v.topic.id] for name, one in v.results.items()
        },
        students=identities(course_roster(course) or ()),
        titles={view.topic.id: view.topic.title for view in views},
        unfinished=unfinished,
    )
    folder = output or course.state / "exports"
    alone = output is not None and len(files) == 1 and not output.is_dir()
    for name, content in files.items():
        write_atomically(folder if alone else folder / name, content)
    typer.echo(f"{len(files)} {'file' if len(files) == 1 else 'files'}: {short(folder)}")


def _export_autograder(topics: list[str], output: Path | None) -> None:
    from graders.course import find_course
    from graders.foreign.gradescope import autograder_zip
    from graders.store import write_atomically

    if len(topics) != 1:
        raise UsageError(f"name one topic: sorcery export TOPIC --format {AUTOGRADER_FORMAT}")
    course = find_course()
    topic = course.topic(topics[0])
    path = output or course.state / "exports" / f"{topic.id}-autograder.zip"
    write_atomically(path, autograder_zip(course, topic))
    typer.echo(short(path))


@app.command(rich_help_panel=PANEL)
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say how submissions are confined on this machine, what is missing and how to get it.

    Exit code 1 when untrusted submissions cannot be confined here.

    Example: sorcery doctor
    """
    from graders.records import Tier
    from graders.sandbox.doctor import ENFORCED, diagnose

    diagnosis = diagnose()
    if as_json:
        typer.echo(as_json_text(diagnosis.as_dict()))
    else:
        typer.echo("isolation")
        for tier, why in diagnosis.tiers.items():
            chosen = " (used when none is asked for)" if tier == diagnosis.best else ""
            typer.echo(f"  {tier:<9} {why or ENFORCED[Tier(tier)] + chosen}")
        typer.echo("this machine")
        for finding in diagnosis.findings:
            typer.echo(
                f"  {finding.name:<11} {'ok     ' if finding.good else 'missing'}  {for_terminal(finding.what)}"
            )
            if finding.mend:
                typer.echo(f"{'':>22}{for_terminal(finding.mend)}")
    raise typer.Exit(0 if diagnosis.best else 1)
