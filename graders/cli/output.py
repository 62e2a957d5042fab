"""How values are shown: on a terminal, as JSON, as progress. All text of students is made harmless here."""

from __future__ import annotations

import contextlib
import shutil
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING

import typer

from graders.untrusted import for_terminal, on_one_line, printable

if TYPE_CHECKING:
    from graders.grades import Change
    from graders.prove import Proof
    from graders.records import Result

NARROWEST = 10  # columns, for a column that is wrapped


STRAGGLING_SECONDS = 10.0
STRAGGLERS = 3  # named at once


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
    if found.regraded:
        typer.echo(f"graded {found.started}: {', '.join(found.regraded)}; the rest is of an earlier time")
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
    rows: list[tuple[str, str, str, str]] = []
    counts: Counter[str] = Counter()
    beside: set[str] = set()
    for result in results:
        points = f"{result.points:g}/{result.possible:g}" if result.questions else ""
        weaker = f"{len(result.in_process)} cases in process" if result.in_process else ""
        note = "; ".join(part for part in (on_one_line(result.reason), weaker) if part)
        rows.append((result.student, result.verdict, intern(points), note))
        counts[result.verdict] += 1
        beside.update(result.in_process)
    for line in table(("student", "verdict", "points", "note"), rows):
        typer.echo(line)
    typer.echo(", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))
    if beside:
        cases = ", ".join(sorted(beside))
        typer.echo(f"in process, so weaker (a student's code could read and forge them): {cases}")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Its lines, as rich draws them, the last column wrapped to the terminal's width: rich itself needs
    kilobytes for a line, and longer than reading the result it tells of."""
    width = [
        max(_width(head), max((_width(row[place]) for row in rows), default=0))
        for place, head in enumerate(heads)
    ]
    room = shutil.get_terminal_size().columns - sum(width[:-1]) - 3 * len(width) - 1
    width[-1] = min(width[-1], max(room, _width(heads[-1]), NARROWEST))

    def rule(left: str, line: str, between: str, right: str) -> str:
        return left + between.join(line * (cells + 2) for cells in width) + right

    def row(cells: Sequence[str], bar: str) -> str:
        padded = (cell + " " * (cells - _width(cell)) for cell, cells in zip(cells, width, strict=True))
        return f"{bar} " + f" {bar} ".join(padded) + f" {bar}"

    yield rule("┏", "━", "┳", "┓")
    yield row(heads, "┃")
    yield rule("┡", "━", "╇", "┩")
    for *cells, last in rows:
        for part in _wrapped(last, width[-1]):
            yield row([*cells, part], "│")
            cells = [""] * len(cells)
    yield rule("└", "─", "┴", "┘")


def _wrapped(text: str, width: int) -> list[str]:
    if text.isascii():
        return textwrap.wrap(text, width) or [""]
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and _width(lines[-1]) + 1 + _width(word) <= width:
            lines[-1] += f" {word}"
            continue
        lines += [""] if lines[-1] else []
        for char in word:
            if _width(lines[-1]) + _width(char) > width:
                lines.append("")
            lines[-1] += char
    return lines


def _width(text: str) -> int:
    """Columns of a terminal that `text` takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


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


class Bar:
    """How far a batch is: call it with each result, and `watch` with what is under way."""

    def __init__(self, show: Callable[[int, str], None], label: str) -> None:
        self._show, self._label = show, label
        self._counts: Counter[str] = Counter()
        self._slow = ""

    def __call__(self, result: Result) -> None:
        self._counts[result.verdict] += 1
        self._update(1)

    def watch(self, running: Sequence[tuple[str, float]]) -> None:
        """Tells of stragglers: student and seconds."""
        slow = sorted((one for one in running if one[1] >= STRAGGLING_SECONDS), key=lambda one: -one[1])
        more = f" and {len(slow) - STRAGGLERS} more" if len(slow) > STRAGGLERS else ""
        named = ", ".join(f"{on_one_line(student)} {seconds:.0f} s" for student, seconds in slow[:STRAGGLERS])
        slow_now = f"still at {named}{more}" if slow else ""
        if slow_now != self._slow:
            self._slow = slow_now
            self._update(0)

    def _update(self, advance: int) -> None:
        told = [f"{count} {verdict}" for verdict, count in self._counts.most_common()]
        told += [self._slow] if self._slow else []
        self._show(advance, f"{self._label}: {', '.join(told)}")


@contextlib.contextmanager
def progress(total: int, label: str) -> Iterator[Bar]:
    """A bar on stderr with counts by verdict; silent when stderr is no terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=total)
        yield Bar(lambda advance, text: bar.update(task, advance=advance, description=escape(text)), label)
