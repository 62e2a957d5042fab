"""Which submissions of one topic share code. For a person to look into; never proof of copying.

Fingerprints by winnowing: S. Schleimer, D. S. Wilkerson, A. Aiken, "Winnowing: Local Algorithms for
Document Fingerprinting", SIGMOD 2003, which is also what MOSS does. A submission is taken as tokens
that survive renaming, reformatting, other constants and another order of functions and cells
(graders.code_tokens). Every GRAM consecutive tokens are hashed; of each WINDOW consecutive hashes the
least is a fingerprint. From this follow two thresholds:

    noise       nothing shorter than GRAM = 10 tokens ever matches
    guarantee   every run of GUARANTEE = WINDOW + GRAM - 1 = 13 tokens that two submissions share,
                within one function or between two, gives both a fingerprint in common

A statement of a deep-learning exercise is 7 to 8 tokens on average (`loss += reg * np.sum(W * W)`, a
long one, is 11). So one statement that a formula dictates seldom matches by itself, and two in the same
order do. Answers are a few statements long: thresholds for whole programs would see little of them. Of
k = 8 to 24 and w = 1 to 8 none told altered copies from independent answers better.

What everybody has does not count: first whatever the released notebook holds, each run of GRAM tokens
or more; then, given enough submissions, what more than half of them hold (MOSS's -m). If more than
half have copied from one another, that is not seen.

What the numbers mean. Measured on the answers of twelve unrelated authors to one exercise, the loss of
a softmax classifier and its gradient, each twice, 230 to 420 tokens, where formulas and lecture notes
dictate much (66 pairs; few, and the thresholds were chosen on them):

    independent answers                       median 0.12, nine in ten below 0.24, highest 0.36
    the same, less what half of them hold     median 0.06, nine in ten below 0.13, highest 0.31
    a copy with other names, constants, order of functions                  1.00
    a copy, three statements in ten moved, split or preceded by a new one   median 0.77, lowest 0.57
    a copy, one statement in two                                            median 0.57, lowest 0.38
    unrelated library code (780 pairs)        median 0.00, nine in ten below 0.03, highest 0.33

An easier exercise has fewer ways to solve it, and independent answers are then more alike; among the
many pairs of a large course some are so by chance. Look at the whole list and at the code. Common
sources (lecture notes, a book, an assistant) look like copying. One copied answer among many
independent ones hardly moves the number of a whole notebook; give `compare` the cells of one question
to see it.
"""

from __future__ import annotations

import html
import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations
from pathlib import Path

from graders.code_tokens import CodeTokens, Token, code_tokens, code_words, lines
from graders.untrusted import for_terminal, on_one_line

GRAM = 10  # tokens; the paper's k
WINDOW = 4  # hashes; its w
GUARANTEE = GRAM + WINDOW - 1

_PRIME = (1 << 61) - 1
_BASE = 0x1B873593CC9E2D51 % _PRIME


