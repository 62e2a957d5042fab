"""All that is known of one topic, put together: results, what people gave, extensions, and the grades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graders.assignment import Assignment, read_assignment
from graders.course import Course, Topic
from graders.extensions import read_extensions
from graders.gradebook import Gradebook
from graders.grades import grade
from graders.records import Grade, Result
from graders.store import Marks, ResultStore


@dataclass(frozen=True, slots=True)
class Overview:
    """`grades` by student, for everyone who handed something in or is on the roster."""

    course: Course
    topic: Topic
    assignment: Assignment
    results: Mapping[str, Result]
    grades: Mapping[str, Grade]
    store: ResultStore

    def notebook(self, student: str) -> bytes:
        """The student's notebook as it ran; empty when none did."""
        path = self.store.notebook(student)
        return path.read_bytes() if path.exists() else b""


def overview(course: Course, topic: Topic, *, expected: tuple[str, ...] = ()) -> Overview:
    """`expected` are ids of students of whom something should be there.

    Raises AuthorError for faults of course material, UsageError when the gradebook is out of reach.
    """
    assignment = read_assignment(topic)
    store = ResultStore(course.state, topic.id)
    results = {result.student: result for result in store}
    extensions = read_extensions(course)
    with Gradebook(course) as book:
        marks = Marks(course.state, topic.id).merge(book.marks(topic.id), topic.drop)
    grades = {
        student: grade(
            topic,
            assignment,
            student,
            results.get(student),
            marks.get(student),
            extensions.get((student, topic.id)),
        )
        for student in sorted({*results, *expected})
    }
    return Overview(course, topic, assignment, results, grades, store)
