"""What was read of an Otter master, written as a topic of the course.

solutions/TOPIC.py                  the master
assignments/TOPIC/tests/q1.py       public cases
graders/hidden_tests/TOPIC/q1.py    hidden ones
assignments/TOPIC/data/             files
assignments/TOPIC/TOPIC.ipynb       built from the master, as `sorcery build` does
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from graders.build import build_topic
from graders.course import COURSE_FILE, GRADEBOOK, Course, load_course
from graders.errors import AuthorError, UsageError
from graders.foreign.otter.master import Imported, read_otter_master
from graders.new import checked, with_entry
from graders.records import Limits
from graders.store import write_atomically


@dataclass(frozen=True, slots=True)
class Written:
    """`files` that were written, the last of them course.yaml; `told` as in `Imported`, and what keeps the
    topic from being built."""

    files: tuple[Path, ...]
    told: tuple[str, ...]
    faults: tuple[str, ...]


def import_topic(course: Course | None, root: Path, path: Path, name: str, title: str = "") -> Written:
    """Adds a topic to `course`, or begins one at `root`.

    Raises UsageError, before anything is written, for a master that cannot be read, a name that cannot be a
    topic's, or a file that is there already.
    """
    title = title or name.replace("_", " ").replace("-", " ").capitalize()
    read = read_otter_master(path, name)
    if course is None:
        text = _first_entry(name, title, read)
        course = _nothing_yet(root, name, title)
    else:
        text = with_entry(course, name, title, auto=read.auto, manual=read.manual)
    topic = checked(course, text, name)
    files = {topic.master: _percent(read)}
    files |= {topic.public_tests / f"{question}.py": text.encode() for question, text in read.public.items()}
    files |= {topic.hidden_tests / f"{question}.py": text.encode() for question, text in read.hidden.items()}
    files |= {topic.data / data: content for data, content in read.data.items()}
    for place in (*files, topic.notebook):
        if place.exists():
            raise UsageError(f"{place.relative_to(course.root)} is there already; choose another name")
    for place, content in files.items():
        write_atomically(place, content)
    faults: tuple[str, ...] = ()
    try:
        write_atomically(topic.notebook, build_topic(course, topic).student)
    except AuthorError as error:
        faults = tuple(map(str, error.problems))
    write_atomically(course.file, text.encode())  # last: with it the topic is one
    load_course(course.root)
    return Written((*files, topic.notebook, course.file), read.told, faults)


def _first_entry(name: str, title: str, read: Imported) -> str:
    quoted = json.dumps(title, ensure_ascii=False)
    points = f"points: {{auto: {read.auto:.10g}, manual: {read.manual:.10g}}}"
    lines = ["schema: 1", f"course: {{id: {json.dumps(name)}, title: {quoted}}}", "topics:"]
    return "\n".join([*lines, f"  - id: {json.dumps(name)}", f"    title: {quoted}", f"    {points}", ""])


def _nothing_yet(root: Path, name: str, title: str) -> Course:
    return Course(
        root=root, id=name, title=title, timezone=UTC, gradebook=GRADEBOOK, limits=Limits(), topics=()
    )


def _percent(read: Imported) -> bytes:
    import jupytext
    import nbformat.v4

    v4: Any = nbformat.v4
    make = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell, "raw": v4.new_raw_cell}
    cells = [make[kind](source, metadata=options) for kind, source, options in read.cells]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    notebook.metadata["jupytext"] = {"notebook_metadata_filter": "kernelspec,-jupytext"}
    return str(jupytext.writes(notebook, fmt="py:percent")).encode()


def found_course(root: Path) -> Course | None:
    """The course around `root`; None where there is none. Raises AuthorError."""
    from graders.course import find_course

    if not any((folder / COURSE_FILE).is_file() for folder in (root, *root.parents)):
        return None
    return find_course(root)
