"""From an instructor's downloads to who handed in what and when, and a list of all that is unclear.

Nothing is guessed. What names nobody of the roster, or could be of two, or has no order in time is
listed with its reason, and an instructor decides. No notebook is parsed: files are named, bounded
and hashed as bytes. `graders.versions` then writes what was taken.

    collected = collect("cnn", [Path("submissions.zip")], read_roster(Path("roster.csv")))
    store(collected, course.state / "submitted")
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from graders import lms
from graders.errors import Rejected, UsageError
from graders.exchange import SECRET, TIMESTAMP
from graders.identify import Person, Resolved, resolve
from graders.layouts import METADATA, OTHER_TOPIC, SCHEMES, Parts, detect, files_below, is_notebook, stem
from graders.lms import Named, Upload, split_suffix, timestamp, without_attempt
from graders.roster import Roster
from graders.sources import Entry, Folder, Source, open_source, shown
from graders.strict_yaml import suggest
from graders.untrusted import on_one_line

_SECRET = re.compile(r"[A-Za-z0-9_-]{32,256}")  # nbgrader's is 128 hexadecimal digits


@dataclass(frozen=True, slots=True)
class Taken:
    """One version of one student's notebook. `submitted` is UTC, None where nothing says when; `late`
    is what Canvas says; `file` is its student's name for it; `version` counts from 1, in time; by `secret`
    its feedback is found in an exchange, empty where it has none."""

    student: str
    submitted: datetime | None
    late: bool
    file: str
    sha256: str
    version: int
    source: Path
    entry: Entry
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """What was not taken. `place` and `reason` are one harmless line each; `student` is the id, where
    it is known."""

    place: str
    reason: str
    student: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Every submission that was found is in one of these.

    unknown     names nobody in the roster, or is not named as the others are
    ambiguous   could be of several students, or the order of a student's versions is not known; none of
                that student's versions is taken
    spoofed     in an exchange: claims to be of one user and belongs to another
    duplicate   byte-identical to what was taken
    refused     cannot be read, or is no notebook
    """

    topic: str
    taken: tuple[Taken, ...]
    unknown: tuple[Unplaced, ...]
    ambiguous: tuple[Unplaced, ...]
    spoofed: tuple[Unplaced, ...]
    duplicate: tuple[Unplaced, ...]
    refused: tuple[Unplaced, ...]


def collect(
    topic: str,
    sources: Sequence[Path],
    roster: Roster | None = None,
    *,
    scheme: str = "",
    check_owner: bool = True,
) -> Collected:
    """What the sources hold for `topic`. Each is a folder or a zip file that follows one scheme of
    graders.layouts: the one its names show, or `scheme`. Without a roster the names must be students' ids.

    `check_owner` holds a user in the exchange against the folder's owner, which says who wrote it only
    where students are users of this machine. Raises UsageError for a source that cannot be read or
    understood.
    """
    if scheme and scheme not in SCHEMES:
        mend = suggest(scheme, SCHEMES)
        raise UsageError(f"no scheme {scheme!r}{'; ' if mend else ''}{mend} (schemes: {', '.join(SCHEMES)})")
    gathering = _Gathering(topic, roster, check_owner)
    for path in sources:
        with open_source(path) as source:
            gathering.add(source, *detect(source, topic, scheme))
    return gathering.collected()


@dataclass(frozen=True, slots=True)
class _File:
    """`rest` is its path within what its student handed in."""

    rest: Parts
    entry: Entry


@dataclass(frozen=True, slots=True)
class _Unit:
    """What was handed in at once. `folder` leads to it in the source."""

    source: Source
    scheme: str
    named: Named
    folder: Parts
    files: list[_File]

    @property
    def place(self) -> str:
        return _place(self.source, self.folder)


def _place(source: Source, parts: Parts) -> str:
    return f"{on_one_line(str(source.path))}: {shown('/'.join(parts))}"


@dataclass(frozen=True, slots=True)
class _Version:
    """A file that is some student's, its place in time still open."""

    taken: Taken
    place: str


