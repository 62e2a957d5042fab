"""Which course and topic a student's notebook is of, and what it was released with."""

from __future__ import annotations

from pathlib import Path

from graders.answers import recognise
from graders.assignment import Assignment, read_assignment
from graders.course import Course, Topic, find_course
from graders.errors import AuthorError, Rejected, UsageError
from graders.exchange import exchange_of
from graders.intake import Cell, check_size, read_notebook
from graders.untrusted import printable


def locate(notebook: Path, name: str = "") -> tuple[Course, Topic]:
    """The course around the notebook, or around the working directory; and the topic of that `name`, or
    else of the notebook's name or of its folder's. Raises UsageError."""
    if not notebook.is_file():
        raise UsageError(f"{printable(notebook)}: no such file")
    try:
        course = find_course(notebook.parent)
    except UsageError:
        course = find_course()
    if name:
        return course, course.topic(name)
    ids = [topic.id for topic in course.topics]
    found = next((one for one in (notebook.stem, notebook.resolve().parent.name) if one in ids), None)
    if found is None:
        raise UsageError(
            f"of which topic is {printable(notebook.name)}? Say --topic, one of {', '.join(ids)}"
        )
    return course, course.topic(found)


def read(course: Course, topic: Topic, notebook: Path) -> tuple[bytes, Assignment, tuple[Cell, ...]]:
    """A notebook's bytes, what it is an answer to, and its cells. Raises UsageError; for what the grader
    would reject, with its reason."""
    try:
        check_size(notebook.stat().st_size)
        data = notebook.read_bytes()
        cells = read_notebook(data, topic.id)
        assignment = released(course, topic)
        recognise(assignment, cells)
    except Rejected as reason:
        raise UsageError(f"{printable(notebook)}: {reason}") from None
    except OSError as error:
        raise UsageError(f"{printable(notebook)} cannot be read: {error.strerror}") from None
    return data, assignment, cells


def released(course: Course, topic: Topic) -> Assignment:
    """What the topic's notebook was released with: as `sorcery fetch` kept it, as it is in the exchange, or
    from the notebook that is worked in. Raises UsageError when there is none of these."""
    copies = [course.state / "released" / f"{topic.id}.ipynb"]
    if (exchange := exchange_of(course)) is not None:
        copies.append(exchange.outbound / topic.id / f"{topic.id}.ipynb")
    copies.append(topic.notebook)
    for copy in copies:
        try:
            return read_assignment(topic, copy)
        except AuthorError:
            continue
    raise UsageError(f"no released notebook of {topic.id} is here; run: sorcery fetch {topic.id}")
