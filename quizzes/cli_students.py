"""`sorcery quiz`, for those who take quizzes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli.output import as_json_text, echo, short
from graders.errors import UsageError
from quizzes.cli_app import app, files, state

if TYPE_CHECKING:
    from quizzes.retry import Again
    from quizzes.session import Session


@app.command()
def take(
    name: Annotated[str, typer.Argument(help="A quiz, a file of one, or a released one (NAME.quiz).")],
    seed: Annotated[int | None, typer.Option(help="Draw the paper from it, the same each time.")] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="By lines: for pipes, screen readers, simple terminals.")
    ] = False,
    student: Annotated[
        str, typer.Option("--as", help="Your id, where it is not your login; for a graded quiz.")
    ] = "",
) -> None:
    """Take a quiz, or go on with it. Every answer is kept at once.

    A graded quiz ends with a sealed file to hand in, which is put into the course's exchange if there is one.

    Example: sorcery quiz take cnn
    """
    from quizzes.attempts import Attempts
    from quizzes.bank import read_bank
    from quizzes.history import under_way
    from quizzes.paper import draw_paper, new_seed
    from quizzes.session import Session, SystemClock

    released = _released(name)
    if released is not None:
        if seed is not None:
            raise UsageError("a graded quiz is drawn for you; leave --seed out")
        _take_released(released, name, student, plain)
        return
    (path,) = files([name])
    bank = read_bank(path)
    if bank.quiz.mode == "graded":
        raise UsageError(f"{bank.quiz.id} is graded: release it first (sorcery quiz release {name})")
    with Attempts(state()) as attempts:
        attempt = under_way(attempts, bank.quiz.id)
        if attempt is not None:
            session = Session.resume(attempts, attempt, SystemClock())
            typer.echo(f"Going on with {session.paper.title}.")
        else:
            paper, keys = draw_paper(bank, new_seed() if seed is None else seed)
            session = Session.start(attempts, paper, keys, SystemClock())
        _ask(session, plain)
        if session.state == "under way":
            typer.echo(f"Kept. Go on with: sorcery quiz take {name}")
        else:
            total = session.total()
            typer.echo(f"{total.points:.4g} of {total.possible:g} points. See: sorcery quiz review {name}")


def _released(name: str) -> Path | None:
    """The bundle that a name means; None for a quiz whose key is here."""
    from graders.course import find_course
    from graders.exchange import exchange_of
    from quizzes.bank import find_banks
    from quizzes.bundle import SUFFIX

    path = Path(name)
    if path.suffix in (SUFFIX, ".yaml"):
        return path if path.suffix == SUFFIX else None
    try:
        course = find_course()
    except UsageError:
        return None
    exchange = exchange_of(course)
    if exchange is None or name in find_banks(course.root):
        return None
    place = exchange.outbound / f"quiz-{name}" / f"{name}{SUFFIX}"
    return place if place.is_file() else None


def _take_released(path: Path, name: str, student: str, plain: bool) -> None:
    from graders.student.submit import who
    from quizzes.attempts import Attempts
    from quizzes.bundle import draw_released, read_bundle
    from quizzes.hand_in import handed_in
    from quizzes.history import finished, under_way
    from quizzes.session import Session, SystemClock

    bundle, sha256 = read_bundle(path)
    with Attempts(state()) as attempts:
        attempt = under_way(attempts, bundle.quiz, "released", student or None)
        over = [
            Session.resume(attempts, one, SystemClock())
            for one in finished(attempts, bundle.quiz, "released", student or None)
        ]
        # What was taken of another release can only be opened with that one's key.
        waiting = [one for one in over if one.paper.release == bundle.release and not handed_in(one, state())]
        for session in waiting:  # its time ran out meanwhile, or the exchange could not be reached
            _hand_in(session, bundle.public_key, name)
        if waiting:
            return
        if attempt is not None:
            session = Session.resume(attempts, attempt, SystemClock())
            typer.echo(f"Going on with {session.paper.title}, as {session.paper.student}.")
        else:
            taker = who(student)
            number = 1 + len([one for one in over if one.paper.student == taker])
            paper = draw_released(bundle, sha256, taker, number)
            session = Session.start(attempts, paper, None, SystemClock())
        if session.paper.release != bundle.release:
            raise UsageError(f"an attempt at another release of {bundle.quiz} is open; take that to its end")
        _ask(session, plain)
        if session.state == "under way":
            typer.echo(f"Kept. Go on with: sorcery quiz take {name}")
        else:
            _hand_in(session, bundle.public_key, name)


@app.command()
def submit(
    name: Annotated[str, typer.Argument(help="The released quiz (NAME.quiz), or its name in the exchange.")],
    student: Annotated[str, typer.Option("--as", help="As in `take`, where several took it here.")] = "",
) -> None:
    """Hand in once more what you took last of a graded quiz: the same answers, where the file was lost.

    Example: sorcery quiz submit cnn.quiz
    """
    from quizzes.attempts import Attempts
    from quizzes.bundle import read_bundle
    from quizzes.history import finished
    from quizzes.session import Session, SystemClock

    path = _released(name)
    if path is None:
        raise UsageError(f"no released quiz {name!r}; name its file, NAME.quiz")
    bundle, _ = read_bundle(path)
    with Attempts(state()) as attempts:
        names = finished(attempts, bundle.quiz, "released", student or None)
        over = [Session.resume(attempts, one, SystemClock()) for one in names]
        of_this = [one for one in over if one.paper.release == bundle.release]
        if not of_this:
            raise UsageError(f"you took no attempt at this release of {bundle.quiz} to its end here")
        _hand_in(of_this[-1], bundle.public_key, name)


def _hand_in(session: Session, public_key: str, name: str) -> None:
    from quizzes.hand_in import hand_in

    try:
        handed = hand_in(session, public_key, state())
    except UsageError as error:
        raise UsageError(
            f"{error}; your answers are kept, hand in with: sorcery quiz submit {name}"
        ) from None
    echo([f"sha256 of what you hand in: {handed.sha256}"])
    if handed.exchange is None:
        echo([f"Now upload {short(handed.path)}: only then it is handed in."])
    else:
        echo([f"Handed in: {short(handed.exchange)}. Your own copy: {short(handed.path)}"])


def _ask(session: Session, plain: bool) -> None:
    if plain or not _whole_terminal():
        from quizzes.plain import take as take_plain

        take_plain(session, _line, lambda text: echo([text]))
    else:
        from quizzes.tui.app import run

        run(session)


def _whole_terminal() -> bool:
    import os
    import sys

    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def _line(prompt: str) -> str | None:
    try:
        return input(prompt)
    except EOFError:
        return None


@app.command()
def retry(
    name: Annotated[str, typer.Argument(help="A quiz you took, or its file.")],
    everything: Annotated[
        bool, typer.Option("--all", help="All that you once had wrong, due or not.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="By lines, as in `take`.")] = False,
) -> None:
    """Answer again what you had wrong, when it is time for it (spaced repetition).

    Example: sorcery quiz retry cnn
    """
    from datetime import UTC, datetime

    from quizzes.attempts import Attempts
    from quizzes.bank import read_bank
    from quizzes.history import finished, under_way
    from quizzes.paper import draw_paper, new_seed
    from quizzes.retry import deck, due
    from quizzes.session import Session, SystemClock

    (path,) = files([name])
    bank = read_bank(path)
    with Attempts(state()) as attempts:
        attempt = under_way(attempts, bank.quiz.id, "again")
        if attempt is not None:
            session = Session.resume(attempts, attempt, SystemClock())
            typer.echo(f"Going on with {session.paper.title}.")
        else:
            found = deck(attempts, bank)
            asked = [one.question for one in found] if everything else due(found, datetime.now(UTC))
            if not asked:
                typer.echo(_nothing_due(found, bool(finished(attempts, bank.quiz.id)), name))
                return
            paper, keys = draw_paper(bank, new_seed(), only=asked)
            session = Session.start(attempts, paper, keys, SystemClock())
        _ask(session, plain)
        if session.state == "under way":
            typer.echo(f"Kept. Go on with: sorcery quiz retry {name}")
        else:
            total = session.total()
            left = len(due(deck(attempts, bank), datetime.now(UTC)))
            typer.echo(f"{total.right} of {total.questions} right now; {left} to come again today.")


def _nothing_due(found: list[Again], taken: bool, name: str) -> str:
    if found:
        when = found[0].due.astimezone()
        now = f"all {len(found)} now: sorcery quiz retry {name} --all"
        return f"Nothing is due before {when:%Y-%m-%d %H:%M}; {now}"
    return "You had nothing wrong." if taken else f"Take it to its end first: sorcery quiz take {name}"


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

    with Attempts(state()) as attempts:
        found = [summary(attempts, read_bank(path)) for path in files([])]
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
    with Attempts(state()) as attempts:
        names = finished(attempts, quiz)
        if not names:
            raise UsageError(f"no attempt at {quiz!r} was handed in; take it: sorcery quiz take {name}")
        go_through(Session.resume(attempts, names[-1], SystemClock()), lambda text: echo([text]))
