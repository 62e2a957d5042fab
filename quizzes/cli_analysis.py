"""`sorcery quiz analyse` and `sorcery quiz concepts`: parse, call, print, exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli.output import as_json_text, echo, short
from graders.errors import UsageError
from graders.untrusted import on_one_line
from quizzes.cli_app import app, files, state

if TYPE_CHECKING:
    from graders.course import Course
    from quizzes.analysis.analyse import Analysis
    from quizzes.analysis.concepts import ConceptView, Notebook
    from quizzes.analysis.matrix import Which

_AS_JSON = typer.Option("--json", help="Print everything as JSON, and write no page.")


@app.command()
def analyse(
    name: Annotated[str, typer.Argument(help="A quiz, or a file of one.")],
    attempt: Annotated[str, typer.Option(help="Which of a student's counts: first, last or best.")] = "first",
    as_json: Annotated[bool, _AS_JSON] = False,
    html: Annotated[Path | None, typer.Option(help="Where the page goes.")] = None,
) -> None:
    """Say how a quiz's questions did: too easy, too hard, a wrong key, a misleading choice.

    Needs scored attempts. Writes a page with curves, too.

    Example: sorcery quiz analyse cnn
    """
    from graders.store import write_atomically
    from quizzes.analysis.analyse import analyse as look
    from quizzes.analysis.page import analysis_html
    from quizzes.bank import read_bank
    from quizzes.results import FOLDER, read_scored

    which = _which(attempt)
    (path,) = files([name])
    bank = read_bank(path)
    kept = state()
    attempts = read_scored(kept, bank.quiz.id)
    if not attempts:
        raise UsageError(f"no attempt at {bank.quiz.id} was scored yet; see: sorcery quiz score --help")
    analysis = look(bank, attempts, which)
    if as_json:
        typer.echo(as_json_text(analysis))
        return
    page = html or kept / FOLDER / bank.quiz.id / "analysis.html"
    write_atomically(page, analysis_html(analysis).encode())
    _print(analysis)
    typer.echo(short(page))


def _which(attempt: str) -> Which:
    from quizzes.analysis.matrix import WHICH

    for known in WHICH:
        if known == attempt:
            return known
    raise UsageError(f"no attempt {attempt!r}; write one of {', '.join(WHICH)}")


def _print(analysis: Analysis) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from quizzes.analysis.page import two_digits, with_interval

    reliable = analysis.reliability
    echo([f"{analysis.title}: {analysis.takers} takers, the {analysis.attempt} attempt of each"])
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("question", overflow="fold", min_width=16)
    for head in ("n", "p", "r", "r all", "D27", "α without"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("look", overflow="fold")
    for item in analysis.items:
        values = (item.facility, item.discrimination, item.uncorrected, item.d27, item.alpha_without)
        table.add_row(
            escape(on_one_line(item.id)),
            f"{item.takers}",
            *(two_digits(estimate.value) for estimate in values),
            ", ".join(dict.fromkeys(flag.sign for flag in item.flags)),
        )
    Console().print(table)
    size = f" of a paper of {reliable.questions:.3g} questions, from pairs" if reliable.pairwise else ""
    echo([f"α{size}: {with_interval(reliable.alpha)}"])
    if reliable.sem is not None:
        echo([f"standard error of a total: {reliable.sem:.2f} of {reliable.questions:.3g} questions"])
    if not analysis.model.fitted:
        echo([f"2PL not fitted: {analysis.model.reason}"])
    if analysis.unseen:
        echo([f"never drawn: {', '.join(analysis.unseen)}"])
    for flag in analysis.flags:
        echo([f"{flag.item}: {on_one_line(flag.sentence)}"])


@app.command()
def concepts(
    attempt: Annotated[str, typer.Option(help="Which of a student's counts: first, last or best.")] = "first",
    as_json: Annotated[bool, _AS_JSON] = False,
    html: Annotated[Path | None, typer.Option(help="Where the page goes.")] = None,
) -> None:
    """Say of each concept who can say it (quizzes) and who can do it (notebooks).

    A concept is a tag that a quiz question has, and a notebook question in course.yaml:
    `concepts: {q1: [convolution]}`.

    Example: sorcery quiz concepts
    """
    from graders.course import find_course
    from graders.store import write_atomically
    from quizzes.analysis.concepts import QuizResults, concept_view
    from quizzes.analysis.page import concepts_html
    from quizzes.bank import find_banks, read_bank
    from quizzes.results import FOLDER, read_scored

    which = _which(attempt)
    course = find_course()
    quizzes = []
    for path in find_banks(course.root).values():
        bank = read_bank(path)
        tags = {name: question.tags for name, question in bank.questions.items()}
        quizzes.append(QuizResults(bank.quiz.id, tags, read_scored(course.state, bank.quiz.id)))
    view = concept_view(quizzes, _notebooks(course), which)
    if as_json:
        typer.echo(as_json_text(view))
        return
    page = html or course.state / FOLDER / "concepts.html"
    write_atomically(page, concepts_html(view).encode())
    _print_concepts(view)
    typer.echo(short(page))


def _notebooks(course: Course) -> list[Notebook]:
    """The topics with concepts; grades of those in which something was graded."""
    from graders.publish import look
    from graders.store import ResultStore
    from quizzes.analysis.concepts import Notebook

    found = []
    for topic in course.topics:
        if topic.concepts and ResultStore(course.state, topic.id).any():
            view = look(course, topic)
            found.append(Notebook(topic.id, view.concepts(), tuple(view.grades.values())))
        elif topic.concepts:
            found.append(Notebook(topic.id, topic.concepts, ()))
    return found


def _print_concepts(view: ConceptView) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from quizzes.analysis.page import with_interval

    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("concept", overflow="fold")
    for head in ("can say", "can do", "both", "say", "do", "none"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("r")
    for one in view.concepts:
        cells = (one.both, one.only_say, one.only_do, one.neither)
        table.add_row(
            escape(on_one_line(one.name)),
            f"{one.can_say}/{one.said}",
            f"{one.can_do}/{one.did}",
            *(f"{count}" for count in cells),
            with_interval(one.r),
        )
    if view.concepts:
        Console().print(table)
        echo([f"can: a share of {view.threshold:g} or more; say and do: only that"])
    for what, names in (
        ("met by nobody yet", view.untried),
        ("only in quizzes", view.only_quiz),
        ("only in notebooks", view.only_notebook),
    ):
        if names:
            echo([f"{what}: {', '.join(map(on_one_line, names))}"])
