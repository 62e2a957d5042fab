"""What of an earlier result still holds when the tests of some questions have changed.

What decides a result is digested in parts: each question's own test files, and all else. When the submission,
its limits, the engine, how it was confined and "all else" are as they were, the notebook is run again on the
seed of that time, no further than the changed questions need; they alone are tested, and the rest is taken
over (graders.engine.examine). That holds only if the namespaces are those of that time. Nothing can look at
all of a namespace, so its cells must come to the same: verdict, error and every output, but for addresses
in memory. A notebook that prints the time, or draws without a seed, is graded whole again.

Graded whole, too: what did not come to a plain verdict, apart from a case that took too long and has changed;
topics with otter.json, whose questions are counted together; a result whose notebook as it ran is not at
hand, since that has to go with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence, Set
from dataclasses import replace

from graders.digests import Digests
from graders.engine.examine import overall
from graders.records import QuestionResult, Result, Verdict
from graders.store import ResultStore

# A case's timeout leaves all else as it was; what else is no plain verdict may be felt anywhere.
_PLAIN = (Verdict.GRADED, Verdict.TIMEOUT)


def may_hold(earlier: Result, now: Result) -> bool:
    """Whether a result may hold in part, whatever tests have changed. `now` is the same submission's, not yet
    graded."""
    same = all(
        getattr(earlier, name) == getattr(now, name)
        for name in ("topic", "sha256", "limits", "engine", "isolation")
    )
    return same and earlier.verdict in _PLAIN and bool(earlier.common_sha256)


def kept(store: ResultStore, student: str) -> Result | None:
    """The student's result, if the notebook in the store is the one it is of."""
    found = store.find(student)
    if found is None:
        return None
    try:
        notebook = store.notebook(student).read_bytes()
    except OSError:
        return None
    return found if hashlib.sha256(notebook).hexdigest() == found.notebook_sha256 else None


def changed(earlier: Result, now: Result, found: Digests) -> Set[str]:
    """The questions that have to be graded again; empty when all have."""
    before = {question.id: question.tests_sha256 for question in earlier.questions}
    if (
        not may_hold(earlier, now)
        or earlier.common_sha256 != found.common
        or before.keys() != found.questions.keys()
    ):
        return frozenset()
    asked = {question for question, digest in found.questions.items() if before[question] != digest}
    rest = [question for question in earlier.questions if question.id not in asked]
    if not rest or any(question.snapshot == "none" for question in earlier.questions):
        return frozenset()
    plain = overall(earlier.cells, rest, tampered=False) is Verdict.GRADED
    return asked if plain else frozenset()


def stamped(questions: Sequence[QuestionResult], found: Digests) -> tuple[QuestionResult, ...]:
    return tuple(replace(question, tests_sha256=found.questions[question.id]) for question in questions)


def joined(
    earlier: Result, now: Result, questions: Sequence[QuestionResult], verdict: Verdict
) -> Result | None:
    """`earlier` with these questions in place of its own; None when their `verdict` says that it cannot be
    known what the others would now come to. `now` is the result so far, without questions."""
    if verdict not in _PLAIN:
        return None
    again = {question.id: question for question in questions}
    joined = tuple(again.get(question.id, question) for question in earlier.questions)
    return replace(
        now,
        verdict=overall(earlier.cells, joined, tampered=False),
        points=sum(question.points for question in joined),
        questions=joined,
        manual=earlier.manual,
        cells=earlier.cells,
        common_sha256=earlier.common_sha256,
        notebook_sha256=earlier.notebook_sha256,
        regraded=tuple(again),
    )
