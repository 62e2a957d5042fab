"""From what students handed in of graded quizzes to what is kept, and a list of what is not, with reasons.

    truncated     cut off on its way
    edited        changed after it was sealed, or taken on a changed quiz or with a changed program
    foreign       another's, of another course, or of a release that is not here
    replayed      a second response to an attempt that was collected; the first stands
    no response   something else

.sorcery/quizzes/QUIZ/collected/STUDENT-NUMBER.response
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from graders import lms
from graders.errors import Rejected, UsageError
from graders.identify import Person, resolve
from graders.layouts import SCHEMES
from graders.lms import Named
from graders.roster import Roster
from graders.sources import Entry, Folder, Source, open_source, shown
from graders.store import safe_name, write_atomically
from graders.untrusted import on_one_line
from quizzes.bundle import Bundle, digest, draw_released, read_bundle
from quizzes.release import Release, bundle_of, releases
from quizzes.results import FOLDER
from quizzes.sealed import MAX_BYTES, SUFFIX, Broken, Fault, Sheet, read, unseal
from quizzes.session import fitting

# Between a clock's reading and its event on a slow disk.
CLOCK_SECONDS = 5.0

_FIRST_PART = {"moodle": lms.moodle, "canvas": lms.canvas, "exchange": lms.exchange}


@dataclass(frozen=True, slots=True)
class Taken:
    """A response that is kept; `new` unless it was before."""

    student: str
    quiz: str
    number: int
    sha256: str
    place: str
    new: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """`place` and `reason` are one harmless line each."""

    place: str
    fault: Fault | Literal["foreign", "replayed"]
    reason: str


@dataclass(frozen=True, slots=True)
class Collected:
    taken: tuple[Taken, ...]
    refused: tuple[Refused, ...]


class _Foreign(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Found:
    place: str
    data: bytes
    by: str  # who handed it in; empty where nothing says so


def collect(
    state: Path, sources: Sequence[Path], roster: Roster | None = None, *, check_owner: bool = True
) -> Collected:
    """Keeps every response in these folders, zip files and files that is what it says.

    Names as Moodle, Canvas and nbgrader's exchange make them tell who handed a file in; that must be whom it
    is of. `check_owner` holds a user of the exchange against the folder's owner. Raises UsageError for a
    source that cannot be read.
    """
    refused: list[Refused] = []
    whole: list[tuple[Sheet, _Found]] = []
    desk = Desk(state)
    for path in sources:
        with _opened(path) as source:
            for entry in source.entries:
                if not entry.parts[-1].lower().endswith(SUFFIX):
                    continue
                place = f"{on_one_line(str(source.path))}: {shown('/'.join(entry.parts))}"
                try:
                    found = _found(source, entry, place, roster, check_owner)
                    whole.append((_own(desk.open(found.data), found, roster), found))
                except Broken as fault:
                    refused.append(Refused(place, fault.fault, on_one_line(str(fault))))
                except _Foreign as why:
                    refused.append(Refused(place, "foreign", on_one_line(str(why))))
                except Rejected as why:
                    refused.append(Refused(place, "no response", on_one_line(str(why))))
    taken: list[Taken] = []
    for sheet, found in sorted(whole, key=lambda one: (one[0].quiz, one[0].student, one[0].ended)):
        kept = desk.keep(sheet, found.data)
        if kept is None:
            reason = f"attempt {sheet.number} of {sheet.student} was collected before, with other answers"
            refused.append(Refused(found.place, "replayed", reason))
        else:
            sha256 = digest(found.data)
            taken.append(Taken(sheet.student, sheet.quiz, sheet.number, sha256, found.place, kept))
    return Collected(tuple(taken), tuple(refused))


class Desk:
    """Where responses are opened and kept: the releases of a course, and what was collected."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._releases: dict[str, dict[str, Release]] = {}
        self._bundles: dict[str, Bundle] = {}

    def release(self, quiz: str, name: str) -> Release | None:
        if not safe_name(quiz):
            return None
        if quiz not in self._releases:
            self._releases[quiz] = releases(self._state, quiz)
        return self._releases[quiz].get(name)

    def open(self, data: bytes) -> Sheet:
        """What a response says, when it is whole and as it was sealed. Raises Broken or _Foreign."""
        envelope = read(data)
        made = self.release(envelope.quiz, envelope.release)
        if made is None:
            raise _Foreign("of another course, or of a release that is not here")
        sheet = unseal(envelope, made.private_key)
        if reason := self._unlike(sheet, made):
            raise Broken("edited", reason)
        return sheet

    def keep(self, sheet: Sheet, data: bytes) -> bool | None:
        """Whether it is new; None when another response to the attempt is kept already."""
        path = self._folder(sheet.quiz) / f"{sheet.student}-{sheet.number}{SUFFIX}"
        if path.is_file():
            # The same answers may have been sealed twice.
            return False if self.open(path.read_bytes()) == sheet else None
        write_atomically(path, data)
        return True

    def kept(self, quiz: str) -> Iterator[Sheet]:
        """What was collected of a quiz. Raises UsageError for a file that is damaged."""
        for path in sorted(self._folder(quiz).glob(f"*{SUFFIX}")):
            try:
                yield self.open(path.read_bytes())
            except (Broken, _Foreign) as reason:
                raise UsageError(f"{path}: {reason}; collect it again") from None

    def _folder(self, quiz: str) -> Path:
        return self._state / FOLDER / quiz / "collected"

    def _unlike(self, sheet: Sheet, made: Release) -> str:
        """Why a sheet is none that the released quiz makes; empty when it is one."""
        if sheet.bundle != made.sha256:
            return "taken on a quiz that was changed after it was released"
        if not safe_name(sheet.student):
            return f"{sheet.student!r} is no student's id"
        if made.release not in self._bundles:
            self._bundles[made.release] = read_bundle(bundle_of(self._state, made))[0]
        bundle = self._bundles[made.release]
        if not 1 <= sheet.number <= (bundle.attempts or sheet.number):
            return f"attempt {sheet.number} of {bundle.attempts} that are allowed"
        paper = draw_released(bundle, made.sha256, sheet.student, sheet.number)
        drawn = [(placed.item.id, placed.variant) for placed in paper.questions]
        if drawn != [(asked.question, asked.variant) for asked in sheet.asked]:
            return f"not the questions that are drawn for {sheet.student}"
        try:
            for placed, asked in zip(paper.questions, sheet.asked, strict=True):
                if asked.answer is not None:
                    fitting(placed.item, asked.answer)
            times = [datetime.fromisoformat(text) for text in (sheet.started, sheet.answered, sheet.ended)]
            spent = (times[1] - times[0]).total_seconds()
        except (UsageError, ValueError, TypeError) as error:
            return str(error)
        if times != sorted(times):
            return "it ended before it began"
        if bundle.time_limit is not None and spent > bundle.time_limit + CLOCK_SECONDS:
            return f"answered {spent:.0f} s after the start; {bundle.time_limit:g} s are allowed"
        return ""


