"""Two submissions that share code, beside each other: a part of the report's page."""

from __future__ import annotations

import html
from collections.abc import Sequence

from graders.code_tokens import lines
from graders.similarity import Pair, Source, Span
from graders.untrusted import for_terminal, on_one_line


def side_by_side(pair: Pair, first: Source, second: Source) -> str:
    """An HTML fragment: a section whose table has a row for each two cells that share code, their lines
    numbered and the shared ones marked. Text of students stands in it escaped, as text only.

    Raises ValueError when the sources are not those of the pair.
    """
    if (first.student, second.student) != (pair.first, pair.second):
        raise ValueError(f"the pair is of {pair.first} and {pair.second}, in this order")
    one, other = _plain(first.student), _plain(second.student)
    rows = "".join(
        f"<tr>{_column(match.first, first)}{_column(match.second, second)}</tr>\n" for match in pair.matches
    )
    return (
        '<section class="similarity">\n'
        f"<h3>{one} and {other}: {pair.similarity:.0%} shared</h3>\n"
        f"<p>{pair.shared} fingerprints in common, {pair.similarity:.0%} of those of the shorter one. "
        "This is no proof of copying.</p>\n"
        f"<table>\n<caption>Cells of {one} and {other} that share code; shared lines are marked</caption>\n"
        f'<thead><tr><th scope="col">{one}</th><th scope="col">{other}</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody>\n</table>\n</section>\n"
    )


def _column(spans: Sequence[Span], source: Source) -> str:
    cell = spans[0].cell
    ranges = ", ".join(
        f"{span.first}–{span.last}" if span.last > span.first else f"{span.first}" for span in spans
    )
    marked = {line for span in spans for line in range(span.first, span.last + 1)}
    code = []
    for number, line in enumerate(lines(dict(source.cells)[cell]), start=1):
        text = html.escape(for_terminal(line))
        code.append(f"{number:4}  {f'<mark>{text}</mark>' if number in marked else text}\n")
    several = "lines" if len(marked) > 1 else "line"
    return f"<td><p>Cell {cell}, {several} {ranges}</p><pre><code>{''.join(code)}</code></pre></td>"


def _plain(name: str) -> str:
    return html.escape(on_one_line(name))
