"""All that is known of one topic, put together: results, what people gave, extensions, and the grades."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from graders.assignment import Assignment, read_assignment
from graders.course import Course, Topic, unknown_in_concepts
from graders.errors import AuthorError
from graders.extensions import read_extensions
from graders.grades import grade
from graders.records import Grade, Mark
from graders.store import ResultStore, StoredResults


@dataclass(frozen=True, slots=True)
class Overview:
    """`grades` by student, for everyone who handed something in or is on the roster. Results and grades are
    read and reckoned when they are asked for, and not kept: there may be many. `marks` are what people gave,
    by student and question; `extensions` by student and topic."""

    course: Course
    topic: Topic
    assignment: Assignment
    results: StoredResults
    grades: Grades
    store: ResultStore
    marks: Mapping[str, Mapping[str, Mark]]
    extensions: Mapping[tuple[str, str], datetime]

    def notebook(self, student: str) -> bytes:
        """The student's notebook as it ran; empty when none did."""
        path = self.store.notebook(student)
        return path.read_bytes() if path.exists() else b""

    def concepts(self) -> Mapping[str, tuple[str, ...]]:
        """question -> the concepts it is about. Raises AuthorError when course.yaml names one that is not
        there."""
        questions = [question.id for question in self.assignment.questions]
        questions += [manual.id for manual in self.assignment.manual]
        problems = unknown_in_concepts(self.topic, questions)
        if problems:
            raise AuthorError(problems)
        return self.topic.concepts


class Grades(Mapping[str, Grade]):
    """student -> the grade, reckoned each time it is asked for."""

    def __init__(
        self,
        topic: Topic,
        assignment: Assignment,
        results: StoredResults,
        students: Iterable[str],
        marks: Mapping[str, Mapping[str, Mark]],
        extensions: Mapping[tuple[str, str], datetime],
    ) -> None:
        self._topic, self._assignment, self._results = topic, assignment, results
        self._students = dict.fromkeys(students)
        self._marks, self._extensions = marks, extensions

    def __getitem__(self, student: str) -> Grade:
        if student not in self._students:
            raise KeyError(student)
        return grade(
            self._topic,
            self._assignment,
            student,
            self._results.get(student),
            self._marks.get(student),
            self._extensions.get((student, self._topic.id)),
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._students)

    def __len__(self) -> int:
        return len(self._students)

    def __contains__(self, student: object) -> bool:
        return student in self._students


def overview(
    course: Course,
    topic: Topic,
    marks: Mapping[str, Mapping[str, Mark]],
    *,
    expected: tuple[str, ...] = (),
) -> Overview:
    """`marks` as graders.store.Marks has them; `expected` are ids of students of whom something should be
    there.

    Raises AuthorError for faults of course material.
    """
    assignment, extensions = read_assignment(topic), read_extensions(course)
    store = ResultStore(course.state, topic.id)
    results = StoredResults(store)
    students = sorted({*results, *expected})
    grades = Grades(topic, assignment, results, students, marks, extensions)
    return Overview(course, topic, assignment, results, grades, store, marks, extensions)
