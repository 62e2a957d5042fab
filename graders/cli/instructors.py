"""What instructors ask for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from graders.cli.app import INTERRUPTED, SOME_UNGRADED, app
from graders.cli.output import as_json_text, print_changes, print_result, print_table, progress, short
from graders.errors import UsageError
from graders.untrusted import for_terminal, on_one_line

if TYPE_CHECKING:
    from graders.autograde import Handed
    from graders.course import Course, Topic
    from graders.overview import Overview
    from graders.publish import Round

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
def grade(
    topic: Annotated[
        str,
        typer.Argument(
            help="The topic's id in course.yaml; with --nbgrader, the assignment's name; "
            "with --otter, of the notebooks the first."
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
) -> None:
    """Grade every notebook: a result file for each, the gradebook, feedback and a report.

    Interrupted with Ctrl-C it finishes what is running; run again it goes on where it was.

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
    from graders.autograde import collected_submissions, find_submissions
    from graders.course import find_course
    from graders.extensions import read_extensions

    if otter is None and (output or solution or in_process):
        raise UsageError("--output, --solution and --in-process go with --otter AUTOGRADER")
    if otter is not None:
        from graders.cli.foreign_otter import grade_otter, warn_of_unpassed

        found = grade_otter(
            otter, [Path(topic), *(paths or [])], output, solution, isolation, jobs, in_process
        )
        done = _grade_all(found.course, found.topic, found.handed, isolation, jobs, force, seed)
        warn_of_unpassed(done.results)
        _finish(found.course, done, len(found.handed), as_json)
    if nbgrader is not None:
        if paths or seed is not None:
            raise UsageError("--nbgrader grades all that was handed in: name no notebooks, and no seed")
        from graders.cli.foreign_nbgrader import grade_nbgrader

        raise typer.Exit(grade_nbgrader(nbgrader, topic, isolation, jobs, as_json, force))
    course = find_course()
    chosen = course.topic(topic)
    extensions = read_extensions(course)  # their faults before the work, not after it
    if paths:
        handed = find_submissions(paths, chosen.id)
    else:
        handed = collected_submissions(course.state / "collected", chosen, extensions)
    done = _grade_all(course, chosen, handed, isolation, jobs, force, seed)
    _finish(course, done, len(handed), as_json)


def _finish(course: Course, done: Round, handed: int, as_json: bool) -> NoReturn:
    from graders.publish import publish

    page = publish(done.view, done.results)
    if as_json:
        typer.echo(as_json_text(done.results))
    else:
        print_table(done.results)
        typer.echo(f"feedback: {short(course.state / 'feedback')}\nreport: {short(page)}")
    if done.interrupted:
        typer.echo(
            f"interrupted: {len(done.results)} of {handed} are done; the same command goes on", err=True
        )
    raise typer.Exit(_exit_code(done))


@app.command(rich_help_panel=PANEL)
def regrade(
    topic: Annotated[str, typer.Argument(help="The topic's id in course.yaml.")],
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Grading processes; 0: one a core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the changes as JSON.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also what no change of tests concerns.")] = False,
    isolation: Annotated[str, typer.Option(help="As in `grade`.")] = "",
) -> None:
    """Grade all kept submissions by the tests as they are now, and say whose points changed.

    What people gave stays. Gradebook, feedback and report follow.

    Example: sorcery regrade cnn
    """
    from graders.autograde import kept_submissions
    from graders.grades import changes
    from graders.publish import publish
    from graders.store import ResultStore

    before = _look(topic)
    handed = kept_submissions(ResultStore(before.course.state, before.topic.id))
    if not handed:
        raise UsageError(f"nothing of {before.topic.id} was graded yet")
    done = _grade_all(before.course, before.topic, handed, isolation, jobs, force)
    publish(done.view, done.results)
    found = changes(before.grades, done.view.grades)
    if as_json:
        typer.echo(as_json_text(found))
    else:
        print_changes(found)
        typer.echo(f"{len({change.student for change in found})} of {len(handed)} students' points changed")
    raise typer.Exit(_exit_code(done))


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
    from graders.feedback import feedback_markdown, write_feedback
    from graders.hand_back import hand_back
    from graders.publish import look

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
    pages = write_feedback(view, [student] if student else view.grades)
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
    from graders.report import summarise, write_report

    view = _look(topic)
    found = summarise(view.topic, list(view.grades.values()), view.results)
    if as_json:
        typer.echo(as_json_text(found))
    else:
        typer.echo(short(write_report(view, found)))


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


def _grade_all(
    course: Course,
    topic: Topic,
    handed: list[Handed],
    isolation: str,
    jobs: int,
    force: bool,
    seed: int | None = None,
) -> Round:
    from graders.publish import grade_all
    from graders.sandbox.tiers import choose

    tier = choose(isolation)
    with progress(len(handed), f"{topic.id} ({tier} isolation)") as report:
        return grade_all(course, topic, handed, tier, report, jobs=jobs, force=force, seed=seed)


def _look(topic: str) -> Overview:
    from graders.course import find_course
    from graders.publish import look

    course = find_course()
    return look(course, course.topic(topic))


def _exit_code(done: Round) -> int:
    from graders.records import Verdict

    verdicts = [result.verdict for result in done.results]
    if done.interrupted:
        return INTERRUPTED
    if Verdict.UNGRADED in verdicts:
        return SOME_UNGRADED
    return 1 if all(verdict is Verdict.REJECTED for verdict in verdicts) else 0
