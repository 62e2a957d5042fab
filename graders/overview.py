"""All that is known of one topic, put together: results, what people gave, extensions, and the grades."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from graders.assignment import Assignment, read_assignment
from graders.course import Course, Topic, unknown_in_concepts
from graders.errors import AuthorError
from graders.extensions import read_extensions
from graders.gradebook import Gradebook
from graders.grades import grade
from graders.records import Grade, Result
from graders.similarity import Source
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

    def source(self, student: str) -> Source:
        """The code of the student's notebook, to be compared with others'."""
        return _source(student, self.notebook(student))

    def concepts(self) -> Mapping[str, tuple[str, ...]]:
        """question -> the concepts it is about. Raises AuthorError when course.yaml names one that is not
        there."""
        questions = [question.id for question in self.assignment.questions]
        questions += [manual.id for manual in self.assignment.manual]
        problems = unknown_in_concepts(self.topic, questions)
        if problems:
            raise AuthorError(problems)
        return self.topic.concepts

    def template(self) -> Source:
        """The code that everybody was given."""
        return _source("", self.topic.notebook.read_bytes())


def _source(student: str, notebook: bytes) -> Source:
    cells = json.loads(notebook)["cells"] if notebook else []
    code = [
        (index, "".join(cell["source"])) for index, cell in enumerate(cells) if cell["cell_type"] == "code"
    ]
    return Source(student, tuple(code))


def overview(course: Course, topic: Topic, book: Gradebook, *, expected: tuple[str, ...] = ()) -> Overview:
    """`book` is the course's, open; `expected` are ids of students of whom something should be there.

    Raises AuthorError for faults of course material.
    """
    assignment = read_assignment(topic)
    store = ResultStore(course.state, topic.id)
    results = {result.student: result for result in store}
    extensions = read_extensions(course)
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
