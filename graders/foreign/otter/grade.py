"""`sorcery grade --otter`: an autograder and a folder of notebooks become a course, and results in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from graders import __version__
from graders.course import Course, Topic
from graders.digests import tests_digest
from graders.errors import UsageError
from graders.foreign.otter.autograder import Autograder, read_autograder
from graders.foreign.otter.course import Facts, make_course, missing_packages, with_rules
from graders.foreign.otter.suited import Suited, find_out
from graders.handed import Handed, find_submissions
from graders.publish import cores
from graders.records import Tier
from graders.store import write_atomically
from graders.untrusted import for_terminal, printable

_KEPT = "otter-suited.json"  # what was found out, in the state folder


@dataclass(frozen=True, slots=True)
class Prepared:
    """Ready to be graded as any topic is. `told` are sentences for whoever grades."""

    course: Course
    topic: Topic
    handed: list[Handed]
    told: tuple[str, ...]


def prepare(
    path: Path,
    submissions: Sequence[Path],
    *,
    output: Path | None,
    solution: Path | None,
    in_process: bool,
    tier: Tier,
    jobs: int,
) -> Prepared:
    """Makes the course of an autograder and decides how its cases are asked.

    Raises UsageError, above all when cases need the live object and `in_process` was not given, and
    AuthorError for faulty tests.
    """
    autograder = read_autograder(path)
    if solution is not None:
        autograder = replace(autograder, solution=solution)
    if autograder.solution is not None and not autograder.solution.is_file():
        raise UsageError(f"{printable(autograder.solution)}: no such file")
    handed = find_submissions(list(submissions), autograder.name)
    course, topic, facts = make_course(autograder, output or _beside(path, autograder.name))
    found = _suited(course, topic, autograder, facts, handed, tier, jobs or cores())
    told = [*_notes(autograder), *_about(found)]
    if found.needs and not in_process:
        raise UsageError("\n".join([*told, *_refusal(found)]))
    rules = replace(
        autograder.rules,
        legacy_numpy=found.legacy_numpy,
        in_process=tuple(sorted(found.needs)) if in_process else (),
    )
    with_rules(topic, rules)
    if rules.in_process:
        told.append(
            "in process: the student's code can read these cases and forge their outcome: "
            + ", ".join(rules.in_process)
        )
    return Prepared(course, topic, handed, tuple(told))


def _beside(path: Path, name: str) -> Path:
    return path.resolve().parent / f"{name}-graded"


def _suited(
    course: Course,
    topic: Topic,
    autograder: Autograder,
    facts: Facts,
    handed: list[Handed],
    tier: Tier,
    jobs: int,
) -> Suited:
    """As kept from an earlier run on the same tests, engine, and solution or else students, so that a batch
    that is gone on with is graded as it began; otherwise found out now."""
    with_rules(topic, autograder.rules)
    parts = [tests_digest(*topic.material), __version__, str(autograder.numpy)]
    if autograder.solution is not None:
        parts.append(hashlib.sha256(autograder.solution.read_bytes()).hexdigest())
    else:
        parts += [one.student for one in handed]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    path = course.state / _KEPT
    try:
        kept_key, kept = msgspec.json.decode(path.read_bytes(), type=tuple[str, Suited])
        if kept_key == key:
            return kept
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        pass
    found = find_out(
        course, topic, autograder.rules, facts, tier, jobs=jobs, numpy=autograder.numpy,
        solution=autograder.solution, handed=handed,
    )  # fmt: skip
    write_atomically(path, msgspec.json.encode((key, found)))
    return found


def _notes(autograder: Autograder) -> list[str]:
    told = list(autograder.notes)
    if autograder.requirements:
        told.append("environment: nothing of it is installed; what is installed here is used")
    if missing := missing_packages(autograder):
        told.append(f"environment: asked for and not installed here: {for_terminal(', '.join(missing))}")
    return told


def _about(found: Suited) -> list[str]:
    told = []
    if found.legacy_numpy:
        told.append("numpy: made for numpy 1; numbers are printed as it prints them (legacy='1.25')")
    told += [
        f"{case}: {found.asked} does not pass it here: {for_terminal(why)}"
        for case, why in found.fails.items()
    ]
    return told


def _refusal(found: Suited) -> list[str]:
    lines = [
        f"{case}: needs the live object: {for_terminal(why)}" for case, why in sorted(found.needs.items())
    ]
    count = f"{len(lines)} case{'s' if len(lines) > 1 else ''}"
    return [
        *lines,
        (
            f"{count} (found by {found.asked}) cannot be tested from outside the student's process. Mend the "
            "tests, or add --in-process to run these there: weaker, as the student's code can then read "
            "them and forge what they say"
        ),
    ]
