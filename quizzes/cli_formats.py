"""`sorcery quiz import` and `sorcery quiz export`: quizzes out of other programs' files, and into them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli.output import as_json_text, echo, short
from graders.errors import UsageError
from quizzes.cli_app import app, files

if TYPE_CHECKING:
    from quizzes.formats.base import Imported, Loss

LISTED = 5  # questions that are named, of those that lose the same
_FORMATS = "gift, moodle-xml, aiken, qti12, qti21, csv or text2qti"


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file of another program.", exists=False)],
    format_: Annotated[
        str | None, typer.Option("--format", help=f"{_FORMATS}; told by the file when left out.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where the quiz goes; quizzes/banks/NAME.yaml when left out."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a quiz that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Make a quiz of another program's file. What cannot be carried over is said.

    Images go to a folder beside it, NAME_media.

    Example: sorcery quiz import questions.gift
    """
    from graders.store import write_atomically
    from quizzes.formats.base import FormatError
    from quizzes.formats.media import placed
    from quizzes.formats.write_yaml import to_yaml

    if output is not None and output.suffix != ".yaml":
        raise UsageError(f"{short(output)}: a quiz is a file NAME.yaml")
    try:
        found = _read(file, format_, output.stem if output else file.stem)
        path = output or _banks() / f"{found.file.quiz.id}.yaml"
        quiz, media = placed(found.file, found.media, f"{path.stem}_media")
    except FormatError as error:
        raise FormatError(f"{short(file)}: {error}") from None
    files = {path.parent / name: data for name, data in media.items()}
    text = to_yaml(quiz).encode()
    for target in (path, *files):
        if target.exists() and not force:
            raise UsageError(f"{short(target)} is there already; --force replaces it")
    _check(path, text)
    for target, data in files.items():
        write_atomically(target, data)
    write_atomically(path, text)
    questions = len(quiz.questions)
    _print(as_json, path, questions, found.losses, f"lint it: sorcery quiz lint {_named(path)}")


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="A quiz, or a file of one.")],
    format_: Annotated[str, typer.Option("--format", help=f"{_FORMATS}, or anki.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where it goes; NAME with the format's suffix when left out."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Draw the values of parameters from it.")] = 0,
    variants: Annotated[
        int, typer.Option(help="How many questions become of one with parameters, each with its values.")
    ] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Write a quiz for another program. What it cannot hold is said.

    Example: sorcery quiz export cnn --format gift
    """
    from graders.store import write_atomically
    from quizzes.bank import read_bank
    from quizzes.formats.base import Source
    from quizzes.formats.draw import drawn
    from quizzes.formats.media import gathered
    from quizzes.formats.registry import known

    writer = known(format_).load()
    (path,) = files([name])
    bank = read_bank(path)
    file, losses = drawn(bank, seed, variants)
    media, missing = gathered(file, path.parent)
    exported = writer.write(Source(file, media))
    target = output or Path(f"{path.stem}{writer.SUFFIXES[0]}")
    if target.exists() and not force:
        raise UsageError(f"{short(target)} is there already; --force replaces it")
    write_atomically(target, exported.data)
    out = {loss.question for loss in exported.losses if loss.what.startswith("left out")}
    questions = sum(question.id not in out for question in file.questions)
    _print(as_json, target, questions, (*losses, *missing, *exported.losses), "")


def _read(file: Path, name: str | None, called: str) -> Imported:
    from quizzes.formats.base import MAX_BYTES, FormatError
    from quizzes.formats.registry import detect, known

    try:
        if file.stat().st_size > MAX_BYTES:
            raise FormatError(f"larger than {MAX_BYTES >> 20} MiB; split it")
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{short(file)} cannot be read: {error.strerror}") from None
    chosen = name or detect(data, file)
    hint = "" if name else f" (read as {chosen}; --format names another)"
    entry = known(chosen)
    read = entry.load().read if entry.reads else None
    if read is None:
        raise FormatError(f"{chosen} is written, not read")
    try:
        return read(data, called)
    except FormatError as error:
        raise FormatError(f"{error}{hint}") from None


def _banks() -> Path:
    from graders.course import find_course
    from quizzes.bank import BANKS

    try:
        return find_course().root / BANKS
    except UsageError as error:
        raise UsageError(f"{error}, so say --output NAME.yaml") from None


def _check(path: Path, text: bytes) -> None:
    """Reads what is to be written as any quiz is read. Raises FormatError when it cannot be."""
    import tempfile

    from graders.errors import AuthorError, InternalError
    from graders.strict_yaml import MAX_BYTES
    from quizzes.bank import read_bank
    from quizzes.formats.base import FormatError

    if len(text) > MAX_BYTES:
        raise FormatError(f"{short(path)} would be larger than {MAX_BYTES >> 20} MiB; split the file")
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder, path.name)
        draft.write_bytes(text)
        try:
            read_bank(draft)
        except AuthorError as error:
            raise InternalError(f"what was imported is no quiz: {error.problems[0].message}") from None


def _named(path: Path) -> str:
    from quizzes.bank import BANKS

    return path.stem if path.parent.parts[-2:] == BANKS.parts else short(path)


def _print(as_json: bool, path: Path, questions: int, losses: Sequence[Loss], after: str) -> None:
    if as_json:
        typer.echo(as_json_text({"file": str(path), "questions": questions, "losses": list(losses)}))
        return
    echo(_lines(losses))
    typer.echo(f"{short(path)}: {questions} question{'' if questions == 1 else 's'}")
    if after:
        typer.echo(after, err=True)


def _lines(losses: Sequence[Loss]) -> Iterator[str]:
    """Each loss once, with the questions it is of."""
    from graders.untrusted import on_one_line

    of: dict[str, list[str]] = {}
    for loss in losses:
        of.setdefault(on_one_line(loss.what), []).append(loss.question)
    for what, names in of.items():
        named = list(dict.fromkeys(filter(None, names)))
        shown = ", ".join(named[:LISTED]) + (
            f" and {len(named) - LISTED} more" if len(named) > LISTED else ""
        )
        yield f"{what} ({shown})" if shown else what
