"""How other systems name what students handed in.

One function a system, from the name of a file or folder to what it says (`Named`), or None when it
is not named so. They are total: whatever text they are given, they raise nothing. Names come from
students and are only read here, never used as paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import yaml

from graders.intake import SUFFIXES

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # for its parser; no value is constructed
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?"
    r"[ ]?(Z|UTC|GMT|[+-][0-9]{2}:?(?:[0-9]{2})?)?"
)
_MOODLE = re.compile(
    r"(?P<person>.+?)(?:_(?P<key>[0-9]+))?_assignsubmission_[a-z]+(?:_(?P<file>.*))?", re.DOTALL
)
_CANVAS = re.compile(
    r"(?:(?!LATE_|anon_)(?P<person>\w*?)_)?(?P<late>LATE_)?(?P<key>[0-9]+|anon_[A-Za-z0-9]+)_"
    r"(?:[0-9]+_(?P<file>.+)|(?P<entry>text\.html|link\.html))",
    re.DOTALL,
)
_ATTEMPT = re.compile(r"(?P<stem>.+)-(?P<number>[0-9]{1,3})", re.DOTALL)
_EXCHANGE = re.compile(
    r"(?P<key>.+)\+(?P<assignment>[^+]+)\+(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+ \S+?)"
    r"(?:\+[A-Za-z0-9_-]{12})?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Named:
    """What a name says of a submission.

    `key` is the system's own word for the student: a number, a login, an id. `person` is a name as
    people write it. `file` is what the student called the file, empty where a folder is named.
    `submitted` is UTC, None where the name says no time. `attempt` counts re-uploads from 1; 0 where
    the name does not tell.
    """

    key: str = ""
    person: str = ""
    file: str = ""
    submitted: datetime | None = None
    late: bool = False
    attempt: int = 0
    assignment: str = ""


@dataclass(frozen=True, slots=True)
class Submitter:
    """A student as Gradescope knows them; empty where it says nothing."""

    name: str = ""
    sid: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """One submission of a Gradescope export: of several students when they are a group."""

    submitters: tuple[Submitter, ...] = ()
    submitted: datetime | None = None


def moodle(name: str) -> Named | None:
    """Moodle's "Download all submissions" (source of mod_assign, 2012 to 2024).

        Ada Lovelace_1234567_assignsubmission_file_/cnn.ipynb     in folders, the default since Moodle 3.1
        Ada Lovelace_1234567_assignsubmission_file/cnn.ipynb      in folders, since 2022
        Ada Lovelace_1234567_assignsubmission_file_cnn.ipynb      without folders
        Participant_1234567_assignsubmission_file_/cnn.ipynb      blind marking, in the site's language

    The number is the participant number of this one assignment, not the user's id. A group's
    submission has the group's name and number, or a name alone. Underscores in names are blanks, and
    & < > " ` | ' : / \\ are left out. Text typed in has `onlinetext` for `file`. No name says when it
    was handed in, and the times inside the zip are of no file as the student sent it.
    """
    found = _MOODLE.fullmatch(name)
    if found is None:
        return None
    return Named(key=found["key"] or "", person=found["person"], file=found["file"] or "")


def canvas(name: str) -> Named | None:
    """Canvas's "Download Submissions", submissions.zip (source of canvas-lms, 2024).

        lovelaceada_4711_998877_cnn.ipynb          name, user id, id of the file, the student's name for it
        lovelaceada_LATE_4711_998877_cnn-2.ipynb   late; re-uploaded under a name that was taken
        LATE_anon_x1Y2z_998877_cnn.ipynb           anonymous grading
        lovelaceada_4711_text.html                 text typed in, or _link.html for a link

    The name is "Family, Given" in lower case without all but letters, digits and underscores. Only the
    last attempt's files are in a download. No name says when it was handed in, only whether late.
    """
    found = _CANVAS.fullmatch(name)
    if found is None:
        return None
    file = found["file"] or found["entry"]
    parts = split_suffix(file)
    attempt = _ATTEMPT.fullmatch(parts[0]) if parts else None
    return Named(
        key=found["key"],
        person=found["person"] or "",
        file=file,
        late=bool(found["late"]),
        attempt=int(attempt["number"]) if attempt else 0,
    )


def exchange(name: str) -> Named | None:
    """A folder in the inbound folder of nbgrader's exchange (nbgrader 0.9.6, `nbgrader submit`).

        ada+cnn+2026-01-30 20:30:10.123456 UTC+d2Vpcm8tMTIz
        ada+cnn+2026-01-30 20:30:10.123456 UTC                 ExchangeSubmit.add_random_string = False

    It is written by the student's own process, so user and time are claims: the user can be held
    against the folder's owner, the time against nothing. `submitted` is None when it is no time that
    `utc` reads, as with a zone's abbreviation.
    """
    found = _EXCHANGE.fullmatch(name)
    if found is None:
        return None
    return Named(key=found["key"], submitted=utc(found["time"]), assignment=found["assignment"])


def plain(name: str) -> Named | None:
    """STUDENT.ipynb, as people collect by hand; an archive may stand for the notebook."""
    parts = split_suffix(name)
    return Named(key=parts[0], file=name) if parts else None


def gradescope(metadata: bytes) -> dict[str, Upload] | None:
    """submission_metadata.yml of Gradescope's "Export Submissions" (exports of 2019 to 2026); None when
    it is none.

        submission_98765:                    a folder of the export
          :submitters:
          - :name: Ada Lovelace
            :sid: '2026001'
            :email: ada@example.org
          :created_at: 2026-01-30 20:30:10.123456000 Z

    Written by Ruby: keys are symbols, which begin with a colon, and it may hold tags, anchors and, in
    `:results` and `:history`, megabytes of autograder output. So it is read as a stream of parser
    events, of which only these fields are kept; no tag is obeyed and no object made. Earlier exports
    nest the time below the tag of a TimeWithZone, as `utc`.
    """
    times: dict[str, datetime | None] = {}
    people: dict[str, dict[int, dict[str, str]]] = {}
    try:
        for path, text in _scalars(metadata):
            match path:
                case (str(folder), ":submitters", int(position), str(field)):
                    people.setdefault(folder, {}).setdefault(position, {})[field] = text
                case (str(folder), ":created_at") | (str(folder), ":created_at", "utc"):
                    times[folder] = utc(text)
                case (str(folder), ":submitters", *_):
                    people.setdefault(folder, {})
    except (yaml.YAMLError, ValueError):  # ValueError: what the parser cannot decode
        return None
    uploads = {}
    for folder in dict.fromkeys([*people, *times]):
        fields = [people.get(folder, {})[position] for position in sorted(people.get(folder, {}))]
        submitters = [Submitter(*(one.get(key, "") for key in (":name", ":sid", ":email"))) for one in fields]
        uploads[folder] = Upload(tuple(submitters), times.get(folder))
    return uploads or None


def _scalars(document: bytes, most: int = 4) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each scalar with the keys and positions that lead to it, of no more than `most` of them."""
    anchored: dict[str, str] = {}
    path: list[str | int | None] = []  # one item an open collection; None: a mapping's next key

    def step() -> None:
        if path:
            here = path[-1]
            path[-1] = "" if here is None else here + 1 if isinstance(here, int) else None

    for event in yaml.parse(document, Loader=_LOADER):
        if isinstance(event, yaml.MappingStartEvent):
            path.append(None)
        elif isinstance(event, yaml.SequenceStartEvent):
            path.append(0)
        elif isinstance(event, yaml.CollectionEndEvent):
            path.pop()
            step()
        elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            anchor = event.anchor or ""
            text = event.value if isinstance(event, yaml.ScalarEvent) else anchored.get(anchor, "")
            if anchor:
                anchored[anchor] = text
            if path and path[-1] is None:
                path[-1] = text
                continue
            if 0 < len(path) <= most:
                yield tuple(part for part in path if part is not None), text
            step()


