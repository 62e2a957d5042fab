"""How values are shown: on a terminal, as JSON, as progress. All text of students is made harmless here."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from graders.untrusted import for_terminal, on_one_line, printable

if TYPE_CHECKING:
    from graders.grades import Change
    from graders.prove import Proof
    from graders.records import Result


def short(path: Path) -> str:
    """From here, where that is shorter."""
    try:
        return printable(path.relative_to(Path.cwd()))
    except ValueError:
        return printable(path)


def echo(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(for_terminal(line))


def as_json_text(value: object) -> str:
    """In ASCII: JSON itself lets through what turns a terminal's text around."""
    import json

    import msgspec

    return json.dumps(msgspec.to_builtins(value, enc_hook=_path))


def print_json(results: Iterable[Result]) -> None:
    """A JSON array of all of them, of which one at a time is in memory."""
    before = "["
    for result in results:
        typer.echo(before + _in_ascii(result), nl=False)
        before = ", "
    typer.echo("]" if before != "[" else "[]")


def _in_ascii(result: Result) -> str:
    import json

    import msgspec

    text = msgspec.json.encode(result)
    return text.decode() if text.isascii() else json.dumps(msgspec.json.decode(text))


def _path(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"no JSON for a {type(value).__name__}")


def print_result(found: Result) -> None:
    head = f"{found.student}  {found.topic}  {found.verdict}  {found.points:g}/{found.possible:g}"
    typer.echo(f"{head}  {for_terminal(found.reason)}".rstrip())
    for question in found.questions:
        where = "in the student's process" if question.in_process else f"seed {question.seed}"
        typer.echo(f"\n{question.id}  {question.points:g}/{question.possible:g}  ({where})")
        for case in question.cases:
            hidden = ("hidden" if case.hidden else "public") + (" in process" if case.in_process else "")
            typer.echo(
                f"  {case.verdict:<11} {case.points:g}/{case.possible:g}  {hidden}  {for_terminal(case.name)}"
            )
            if case.detail:
                typer.echo("\n".join(f"      {line}" for line in for_terminal(case.detail).splitlines()))
    for cell in found.cells:
        if cell.error:
            typer.echo(f"\ncell {cell.index}  {cell.verdict}  {on_one_line(cell.error)}")


def print_table(results: Iterable[Result]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("student", "verdict", "points", "note")
    counts: Counter[str] = Counter()
    beside: set[str] = set()
    for result in results:
        counts[result.verdict] += 1
        beside.update(result.in_process)
        points = f"{result.points:g}/{result.possible:g}" if result.questions else ""
        weaker = f"{len(result.in_process)} cases in process" if result.in_process else ""
        note = "; ".join(part for part in (on_one_line(result.reason), weaker) if part)
        table.add_row(escape(result.student), result.verdict, points, escape(note))
    Console().print(table)
    typer.echo(", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))
    if beside:
        cases = ", ".join(sorted(beside))
        typer.echo(f"in process, so weaker (a student's code could read and forge them): {cases}")


def print_changes(found: list[Change]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("student", "question", "before", "after")
    for change in found:
        points = ("–" if p is None else f"{p:g}" for p in (change.before, change.after))
        table.add_row(escape(change.student), escape(change.question) or "total", *points)
    if found:
        Console().print(table)


def print_proofs(found: list[Proof]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    heads = ("topic", "cases", "solution", "blank", "others", "mistakes", "seeds")
    table = Table(*heads, box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("s", justify="right")
    table.add_column("proven")
    for proof in found:
        table.add_row(
            proof.topic,
            f"{proof.public}+{proof.hidden}",
            f"{proof.solution:g}/{proof.possible:g}",
            f"{proof.blank:g}",
            *(f"{tally.right}/{tally.of}" for tally in (proof.alternatives, proof.mistakes, proof.repeats)),
            f"{proof.seconds:.1f}",
            "yes" if proof.holds else "no",
        )
    Console().print(table)
    for proof in found:
        echo(f"{problem}" for problem in proof.problems)
        echo(f"let pass: {note}" for note in proof.notes)


@contextlib.contextmanager
def progress(total: int, label: str) -> Iterator[Callable[[Result], None]]:
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
