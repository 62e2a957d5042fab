"""A new topic: its files, small and complete, and its entry in course.yaml.

solutions/TOPIC.py               the master
solutions/TOPIC_variants.yaml    what proves that it grades fairly
assignments/TOPIC/tests/q1.py    a public test
graders/hidden_tests/TOPIC/q1.py a hidden one
assignments/TOPIC/TOPIC.ipynb    the students' notebook, built from the master
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from graders.build import build_topic
from graders.course import COURSE_FILE, Course, Topic, load_course
from graders.errors import AuthorError, UsageError
from graders.store import write_atomically
from graders.strict_yaml import authored_text, read
from graders.templates import environment
from graders.variants import variants_file


def new_topic(course: Course, name: str, title: str = "") -> list[Path]:
    """Makes the files of a topic called `name`; returns them, course.yaml last.

    Raises UsageError, before anything is written, for a name that cannot be a topic's, or a file that is
    there already.
    """
    title = title or name.replace("_", " ").replace("-", " ").capitalize()
    text = with_entry(course, name, title, auto=2, manual=1)
    topic = checked(course, text, name)
    files = {
        topic.master: "master.py",
        variants_file(topic): "variants.yaml",
        topic.public_tests / "q1.py": "public.py",
        topic.hidden_tests / "q1.py": "hidden.py",
    }
    for path in (*files, topic.notebook):
        if path.exists():
            raise UsageError(f"{path.relative_to(course.root)} is there already; choose another name")
    for path, template in files.items():
        made = environment().get_template(f"new/{template}.j2").render(topic=name, title=title)
        write_atomically(path, made.encode() + b"\n")
    write_atomically(topic.notebook, build_topic(course, topic).student)
    write_atomically(course.file, text.encode())  # last: with it the topic is one
    return [*files, topic.notebook, course.file]


def with_entry(course: Course, name: str, title: str, *, auto: float, manual: float) -> str:
    """course.yaml with one more topic at the end of its list, all else as it was written."""
    if not title.isprintable():
        raise UsageError(f"{title!r} is no title: it must be one line of text")
    if name in {topic.id for topic in course.topics}:
        raise UsageError(f"there is a topic {name} already")
    document = read(course.file)
    lines = authored_text(course.file).splitlines()
    first, column = document.marks[("topics", 0)]
    if lines[first - 1][: column - 1].strip() != "-":
        raise UsageError(
            f"{COURSE_FILE} has its topics in one line; write them below each other, each after a -"
        )
    indent = " " * lines[first - 1].index("-")
    later = [line for (key, *rest), (line, _) in document.key_marks.items() if not rest and line > first]
    at = min(later, default=len(lines) + 1) - 1
    while not lines[at - 1].strip() or lines[at - 1].startswith("#"):
        at -= 1
    entry = [
        f"- id: {name}",
        f"  title: {json.dumps(title, ensure_ascii=False)}",
        f"  points: {{auto: {auto:.10g}, manual: {manual:.10g}}}",
    ]
    return "\n".join([*lines[:at], *(indent + line for line in entry), *lines[at:]]) + "\n"


def checked(course: Course, text: str, name: str) -> Topic:
    """The new topic, as `text` in place of course.yaml has it. Raises UsageError."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, COURSE_FILE.name)
        path.write_text(text, encoding="utf-8")
        try:
            return load_course(course.root, path).topic(name)
        except AuthorError as error:
            raise UsageError(f"{name!r} cannot be a topic: {error.problems[0].message}") from None
