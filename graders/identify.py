"""Whom a download means: from what it says of a person to a student of the roster, or why to none.

Nothing is guessed: what is contradicted, or could be of two, is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graders.layouts import Parts
from graders.roster import Roster, Student
from graders.sources import shown
from graders.store import safe_name


@dataclass(frozen=True, slots=True)
class Person:
    """What a source says of who handed something in: texts by the columns they may be in, and a name."""

    keys: tuple[tuple[Parts, str], ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """`student` is an id; where it is empty, `reason` says why."""

    student: str = ""
    reason: str = ""
    ambiguous: bool = False
    by_name: bool = False


def resolve(person: Person, roster: Roster | None) -> Resolved:
    """The one student whom all that is said names. Without a roster the first key must be an id."""
    texts = [*(text for _, text in person.keys), person.name]
    said = ", ".join(shown(text) for text in dict.fromkeys(texts) if text) or "without a name"
    if roster is None:
        key = person.keys[0][1] if person.keys else ""
        if safe_name(key):
            return Resolved(key)
        return Resolved(reason=f"{said} cannot be a student's id; use letters, digits and . _ @ + -")
    found = {one.id for columns, text in person.keys if (one := roster.find(text, *columns))}
    namesakes = {student.id: student for student in roster.by_name(person.name)}
    if len(found) > 1:
        return Resolved(reason=f"{said}: in the roster these are {_and(found)}", ambiguous=True)
    if found:
        (student,) = found
        if namesakes and student not in namesakes:
            whose = f"the number or address is that of {student}, the name that of {_and(namesakes)}"
            return Resolved(reason=f"{said}: {whose}", ambiguous=True)
        return Resolved(student)
    if len(namesakes) > 1:
        return Resolved(reason=f"{said}: {_and(namesakes)} have that name", ambiguous=True)
    for namesake in namesakes.values():
        if other := _contradiction(person, namesake):
            whose = f"the name is that of {namesake.id}, whose {other}"
            return Resolved(reason=f"{said}: {whose}", ambiguous=True)
        return Resolved(namesake.id, by_name=True)
    return Resolved(reason=f"{said}: nobody in the roster")


def _contradiction(person: Person, student: Student) -> str:
    for columns, _ in person.keys:
        for column in columns:
            if column != "id" and student.known_as(column):
                return f"{column} in the roster is {shown(student.known_as(column))}"
    return ""


def _and(names: Iterable[str]) -> str:
    return " and ".join(sorted(names))