@dataclass(slots=True)
class _Gathering:
    """What is found, source by source."""

    topic: str
    roster: Roster | None
    check_owner: bool
    versions: dict[str, list[_Version]] = field(default_factory=lambda: defaultdict(list))
    unknown: list[Unplaced] = field(default_factory=list)
    ambiguous: list[Unplaced] = field(default_factory=list)
    spoofed: list[Unplaced] = field(default_factory=list)
    duplicate: list[Unplaced] = field(default_factory=list)
    refused: list[Unplaced] = field(default_factory=list)
    held: set[str] = field(default_factory=set)  # students of whom none is taken: it may be another's

    def add(self, source: Source, scheme: str, within: Parts) -> None:
        path, system = on_one_line(str(source.path)), SCHEMES[scheme].system
        if self.roster is None and not SCHEMES[scheme].own_ids:
            raise UsageError(f"{path}: {system} names people; only a roster says which students they are")
        if scheme == "exchange" and self.check_owner and not isinstance(source, Folder):
            why = "a zip file does not keep whose an exchange's folders are; name the inbound folder itself"
            raise UsageError(f"{path}: {why}")
        uploads = _uploads(source, within) if scheme == "gradescope" else {}
        units: dict[tuple[Named, str], _Unit] = {}
        strays: dict[str, list[Entry]] = defaultdict(list)
        for position, parts in files_below(source, within):
            entry, label = source.entries[position], SCHEMES[scheme].label(parts, self.topic)
            if label is None or (scheme == "gradescope" and parts[0] not in uploads):
                strays[parts[0]].append(entry)
            elif label is not OTHER_TOPIC:
                named = label.named
                if scheme == "gradescope":
                    named = replace(named, submitted=uploads[named.key].submitted)
                key = (named, "" if SCHEMES[scheme].spread else parts[0])
                unit = units.setdefault(key, _Unit(source, scheme, named, (*within, parts[0]), []))
                unit.files.append(_File(label.rest, entry))
        stray = [self._stray(_place(source, (*within, top)), strays[top], scheme) for top in strays]
        if not units and not any(stray):
            raise UsageError(f"{path}: no submission of {self.topic} is in it")
        for folder in sorted(uploads.keys() - {unit.folder[-1] for unit in units.values()}):
            self.refused.append(Unplaced(_place(source, (*within, folder)), "the export holds no file of it"))
        self._place([(u, p, resolve(p, self.roster)) for u in units.values() for p in _people(u, uploads)])

    def _stray(self, place: str, entries: list[Entry], scheme: str) -> bool:
        """Files that are not named as the others are. What could be no notebook is passed over."""
        fault = next((entry.fault for entry in entries if entry.fault), "")
        if any(is_notebook(entry.parts) and not entry.fault for entry in entries):
            example = SCHEMES[scheme].example.replace("TOPIC", self.topic)
            reason = f"it is not named as by {SCHEMES[scheme].system}, {example}"
            self.unknown.append(Unplaced(place, reason))
        elif fault:
            self.refused.append(Unplaced(place, fault))
        else:
            return False
        return True

    def _place(self, people: list[tuple[_Unit, Person, Resolved]]) -> None:
        """One source's submissions, to their students or to why not."""
        shared = _shared(people)
        for unit, _, resolved in people:
            student, place = resolved.student, unit.place
            if student in shared:
                why = f"several in this download have the name of {student}, which only one of them can be"
                self.ambiguous.append(Unplaced(place, why, student))
                self.held.add(student)
            elif resolved.ambiguous:
                self.ambiguous.append(Unplaced(place, resolved.reason))
            elif not student:
                (self.refused if self.roster is None else self.unknown).append(
                    Unplaced(place, resolved.reason)
                )
            else:
                self._take(unit, student)

    def _take(self, unit: _Unit, student: str) -> None:
        try:
            submitted, chosen = _submitted(unit), _chosen(unit, self.topic)
            if unit.scheme == "exchange" and self.check_owner and (whose := _spoofed(unit, chosen)):
                self.spoofed.append(Unplaced(unit.place, whose, student))
                return
            for file in chosen:
                sha256 = hashlib.sha256(unit.source.read(file.entry)).hexdigest()
                original = on_one_line("/".join(file.rest))
                taken = Taken(
                    student=student,
                    submitted=submitted,
                    late=unit.named.late,
                    file=original,
                    sha256=sha256,
                    version=0,
                    source=unit.source.path,
                    entry=file.entry,
                    secret=_secret(unit),
                )
                place = unit.place if len(chosen) == 1 else f"{unit.place} {shown(original)}"
                self.versions[student].append(_Version(taken, place))
        except Rejected as reason:
            self.refused.append(Unplaced(unit.place, str(reason), student))

    def collected(self) -> Collected:
        taken = [one for student in sorted(self.versions) for one in self._in_time(student)]
        return Collected(
            topic=self.topic,
            taken=tuple(taken),
            unknown=tuple(self.unknown),
            ambiguous=tuple(self.ambiguous),
            spoofed=tuple(self.spoofed),
            duplicate=tuple(self.duplicate),
            refused=tuple(self.refused),
        )

    def _in_time(self, student: str) -> list[Taken]:
        """The student's versions in the order they were handed in; none when there is no telling."""
        timed, untimed = self._distinct(self.versions[student])
        moments = {one.taken.submitted for one in timed}
        why = ""
        if student in self.held:
            why = f"another submission has the name of {student} too"
        elif len(moments) < len(timed):
            why = "different files were handed in at the same moment"
        elif len(untimed) > 1 or (untimed and timed):
            why = f"{len(timed) + len(untimed)} different files, and nothing says which is the latest"
        if why:
            self.ambiguous += [Unplaced(one.place, why, student) for one in timed + untimed]
            return []
        return [replace(one.taken, version=n) for n, one in enumerate(timed + untimed, 1)]

    def _distinct(self, versions: list[_Version]) -> tuple[list[_Version], list[_Version]]:
        """Those with a time, in its order, and those without. Of identical ones that follow each other
        only the first: handing in the same again changes nothing."""
        timed: list[_Version] = []
        untimed: list[_Version] = []
        for one in sorted(versions, key=_moment):
            if one.taken.submitted is None:
                kept, comparable = untimed, timed + untimed
            else:
                kept = timed
                comparable = [o for o in timed if o is timed[-1] or o.taken.submitted == one.taken.submitted]
            same = next((other for other in comparable if other.taken.sha256 == one.taken.sha256), None)
            if same is None:
                kept.append(one)
                continue
            when = f" of {timestamp(same.taken.submitted)}" if same.taken.submitted else ""
            reason = f"byte-identical to the version{when} in {same.place}"
            self.duplicate.append(Unplaced(one.place, reason, one.taken.student))
        return timed, untimed


