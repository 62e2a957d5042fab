"""The command `sorcery`: parse, call, print, exit code."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.errors import SorceryError, UsageError
from graders.untrusted import for_terminal, on_one_line, printable

if TYPE_CHECKING:
    from graders.autograde import Handed
    from graders.course import Course, Topic
    from graders.export import Identity
    from graders.grades import Change
    from graders.overview import Overview
    from graders.records import Result
    from graders.roster import Roster

app = typer.Typer(
    help="Autograde deep-learning notebooks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

SOME_UNGRADED = 3
INTERRUPTED = 130


_debugging = False


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show where in our code a fault arose.")] = False,
) -> None:
    global _debugging
    _debugging = debug


@app.command()
def grade(
    topic: Annotated[str, typer.Argument(help="The topic's id in course.yaml.")],
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
) -> None:
    """Grade every notebook: a result file for each, the gradebook, feedback and a report.

    Interrupted with Ctrl-C it finishes what is running; run again it goes on where it was.

    Exit code 0: all were graded; 1: none could be; 2: the command or the course is wrong;
    3: some are ungraded through a fault of ours; 130: interrupted.

    Example: sorcery grade cnn submissions/ --jobs 4
    """
    from graders.autograde import collected_submissions, find_submissions
    from graders.course import find_course
    from graders.extensions import read_extensions

    course = find_course()
    chosen = course.topic(topic)
    extensions = read_extensions(course)  # their faults before the work, not after it
    if paths:
        handed = find_submissions(paths, chosen.id)
    else:
        handed = collected_submissions(course.state / "collected", chosen, extensions)
    results, interrupted, view = _autograde(course, chosen, handed, isolation, jobs, force, seed)
    page = _publish(view, results)
    if as_json:
        typer.echo(_json(results))
    else:
        _print_table(results)
        typer.echo(f"feedback: {_short(course.state / 'feedback')}\nreport: {_short(page)}")
    if interrupted:
        typer.echo(
            f"interrupted: {len(results)} of {len(handed)} are done; the same command goes on", err=True
        )
    raise typer.Exit(INTERRUPTED if interrupted else _exit_code(results))


@app.command()
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
    from graders.versions import store

    course = find_course()
    chosen = course.topic(topic)
    found = gather(chosen.id, sources, _roster(course), scheme=scheme, check_owner=not foreign)
    written = store(found, course.state / "collected")
    unclear = {
        name: getattr(found, name) for name in ("unknown", "ambiguous", "spoofed", "refused", "duplicate")
    }
    if as_json:
        taken = [
            {"student": one.student, "submitted": one.submitted, "file": one.file, "sha256": one.sha256}
            for one in found.taken
        ]
        typer.echo(_json({"taken": taken, "new": len(written), **unclear}))
    else:
        students = len({one.student for one in found.taken})
        typer.echo(f"{len(found.taken)} submissions of {students} students, {len(written)} of them new")
        for name, entries in unclear.items():
            for entry in entries:
                typer.echo(f"{name}: {entry.place}: {entry.reason}")
    raise typer.Exit(
        1 if any(unclear[name] for name in ("unknown", "ambiguous", "spoofed", "refused")) else 0
    )


def _roster(course: Course) -> Roster | None:
    from graders.roster import read_roster

    path = course.root / "graders" / "roster.csv"
    return read_roster(path) if path.exists() else None


@app.command()
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
    from graders.store import ResultStore

    before = _view(topic)
    handed = kept_submissions(ResultStore(before.course.state, before.topic.id))
    if not handed:
        raise UsageError(f"nothing of {before.topic.id} was graded yet")
    results, interrupted, after = _autograde(before.course, before.topic, handed, isolation, jobs, force)
    _publish(after, results)
    found = changes(before.grades, after.grades)
    if as_json:
        typer.echo(_json(found))
    else:
        _print_changes(found)
        typer.echo(f"{len({change.student for change in found})} of {len(handed)} students' points changed")
    raise typer.Exit(INTERRUPTED if interrupted else _exit_code(results))


def _autograde(
    course: Course,
    topic: Topic,
    handed: list[Handed],
    isolation: str,
    jobs: int,
    force: bool,
    seed: int | None = None,
) -> tuple[list[Result], bool, Overview]:
    """The results, whether Ctrl-C ended it early, and all that is now known of the topic."""
    from graders.autograde import Batch, Interrupted
    from graders.extensions import read_extensions
    from graders.gradebook import Gradebook
    from graders.overview import overview
    from graders.sandbox.tiers import choose
    from graders.store import Marks

    tier = choose(isolation)
    batch = Batch(course, topic, tier, jobs or _cores(), seed)
    interrupted = False
    with _progress(len(handed), f"{topic.id} ({tier} isolation)") as report:
        try:
            results = batch.grade(handed, report, force=force)
        except Interrupted as stop:
            results, interrupted = stop.results, True
    with Gradebook(course) as book:
        marks = Marks(course.state, topic.id).merge(book.marks(topic.id), topic.drop)
        extensions = read_extensions(course)
        book.record(topic, batch.assignment, results, extensions=extensions, marks=marks)
        return results, interrupted, overview(course, topic, book, expected=_expected(course))


def _publish(view: Overview, results: list[Result]) -> Path:
    """Feedback of these, and the topic's report, whose page is returned."""
    from graders.feedback import write_feedback
    from graders.formgrader import lay_out
    from graders.report import summarise, write_report

    students = [result.student for result in results]
    write_feedback(view, students)
    lay_out(view, students)
    return write_report(view, summarise(view.topic, list(view.grades.values()), view.results))