@dataclass(frozen=True, slots=True)
class Source:
    """One student's code cells: pairs of the cell's index in the notebook and its text."""

    student: str
    cells: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Lines `first` to `last` of a cell, both included, from 1."""

    cell: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Match:
    """What a cell of the first and a cell of the second have in common; spans of one side do not touch."""

    first: tuple[Span, ...]
    second: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two students, `first` before `second` by name. `shared` distinct fingerprints occur in both;
    `similarity` is their share, 0 to 1, of those of whichever has fewer."""

    first: str
    second: str
    similarity: float
    shared: int
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`pairs` from the most similar on. `cut` are the students whose notebooks have more code than is
    read (graders.code_tokens): nothing can be said of the rest of it."""

    pairs: tuple[Pair, ...]
    cut: tuple[str, ...]


def compare(
    sources: Iterable[Source],
    template: Source | None = None,
    *,
    least_similarity: float = 0.4,
    least_shared: int = 10,
    common: float = 0.5,
    common_from: int = 10,
) -> Comparison:
    """All pairs that share at least `least_shared` fingerprints and `least_similarity` of them.

    `template` holds the cells of what everybody was given: the released notebook, and any other given
    code besides. With at least `common_from` submissions, blank ones too, a fingerprint that more than
    the share `common` of them have does not count. The order of `sources` does not matter.

    Takes any text in the cells; nothing of it is run. Raises ValueError when a student is given twice.
    The time grows with the code and with the pairs that share a fingerprint; text is never compared.
    """
    by_student: dict[str, Source] = {}
    for source in sources:
        if source.student in by_student:
            raise ValueError("a student is given twice")
        by_student[source.student] = source
    return _compare(
        sorted(by_student),
        by_student.__getitem__,
        template,
        least_similarity,
        least_shared,
        common,
        common_from,
    )


def compare_notebooks(notebooks: Sequence[tuple[str, Path]], template: Path, matched: int) -> Comparison:
    """As `compare`, of pairs of student and notebook as it ran. They are read one by one, and of each only
    fingerprints are kept; matches are found for the first `matched` pairs."""
    paths = dict(notebooks)
    return _compare(
        sorted(paths),
        lambda student: read_source(student, paths[student]),
        read_source("", template),
        matched=matched,
    )


def read_source(student: str, notebook: Path) -> Source:
    """The code of a notebook that grading left, or of a released one; none where there is none."""
    try:
        cells = json.loads(notebook.read_bytes())["cells"]
    except FileNotFoundError:
        cells = []
    code = [
        (index, "".join(cell["source"])) for index, cell in enumerate(cells) if cell["cell_type"] == "code"
    ]
    return Source(student, tuple(code))


def _compare(
    students: Sequence[str],
    read: Callable[[str], Source],
    template: Source | None,
    least_similarity: float = 0.4,
    least_shared: int = 10,
    common: float = 0.5,
    common_from: int = 10,
    matched: int | None = None,
) -> Comparison:
    given = _given(template)
    cut: list[str] = []
    holders: dict[int, array[int]] = {}
    for index, student in enumerate(students):
        tokens = code_tokens(read(student).cells)
        if tokens.cut:
            cut.append(student)
        for fingerprint in _print(tokens, given).places:
            holders.setdefault(fingerprint, array("L")).append(index)
    most = common * len(students) if len(students) >= common_from else len(students)
    sizes = array("L", bytes(array("L").itemsize * len(students)))
    shared: Counter[tuple[int, int]] = Counter()
    for those in holders.values():
        if len(those) <= most:
            for index in those:
                sizes[index] += 1
            shared.update(combinations(those, 2))
    alike = [
        (count / min(sizes[one], sizes[other]), count, one, other)
        for (one, other), count in shared.items()
        if count >= least_shared and count / min(sizes[one], sizes[other]) >= least_similarity
    ]
    alike.sort(key=lambda pair: (-pair[0], -pair[1], pair[2], pair[3]))
    printed = lru_cache(maxsize=2)(lambda index: _print(code_tokens(read(students[index]).cells), given))
    pairs = []
    for place, (similarity, count, one, other) in enumerate(alike):
        matches: tuple[Match, ...] = ()
        if matched is None or place < matched:
            first, second = printed(one), printed(other)
            both = [
                fingerprint
                for fingerprint in first.places
                if fingerprint in second.places and len(holders[fingerprint]) <= most
            ]
            matches = _matches(both, first, second)
        pairs.append(Pair(students[one], students[other], similarity, count, matches))
    return Comparison(tuple(pairs), tuple(cut))


def _given(template: Source | None) -> frozenset[int]:
    """All k-grams of the template, of which winnowing would keep only some."""
    if template is None:
        return frozenset()
    units = [*code_tokens(template.cells).units, *code_words(template.cells).units]
    return frozenset(gram for unit in units for gram in grams([token.kind for token in unit]))


@dataclass(frozen=True, slots=True)
class _Printed:
    """A submission: what of it is its own, and where in that each fingerprint first is, as the index of
    the run and of the token in it, in this order."""

    runs: tuple[Sequence[Token], ...]
    places: dict[int, tuple[int, int]]


def _print(tokens: CodeTokens, given: frozenset[int]) -> _Printed:
    runs = tuple(run for unit in tokens.units for run in _own_runs(unit, given))
    places: dict[int, tuple[int, int]] = {}
    for index, run in enumerate(runs):
        for fingerprint, at in fingerprints([token.kind for token in run]):
            places.setdefault(fingerprint, (index, at))
    return _Printed(runs, places)


def _own_runs(unit: Sequence[Token], given: frozenset[int]) -> Iterator[Sequence[Token]]:
    """What stays of a unit when every k-gram that was given is taken out of it."""
    end = 0
    for at, gram in enumerate(grams([token.kind for token in unit])):
        if gram in given:
            if at > end:
                yield unit[end:at]
            end = at + GRAM
    yield unit[end:]


def fingerprints(kinds: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of fingerprint and the place in `kinds` where its GRAM tokens begin, in order of place.

    The same in every process. Whatever two sequences have GUARANTEE or more consecutive tokens in
    common share a fingerprint; nothing shorter than GRAM tokens has one.
    """
    hashes = grams(kinds)
    return [(hashes[at], at) for at in winnow(hashes, WINDOW)]