def split_suffix(name: str) -> tuple[str, str] | None:
    """(stem, suffix) of what may be a notebook, or an archive that stands for one; the suffix in lower
    case. None for any other name."""
    lower = name.lower()
    suffix = next((suffix for suffix in SUFFIXES if lower.endswith(suffix)), "")
    stem = name[: len(name) - len(suffix)]
    return (stem, suffix) if stem and suffix and len(lower) == len(name) else None


def without_attempt(stem: str) -> str:
    """The stem as it was before Canvas numbered it: `cnn` for `cnn-2`."""
    found = _ATTEMPT.fullmatch(stem)
    return found["stem"] if found else stem


def utc(text: str) -> datetime | None:
    """`2026-01-30 20:30:10.123456 UTC` or another offset as UTC; without one UTC is meant, as nbgrader
    means it. None for all else: a time that is nearly understood is a wrong time."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    date, time, fraction, zone = found.groups()
    offset = "+00:00" if zone in (None, "Z", "UTC", "GMT") else zone
    try:
        return datetime.fromisoformat(f"{date}T{time}{(fraction or '')[:7]}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def timestamp(moment: datetime) -> str:
    """`moment` as nbgrader writes it into timestamp.txt: `2026-01-30 20:30:10.123456 UTC`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds") + " UTC"