def _print_changes(found: list[Change]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("student", "question", "before", "after")
    for change in found:
        points = ("–" if p is None else f"{p:g}" for p in (change.before, change.after))
        table.add_row(escape(change.student), escape(change.question) or "total", *points)
    if found:
        Console().print(table)


@app.command()
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
        typer.echo(_json(after))
    else:
        _print_result(after)
    then = next((q.points for q in before.questions if q.id == question), None)
    now = next((q.points for q in after.questions), None)
    if then != now:
        typer.echo(f"{question} earned {then} points then and {now} now", err=True)
        raise typer.Exit(1)


@app.command()
def feedback(
    topic: Annotated[str, typer.Argument(help="The topic's id in course.yaml.")],
    student: Annotated[str, typer.Argument(help="Only of this one, printed here.")] = "",
) -> None:
    """Write each student's feedback, as results and the gradebook now stand.

    Example: sorcery feedback cnn
    """
    from graders.feedback import feedback_markdown, write_feedback

    view = _view(topic)
    if student:
        if student not in view.grades:
            raise UsageError(f"nothing of {on_one_line(student)} for {view.topic.id}")
        grade, result = view.grades[student], view.results.get(student)
        typer.echo(feedback_markdown(view.course, view.topic, grade, result))
    else:
        written = write_feedback(view, view.grades)
        typer.echo(f"{len(written)} pages in {_short(view.course.state / 'feedback')}")


@app.command()
def report(
    topic: Annotated[str, typer.Argument(help="The topic's id in course.yaml.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print its values as JSON.")] = False,
) -> None:
    """Write the instructor's page of a topic: scores, questions, failures, times, similarity.

    Example: sorcery report cnn
    """
    from graders.report import summarise, write_report

    view = _view(topic)
    found = summarise(view.topic, list(view.grades.values()), view.results)
    if as_json:
        typer.echo(_json(found))
    else:
        typer.echo(_short(write_report(view, found)))


@app.command()
def export(
    topics: Annotated[list[str] | None, typer.Argument(help="Ids of topics; all when left out.")] = None,
    form: Annotated[str, typer.Option("--format", "-f", help="nbgrader, canvas, moodle, ...")] = "nbgrader",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file, or a folder.")] = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Count what waits for a person as it stands.")
    ] = False,
) -> None:
    """Write grades for another system: nbgrader, Canvas, Moodle, Gradescope, or as JUnit XML.

    Example: sorcery export cnn --format canvas -o grades.csv
    """
    from graders.course import find_course
    from graders.export import FORMATS, CourseFormat
    from graders.strict_yaml import suggest

    if form not in FORMATS:
        listed = "\n".join(f"  {name:<16} {known.about}" for name, known in FORMATS.items())
        raise UsageError(f"no format {form!r}{_or(suggest(form, FORMATS))}; there are\n{listed}")
    course = find_course()
    views = [_view(name) for name in topics or [topic.id for topic in course.topics]]
    chosen = FORMATS[form]
    if isinstance(chosen, CourseFormat):
        grades = [grade for view in views for grade in view.grades.values()]
        titles = {view.topic.id: view.topic.title for view in views}
        files = {chosen.file: chosen.write(grades, _identities(course), titles, unfinished)}
    else:
        files = {
            chosen.file.format(student=f"{grade.student}-{view.topic.id}"): chosen.write(
                grade, view.results[grade.student]
            )
            for view in views
            for grade in view.grades.values()
            if grade.student in view.results and grade.verdict is not None and grade.verdict != "ungraded"
        }
    _write_files(files, output, course.state / "exports")


def _identities(course: Course) -> dict[str, Identity]:
    from graders.export import Identity

    return {
        student.id: Identity(
            id=student.known_as("sid") or student.id,
            first_name=student.first_name,
            last_name=student.last_name,
            email=student.email,
            canvas_id=student.known_as("canvas_id"),
            username=student.known_as("username") or student.known_as("login"),
        )
        for student in _roster(course) or ()
    }