def grams(kinds: Sequence[str]) -> list[int]:
    """The rolling hash (Karp and Rabin 1987) of each GRAM consecutive tokens."""
    values = [_value(kind) for kind in kinds]
    if len(values) < GRAM:
        return []
    power = pow(_BASE, GRAM, _PRIME)
    rolled = 0
    for value in values[:GRAM]:
        rolled = (rolled * _BASE + value) % _PRIME
    found = [rolled]
    for old, new in zip(values, values[GRAM:], strict=False):
        rolled = (rolled * _BASE + new - old * power) % _PRIME
        found.append(rolled)
    return found


@lru_cache(maxsize=1 << 14)
def _value(kind: str) -> int:
    return int.from_bytes(blake2b(kind.encode("utf-8", "surrogatepass"), digest_size=8).digest()) % _PRIME


def winnow(hashes: Sequence[int], window: int) -> list[int]:
    """The places of the least hash of each `window` consecutive ones: robust winnowing, so that one
    chosen before is kept while it is among the least, else the rightmost is taken. Fewer hashes than
    `window` are one window.
    """
    chosen: list[int] = []
    best = -1
    for last in range(max(min(window, len(hashes)), 1) - 1, len(hashes)):
        first = max(0, last - window + 1)
        if best < first:
            best = max(range(first, last + 1), key=lambda at: (-hashes[at], at))
        elif hashes[last] < hashes[best]:
            best = last
        else:
            continue
        chosen.append(best)
    return chosen


def _matches(both: Iterable[int], one: _Printed, other: _Printed) -> tuple[Match, ...]:
    """By pairs of cells: the shared runs that hold these fingerprints, which are in the order of `one`."""
    joined: dict[tuple[int, int], tuple[set[Span], set[Span]]] = defaultdict(lambda: (set(), set()))
    reached: dict[tuple[int, int, int], int] = {}
    for fingerprint in both:
        (left, at), (right, there) = one.places[fingerprint], other.places[fingerprint]
        aligned = left, right, there - at
        if at < reached.get(aligned, 0):
            continue  # within a run that was followed to its end
        begin, end = _extended(one.runs[left], other.runs[right], at, there - at)
        reached[aligned] = end
        spans = (
            _span(one.runs[left][begin:end]),
            _span(other.runs[right][begin + there - at : end + there - at]),
        )
        for found, span in zip(joined[spans[0].cell, spans[1].cell], spans, strict=True):
            found.add(span)
    return tuple(
        Match(tuple(_merged(left)), tuple(_merged(right))) for _, (left, right) in sorted(joined.items())
    )


def _extended(one: Sequence[Token], other: Sequence[Token], at: int, shift: int) -> tuple[int, int]:
    """Where in `one` the run around `at` begins and ends that `other` has too, `shift` tokens further on."""
    begin = end = at
    while begin > max(0, -shift) and one[begin - 1].kind == other[begin - 1 + shift].kind:
        begin -= 1
    while end < min(len(one), len(other) - shift) and one[end].kind == other[end + shift].kind:
        end += 1
    return begin, end


def _span(run: Sequence[Token]) -> Span:
    return Span(run[0].cell, min(token.first for token in run), max(token.last for token in run))


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans of one cell, those that overlap or touch as one."""
    whole: Span | None = None
    for span in sorted(spans):
        if whole is None or span.first > whole.last + 1:
            if whole is not None:
                yield whole
            whole = span
        else:
            whole = Span(whole.cell, whole.first, max(whole.last, span.last))
    if whole is not None:
        yield whole


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
