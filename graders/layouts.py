"""How a whole download is laid out: which scheme its names follow, and whose each file is.

A source follows one scheme. Its own names show which; where they do not, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from graders import lms
from graders.errors import UsageError
from graders.lms import Named, split_suffix
from graders.sources import Folder, Source, shown
from graders.untrusted import on_one_line

METADATA = "submission_metadata.yml"  # beside the folders of a Gradescope export

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """Whose a file is, and its path within what they handed in. `named` tells two submissions apart."""

    named: Named
    rest: Parts


OTHER_TOPIC = Label(Named(), ())


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to name a download. `label(parts, topic)` says whose a file is, None when the scheme does
    not say; `columns` are the roster's that a name's key is in, empty for any; with `own_ids` the keys
    are students' ids where there is no roster; with `spread` several files or folders at the top are
    one submission."""

    system: str
    example: str
    label: Callable[[Parts, str], Label | None]
    columns: Parts = ()
    own_ids: bool = False
    spread: bool = False


def _moodle(parts: Parts, topic: str) -> Label | None:
    named = lms.moodle(parts[0])
    if named is None:
        return None
    return Label(replace(named, file=""), ((named.file,) if named.file else ()) + parts[1:])


def _canvas(parts: Parts, topic: str) -> Label | None:
    named = lms.canvas(parts[0]) if len(parts) == 1 else None
    return Label(replace(named, file="", attempt=0), (named.file,)) if named else None


def _gradescope(parts: Parts, topic: str) -> Label | None:
    return Label(Named(key=parts[0]), parts[1:] or parts)


def _exchange(parts: Parts, topic: str) -> Label | None:
    named = lms.exchange(parts[0])
    if named is None:
        return None
    return Label(named, parts[1:]) if named.assignment == topic else OTHER_TOPIC


def _nbgrader(parts: Parts, topic: str) -> Label | None:
    if len(parts) > 1 and parts[1] == topic:
        return Label(Named(key=parts[0]), parts[2:])
    return OTHER_TOPIC if len(parts) > 2 else None


def _plain(parts: Parts, topic: str) -> Label | None:
    if len(parts) > 1:
        return Label(Named(key=parts[0]), parts[1:])
    named = lms.plain(parts[0])
    return Label(replace(named, file=""), parts) if named else None


SCHEMES = {
    "moodle": Scheme(
        "Moodle",
        "Ada Lovelace_1234567_assignsubmission_file_/TOPIC.ipynb",
        _moodle,
        ("moodle_id",),
        spread=True,
    ),
    "canvas": Scheme("Canvas", "lovelaceada_4711_998877_TOPIC.ipynb", _canvas, ("canvas_id",), spread=True),
    "gradescope": Scheme("Gradescope", f"submission_98765/TOPIC.ipynb beside {METADATA}", _gradescope),
    "exchange": Scheme(
        "nbgrader's exchange",
        "ada+TOPIC+2026-01-30 20:30:10.123456 UTC+d2Vpcm8tMTIz/TOPIC.ipynb",
        _exchange,
        ("login", "username", "id"),
        own_ids=True,
    ),
    "nbgrader": Scheme("nbgrader", "ada/TOPIC/TOPIC.ipynb", _nbgrader, own_ids=True),
    "plain": Scheme("hand", "ada.ipynb or ada/TOPIC.ipynb", _plain, own_ids=True),
}
_BY_FIRST_PART: dict[str, Callable[[str], Named | None]] = {
    "moodle": lms.moodle,
    "canvas": lms.canvas,
    "exchange": lms.exchange,
}


@dataclass(frozen=True, slots=True)
class _Claim:
    """`count` of `total` names below the folders `within` follow the scheme."""

    scheme: str
    within: Parts
    count: int
    total: int


def detect(source: Source, topic: str, scheme: str = "") -> tuple[str, Parts]:
    """The scheme that most of the source's names follow, and the folders that all of them are in. With
    `scheme`, only where its names are.

    Raises UsageError when the names follow no scheme, or several.
    """
    claims = list(_claims(source))
    if not claims or scheme in ("nbgrader", "plain"):
        claims = list(_by_folders(source, topic))
    if scheme:
        fitting = [claim for claim in claims if claim.scheme == scheme]
        return scheme, max(fitting, key=lambda claim: claim.count).within if fitting else ()
    clear = [claim for claim in claims if 2 * claim.count > claim.total]
    if len(clear) == 1:
        return clear[0].scheme, clear[0].within
    raise UsageError(_unclear(source, topic, clear or claims))


def _claims(source: Source) -> Iterator[_Claim]:
    """What names alone show."""
    top = _only_folder(source)
    for within in dict.fromkeys(((), top, ("inbound",), (*top, "inbound"))):
        below = [parts for _, parts in files_below(source, within)]
        names = {parts[0] for parts in below}
        if (METADATA,) in below:
            yield _Claim("gradescope", within, len(names), len(names))
        for scheme, read in _BY_FIRST_PART.items():
            if count := sum(read(name) is not None for name in names):
                yield _Claim(scheme, within, count, len(names))


def _by_folders(source: Source, topic: str) -> Iterator[_Claim]:
    """The layouts that no single name shows. At most one."""
    top = _only_folder(source)
    for within in dict.fromkeys((("submitted",), (*top, "submitted"), (), top)):
        below = [parts for _, parts in files_below(source, within)]
        if any(len(parts) > 2 and parts[1] == topic for parts in below):
            yield _Claim("nbgrader", within, 1, 1)
            return
    notebooks = [entry.parts for entry in source.entries if is_notebook(entry.parts)]
    if notebooks:
        # A folder that was zipped as a whole holds students, unless it is one student's own.
        wrapped = top and not isinstance(source, Folder) and len({parts[1] for parts in notebooks}) > 1
        own = any(len(parts) == 2 and stem(parts) == topic for parts in notebooks)
        yield _Claim("plain", top if wrapped and not own else (), 1, 1)


def _only_folder(source: Source) -> Parts:
    tops = {entry.parts[0] for entry in source.entries}
    return tuple(tops) if len(tops) == 1 and all(len(entry.parts) > 1 for entry in source.entries) else ()


def _unclear(source: Source, topic: str, claims: list[_Claim]) -> str:
    path = on_one_line(str(source.path))
    names = sorted({entry.parts[0] for entry in source.entries})
    if not names:
        return f"{path}: nothing is in it"
    what = [f"{one.count} of {one.total} as {SCHEMES[one.scheme].system} names them" for one in claims]
    seen = ", ".join(map(shown, names[:3])) + (" and others" if len(names) > 3 else "")
    known = "; ".join(f"{name}: {scheme.example}" for name, scheme in SCHEMES.items())
    return (
        f"{path}: how its files are named is unclear ({', '.join([seen, *what])}). "
        f"Name a scheme, one of {known.replace('TOPIC', topic)}"
    )


def files_below(source: Source, within: Parts) -> Iterator[tuple[int, Parts]]:
    """The entries below the folders `within`: their position, and their path from there."""
    for position, entry in enumerate(source.entries):
        if len(entry.parts) > len(within) and entry.parts[: len(within)] == within:
            yield position, entry.parts[len(within) :]


def is_notebook(parts: Parts) -> bool:
    """Whether a path is that of what may be a notebook, or an archive of one, and is not hidden."""
    return bool(parts) and bool(stem(parts)) and not any(part.startswith(".") for part in parts)


def stem(parts: Parts) -> str:
    """A notebook's name without its suffix; empty for other files."""
    found = split_suffix(parts[-1])
    return found[0] if found else ""