def _write_files(files: dict[str, bytes], output: Path | None, folder: Path) -> None:
    from graders.store import write_atomically

    alone = output is not None and len(files) == 1 and not output.is_dir()
    for name, content in files.items():
        path = output if output is not None and alone else (output or folder) / name
        write_atomically(path, content)
    where = output if output is not None and alone else output or folder
    typer.echo(f"{len(files)} {'file' if len(files) == 1 else 'files'}: {_short(where)}")


def _or(mend: str) -> str:
    return f"; {mend}" if mend else ""


def _short(path: Path) -> str:
    """From here, where that is shorter."""
    try:
        return printable(path.relative_to(Path.cwd()))
    except ValueError:
        return printable(path)


def _view(topic: str) -> Overview:
    from graders.course import find_course
    from graders.gradebook import Gradebook
    from graders.overview import overview

    course = find_course()
    chosen = course.topic(topic)
    with Gradebook(course) as book:
        return overview(course, chosen, book, expected=_expected(course))


def _expected(course: Course) -> tuple[str, ...]:
    return tuple(student.id for student in _roster(course) or ())


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
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
        typer.echo(_json(diagnosis.as_dict()))
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


@app.command()
def show(result: Annotated[Path, typer.Argument(help="A result file.")]) -> None:
    """Print one result for a person, staff details included.

    Example: sorcery show .sorcery/results/cnn/ada.json
    """
    from graders.store import read_result

    _print_result(read_result(result))


@app.command("list")
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
    typer.echo(_json(listed) if as_json else "\n".join(table(course, listed)))


@app.command()
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
        typer.echo(f"{change.what:<7}  {printable(change.path)}{_or(change.why)}")
    if not changes:
        typer.echo(f"{topic} is as it was released")


@app.command()
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


@app.command()
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
    checked = student.check(
        planned, lambda result: None if as_json else _echo(student.lines(planned, result))
    )
    typer.echo(_json(student.as_json(planned, checked)) if as_json else student.summary(planned, checked))
    raise typer.Exit(0 if checked.passed else 1)


@app.command()
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
    _echo(student.lines(submission, version, again=before is not None))


@app.command()
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
        typer.echo(_short(place))


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(for_terminal(line))


def _json(value: object) -> str:
    """In ASCII: JSON itself lets through what turns a terminal's text around."""
    import json

    import msgspec

    return json.dumps(msgspec.to_builtins(value))


def _print_result(found: Result) -> None:
    head = f"{found.student}  {found.topic}  {found.verdict}  {found.points:g}/{found.possible:g}"
    typer.echo(f"{head}  {for_terminal(found.reason)}".rstrip())
    for question in found.questions:
        typer.echo(f"\n{question.id}  {question.points:g}/{question.possible:g}  (seed {question.seed})")
        for case in question.cases:
            hidden = "hidden" if case.hidden else "public"
            typer.echo(
                f"  {case.verdict:<11} {case.points:g}/{case.possible:g}  {hidden}  {for_terminal(case.name)}"
            )
            if case.detail:
                typer.echo("\n".join(f"      {line}" for line in for_terminal(case.detail).splitlines()))
    for cell in found.cells:
        if cell.error:
            typer.echo(f"\ncell {cell.index}  {cell.verdict}  {on_one_line(cell.error)}")


@contextlib.contextmanager
def _progress(total: int, label: str) -> Iterator[Callable[[Result], None]]:
    """A bar on stderr with counts by verdict; silent when stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    counts: Counter[str] = Counter()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=total)

        def report(result: Result) -> None:
            counts[result.verdict] += 1
            listed = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
            bar.update(task, advance=1, description=f"{label}: {listed}")

        yield report


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _exit_code(results: list[Result]) -> int:
    from graders.records import Verdict

    verdicts = Counter(result.verdict for result in results)
    if verdicts[Verdict.UNGRADED]:
        return SOME_UNGRADED
    return 1 if verdicts[Verdict.REJECTED] == len(results) else 0


def _print_table(results: list[Result]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("student", "verdict", "points", "note")
    for result in results:
        points = f"{result.points:g}/{result.possible:g}" if result.questions else ""
        table.add_row(escape(result.student), result.verdict, points, escape(on_one_line(result.reason)))
    Console().print(table)
    counts = Counter(str(result.verdict) for result in results)
    typer.echo(", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console may not have every character
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except SorceryError as error:
        if _debugging:
            raise
        print(for_terminal(str(error)), file=sys.stderr)
        sys.exit(error.exit_code)
    except Exception as error:
        if _debugging:
            raise
        text = on_one_line(str(error))
        print(
            f"a fault of ours: {type(error).__name__}: {text} (sorcery --debug ... shows where)",
            file=sys.stderr,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
