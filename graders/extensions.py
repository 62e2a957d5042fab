"""Who has longer: `graders/extensions.yaml`, which only staff see.

    schema: 1
    extensions:
      - {student: ada, topic: cnn, due: 2026-12-21T23:59}

A due time without an offset is in the course's timezone, as in course.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from graders.course import Course, moment
from graders.errors import AuthorError
from graders.strict_yaml import read, suggest

EXTENSIONS_FILE = Path("graders", "extensions.yaml")


class _Extension(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    student: Annotated[str, Field(min_length=1)]
    topic: str
    due: Annotated[datetime, BeforeValidator(moment)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1] = Field(alias="schema")
    extensions: tuple[_Extension, ...]


def read_extensions(course: Course) -> Mapping[tuple[str, str], datetime]:
    """(student, topic) -> due; empty without a file. Raises AuthorError with every fault."""
    path = course.root / EXTENSIONS_FILE
    if not path.exists():
        return {}
    document = read(path)
    found: dict[tuple[str, str], datetime] = {}
    problems = []
    topics = {topic.id: topic for topic in course.topics}
    for index, one in enumerate(document.into(_File).extensions):
        place = ("extensions", index)
        due = one.due if one.due.tzinfo else one.due.replace(tzinfo=course.timezone)
        topic = topics.get(one.topic)
        if topic is None:
            mend = suggest(one.topic, topics) or f"topics: {', '.join(topics)}"
            problems.append(document.problem((*place, "topic"), f"no topic {one.topic!r}", mend))
            continue
        if (one.student, one.topic) in found:
            message = f"a second extension of {one.topic} for {one.student}"
            problems.append(document.problem((*place, "student"), message, "remove one"))
        elif topic.due is None:
            message = f"{one.topic} has no due time to be extended"
            problems.append(document.problem((*place, "topic"), message, "give it one in course.yaml"))
        elif due < topic.due:
            message = f"{one.student} would have less time than all others ({topic.due.isoformat()})"
            problems.append(document.problem((*place, "due"), message, "write a later time"))
        found[one.student, one.topic] = due
    if problems:
        raise AuthorError(problems)
    return found