def _moment(one: _Version) -> tuple[bool, float, str]:
    """Versions without a time come last."""
    submitted = one.taken.submitted
    return submitted is None, submitted.timestamp() if submitted else 0.0, one.place


def _people(unit: _Unit, uploads: dict[str, Upload]) -> Iterator[Person]:
    if unit.scheme != "gradescope":
        named = unit.named
        yield Person(((SCHEMES[unit.scheme].columns, named.key),) if named.key else (), named.person)
        return
    for one in uploads[unit.named.key].submitters:
        keys: list[tuple[Parts, str]] = []
        if one.email:
            keys.append((("email", "username", "login"), one.email))
        if one.sid:
            keys.append((("sid", "id"), one.sid))
        yield Person(tuple(keys), one.name)
    if not uploads[unit.named.key].submitters:
        yield Person(())


def _shared(people: list[tuple[_Unit, Person, Resolved]]) -> set[str]:
    """Students whom several people of one download would be by their name."""
    by_name = {resolved.student for _, _, resolved in people if resolved.by_name}
    keys: dict[str, set[str]] = defaultdict(set)
    for unit, _, resolved in people:
        if resolved.student in by_name:
            keys[resolved.student].add(unit.named.key)
    return {student for student, found in keys.items() if len(found) > 1}


