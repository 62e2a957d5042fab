"""Who can say a concept (quiz questions with its tag), who can do it (notebook questions with its tag), and
how the two go together.

A tag means one concept wherever it stands: in `tags` of a quiz question, in `concepts` of a topic in
assignments/course.yaml. Of a student and a concept,

    say = mean share over the quiz questions on it that were drawn for them, one attempt a quiz
    do  = Σ points / Σ points possible over the notebook questions on it, of the topics they have a grade in;
          what a person has yet to grade, and what is dropped, is left out

Somebody *can* say or do it from a share of 0.7 on. Mastery learning asks for 0.8 to 0.9 (Bloom 1968), but
lets people try until they reach it; here the first attempt counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graders.records import Counting, Grade
from quizzes.analysis.estimates import Estimate, correlations, undefined
from quizzes.analysis.matrix import Which, chosen
from quizzes.results import Scored

CAN = 0.7
SEED = 20250101


@dataclass(frozen=True, slots=True)
class Notebook:
    """One topic: question -> concepts, and everybody's grade."""

    topic: str
    concepts: Mapping[str, tuple[str, ...]]
    grades: Sequence[Grade]


@dataclass(frozen=True, slots=True)
class QuizResults:
    """One quiz: question -> tags, and everybody's attempts."""

    quiz: str
    tags: Mapping[str, tuple[str, ...]]
    attempts: Sequence[Scored]


@dataclass(frozen=True, slots=True)
class Standing:
    """One student's shares; None where nothing was asked of them."""

    student: str
    say: float | None
    do: float | None


@dataclass(frozen=True, slots=True)
class Concept:
    """`questions` are QUIZ/QUESTION, `tasks` TOPIC/QUESTION. `can_say` of `said` students, `can_do` of `did`;
    of the `together` who have both, `both` can both, and so on: the four add up. `r` is the correlation of
    the two shares over these."""

    name: str
    questions: tuple[str, ...]
    tasks: tuple[str, ...]
    said: int
    can_say: int
    did: int
    can_do: int
    together: int
    both: int
    only_say: int
    only_do: int
    neither: int
    r: Estimate
    students: tuple[Standing, ...]

    def who(self, say: bool, do: bool) -> list[str]:
        """Students of one of the four cells."""
        return [
            one.student
            for one in self.students
            if one.say is not None and one.do is not None and (one.say >= CAN, one.do >= CAN) == (say, do)
        ]


@dataclass(frozen=True, slots=True)
class ConceptView:
    """`untried` are concepts that nobody has met on either side; `only_quiz` and `only_notebook` are tags
    that the other side does not use."""

    threshold: float
    concepts: tuple[Concept, ...]
    untried: tuple[str, ...]
    only_quiz: tuple[str, ...]
    only_notebook: tuple[str, ...]


def concept_view(
    quizzes: Sequence[QuizResults], notebooks: Sequence[Notebook], which: Which = "first", seed: int = SEED
) -> ConceptView:
    said = _tagged((f"{quiz.quiz}/{name}", tags) for quiz in quizzes for name, tags in quiz.tags.items())
    done = _tagged(
        (f"{book.topic}/{name}", tags) for book in notebooks for name, tags in book.concepts.items()
    )
    say, do = _say(quizzes, which), _do(notebooks)
    shared = sorted(said.keys() & done.keys())
    met = [name for name in shared if name in say or name in do]
    return ConceptView(
        threshold=CAN,
        concepts=tuple(
            _concept(name, said[name], done[name], say.get(name, {}), do.get(name, {}), seed) for name in met
        ),
        untried=tuple(name for name in shared if name not in met),
        only_quiz=tuple(sorted(said.keys() - done.keys())),
        only_notebook=tuple(sorted(done.keys() - said.keys())),
    )


def _tagged(questions: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for question, tags in questions:
        for tag in dict.fromkeys(tags):
            found[tag] = (*found.get(tag, ()), question)
    return found


def _say(quizzes: Sequence[QuizResults], which: Which) -> dict[str, dict[str, float]]:
    """concept -> student -> share."""
    shares: dict[str, dict[str, list[float]]] = {}
    for quiz in quizzes:
        for attempt in chosen(quiz.attempts, which):
            for response in attempt.responses:
                for tag in dict.fromkeys(quiz.tags.get(response.question, ())):
                    shares.setdefault(tag, {}).setdefault(attempt.student, []).append(response.share)
    return {
        tag: {student: float(np.mean(found)) for student, found in students.items()}
        for tag, students in shares.items()
    }


def _do(notebooks: Sequence[Notebook]) -> dict[str, dict[str, float]]:
    """concept -> student -> share."""
    sums: dict[str, dict[str, tuple[float, float]]] = {}
    for book in notebooks:
        for grade in book.grades:
            for question in grade.questions:
                if question.points is None or question.counting is Counting.DROPPED or not question.possible:
                    continue
                for tag in dict.fromkeys(book.concepts.get(question.id, ())):
                    students = sums.setdefault(tag, {})
                    points, possible = students.get(grade.student, (0.0, 0.0))
                    students[grade.student] = points + question.points, possible + question.possible
    return {
        tag: {student: points / possible for student, (points, possible) in students.items()}
        for tag, students in sums.items()
    }


def _concept(
    name: str,
    questions: tuple[str, ...],
    tasks: tuple[str, ...],
    say: Mapping[str, float],
    do: Mapping[str, float],
    seed: int,
) -> Concept:
    students = tuple(Standing(who, say.get(who), do.get(who)) for who in sorted({*say, *do}))
    pairs = [(one.say, one.do) for one in students if one.say is not None and one.do is not None]
    cells = [(said >= CAN, did >= CAN) for said, did in pairs]
    values = np.array(pairs, dtype=float).reshape(-1, 2)
    (r,) = correlations(values[:, :1], values[:, 1:], seed) if pairs else (undefined(0, "nobody has both"),)
    return Concept(
        name=name,
        questions=questions,
        tasks=tasks,
        said=len(say),
        can_say=sum(share >= CAN for share in say.values()),
        did=len(do),
        can_do=sum(share >= CAN for share in do.values()),
        together=len(pairs),
        both=cells.count((True, True)),
        only_say=cells.count((True, False)),
        only_do=cells.count((False, True)),
        neither=cells.count((False, False)),
        r=r,
        students=students,
    )