def _opened(path: Path) -> Source:
    if path.is_file() and path.name.lower().endswith(SUFFIX):
        return Folder(path.resolve().parent, only=path.resolve().name)
    return open_source(path)


def _found(source: Source, entry: Entry, place: str, roster: Roster | None, check_owner: bool) -> _Found:
    if entry.fault:
        raise Rejected(entry.fault)
    by = ""
    for depth, part in enumerate(entry.parts):
        for scheme, understood in _FIRST_PART.items():
            named = understood(part)
            if named is not None and (scheme != "canvas" or depth == len(entry.parts) - 1):
                by = _who(scheme, named, roster)
                if scheme == "exchange" and check_owner and isinstance(source, Folder):
                    _check_owner(source, entry, depth, named)
    data = source.read(entry)
    if len(data) > MAX_BYTES:
        raise Rejected(f"{len(data)} bytes; a response has no more than {MAX_BYTES}")
    return _Found(place, data, by)


def _who(scheme: str, named: Named, roster: Roster | None) -> str:
    if roster is None:
        return named.key if SCHEMES[scheme].own_ids else ""
    keys = ((SCHEMES[scheme].columns, named.key),) if named.key else ()
    resolved = resolve(Person(keys, named.person), roster)
    if not resolved.student:
        raise _Foreign(f"handed in by nobody we know: {resolved.reason}")
    return resolved.student


def _check_owner(source: Folder, entry: Entry, depth: int, named: Named) -> None:
    import pwd

    for user in {source.owner(*entry.parts[: depth + 1]), entry.owner}:
        try:
            login = pwd.getpwuid(user).pw_name if user is not None else named.key
        except KeyError:
            login = f"user {user}"
        if login != named.key:
            raise _Foreign(f"handed in as {named.key}, but it belongs to {login}")


def _own(sheet: Sheet, found: _Found, roster: Roster | None) -> Sheet:
    if found.by and found.by != sheet.student:
        raise _Foreign(f"{sheet.student}'s, but handed in by {found.by}")
    if roster is not None and roster.find(sheet.student, "id") is None:
        raise _Foreign(f"of {sheet.student}, who is not in the roster")
    return sheet