def _chosen(unit: _Unit, topic: str) -> list[_File]:
    """The notebook among the unit's files; several when several are named TOPIC.ipynb.

    An archive stands for the notebook when there is none. Raises Rejected when there is nothing, or
    which is meant cannot be seen.
    """
    usable = [file for file in unit.files if is_notebook(file.rest)]
    notebooks = [file for file in usable if _suffix(file) == ".ipynb"]
    found = notebooks or usable
    named = [file for file in found if topic in _stems(unit, file)]
    # By hand anything may lie in a student's folder: only what is not nested is meant, whatever its name.
    meant = named or [file for file in found if unit.scheme != "plain" or len(file.rest) == 1]
    if named or len(meant) == 1:
        return meant
    if found:
        raise Rejected(f"no notebook in it is named {topic}.ipynb, of {len(found)}: {_listed(found)}")
    fault = next((file.entry.fault for file in unit.files if not file.rest and file.entry.fault), "")
    raise Rejected(fault or f"no notebook is in it, but {_listed(unit.files)}")


def _suffix(file: _File) -> str:
    found = split_suffix(file.rest[-1])
    return found[1] if found else ""


def _stems(unit: _Unit, file: _File) -> set[str]:
    name = stem(file.rest)
    return {name, without_attempt(name)} if unit.scheme == "canvas" else {name}


def _listed(files: list[_File], most: int = 3) -> str:
    names = [
        shown("/".join(file.rest)) + (f" ({file.entry.fault})" if file.entry.fault else "")
        for file in files
        if file.rest
    ]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "nothing") + more


def _submitted(unit: _Unit) -> datetime | None:
    """When it was handed in, as far as the source says. Raises Rejected for a time that is none."""
    if unit.scheme == "exchange" and unit.named.submitted is None:
        raise Rejected("its name says no time in UTC or with an offset")
    stamp = next((file.entry for file in unit.files if file.rest == (TIMESTAMP,)), None)
    if stamp is None or unit.scheme != "nbgrader":
        return unit.named.submitted
    text = unit.source.read(stamp)[:100].decode("utf-8", "replace").strip()
    moment = lms.utc(text)
    if moment is None:
        raise Rejected(f"its {TIMESTAMP} says {shown(text)}; write it as 2026-01-30 20:30:10.123456 UTC")
    return moment


def _secret(unit: _Unit) -> str:
    """What nbgrader's tools or ours left for feedback to be found by; empty for what could not be it."""
    entry = next((file.entry for file in unit.files if file.rest == (SECRET,)), None)
    if entry is None or unit.scheme not in ("exchange", "nbgrader"):
        return ""
    text = unit.source.read(entry)[:1000].decode("utf-8", "replace")
    return text if _SECRET.fullmatch(text) else ""


def _spoofed(unit: _Unit, chosen: list[_File]) -> str:
    """Why a folder of the exchange is not its user's; empty when it is. A file in it may have been put
    there by another, or be a hard link to another's."""
    assert isinstance(unit.source, Folder)
    folder = unit.source.owner(*unit.folder)
    for owner in [folder, *(file.entry.owner for file in chosen if file.entry.owner is not None)]:
        if (login := _login(owner)) != unit.named.key:
            what = "belongs" if owner == folder else "its notebook belongs"
            return f"it claims to be of {shown(unit.named.key)}, but {what} to {shown(login)}"
    return ""


def _login(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def _uploads(source: Source, within: Parts) -> dict[str, Upload]:
    path = on_one_line(str(source.path))
    entry = next((entry for entry in source.entries if entry.parts == (*within, METADATA)), None)
    if entry is None:
        raise UsageError(f"{path}: no {METADATA} is in it, which says whose Gradescope's folders are")
    try:
        uploads = lms.gradescope(source.read(entry))
    except Rejected as reason:
        raise UsageError(f"{path}: {METADATA}: {reason}") from None
    if uploads is None:
        raise UsageError(f"{path}: {METADATA} is not as Gradescope writes it. Export the submissions again")
    return uploads
