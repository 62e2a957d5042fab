"""Which test cases of a topic made for Otter cannot be asked of a reference, found by trying.

The solution is graded first: a case it fails here, and passes beside its own code, needs the live object
(isinstance, identity, a function handed to the student's). One it fails in both places it would fail in
otter, too, on this machine. Without a solution the submissions themselves are asked, a few of them evenly
chosen: a case needs the live object if it stopped at what a reference cannot do in more than half of them.
That is weaker: a case that quietly gets something else for an object is not found so, and is listed as one
that nobody passed.

In the same way it is found out whether expected outputs are those of numpy 1, where its versions do not say.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from graders.autograde import Batch, Interrupted
from graders.course import Course, Topic
from graders.errors import UsageError
from graders.foreign.otter.course import Facts, copied, with_rules
from graders.handed import Handed
from graders.records import CaseResult, CaseVerdict, Result, Tier, Verdict
from graders.remote import ELSEWHERE
from graders.rules import Rules

SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Suited:
    """`needs` and `fails` hold cases as `q1/2`, with why: the ones that need the live object, and the ones
    the solution fails anyhow. `asked` says who was tried."""

    legacy_numpy: bool
    needs: dict[str, str]
    fails: dict[str, str]
    asked: str


def find_out(
    course: Course,
    topic: Topic,
    rules: Rules,
    facts: Facts,
    tier: Tier,
    *,
    jobs: int,
    numpy: int,
    solution: Path | None,
    handed: Sequence[Handed],
) -> Suited:
    """Raises UsageError for a solution that does not run."""
    rules = replace(rules, in_process=(), legacy_numpy=numpy == 1)
    with tempfile.TemporaryDirectory(prefix="sorcery-suited-") as scratch:
        root = Path(scratch)
        root.chmod(0o711)  # a submission may be another user, and is shown the data
        trial = _Trial(*copied(course, topic, root), tier, jobs)
        if solution is not None:
            return _by_solution(trial, rules, facts, numpy, Handed("solution", solution.resolve()))
        return _by_majority(trial, rules, facts, numpy, handed)


class _Trial:
    def __init__(self, course: Course, topic: Topic, tier: Tier, jobs: int) -> None:
        self._course, self._topic, self._tier, self._jobs = course, topic, tier, jobs

    def run(self, rules: Rules, handed: Sequence[Handed]) -> list[Result]:
        with_rules(self._topic, rules)
        batch = Batch(self._course, self._topic, self._tier, seed=0)
        results: list[Result] = []
        try:
            batch.grade(handed, results.append, jobs=self._jobs, force=True)
        except Interrupted:
            raise KeyboardInterrupt from None  # nothing of it is worth keeping
        return sorted(results, key=lambda result: result.student)


def _by_solution(trial: _Trial, rules: Rules, facts: Facts, numpy: int, solution: Handed) -> Suited:
    (first,) = trial.run(rules, [solution])
    if first.verdict in (Verdict.REJECTED, Verdict.UNGRADED):
        raise UsageError(f"the solution could not be graded: {first.reason}")
    failing = _failing(first)
    if failing and not numpy and _in_ok_format(failing, facts):
        other = replace(rules, legacy_numpy=True)
        second = _failing(trial.run(other, [solution])[0])
        if len(second) < len(failing):
            rules, failing = other, second
    needs: dict[str, str] = {}
    if failing:
        (beside,) = trial.run(replace(rules, in_process=tuple(failing)), [solution])
        still = _failing(beside)
        needs = {case: _why(failing[case]) for case in failing if case not in still}
    fails = {case: _why(result) for case, result in failing.items() if case not in needs}
    return Suited(rules.legacy_numpy, needs, fails, "the solution")


def _by_majority(trial: _Trial, rules: Rules, facts: Facts, numpy: int, handed: Sequence[Handed]) -> Suited:
    chosen = [one for one in handed if not one.problem]
    step = max(1, len(chosen) / SAMPLE)
    chosen = [replace(chosen[int(at * step)], before=None) for at in range(min(SAMPLE, len(chosen)))]
    results = trial.run(rules, chosen) if chosen else []
    asked = f"{len(results)} submission{'' if len(results) == 1 else 's'}"
    tried = [result for result in results if result.questions]
    often = _often_failed(tried)
    if not numpy and _in_ok_format(often, facts):
        other = replace(rules, legacy_numpy=True)
        again = [result for result in trial.run(other, chosen) if result.questions]
        if _passed(again) > _passed(tried):
            rules, tried = other, again
    reached: Counter[str] = Counter()
    stopped: Counter[str] = Counter()
    why: dict[str, str] = {}
    for result in tried:
        for case, found in _cases(result).items():
            reached[case] += found.verdict is not CaseVerdict.NOT_REACHED
            if ELSEWHERE in found.detail:
                stopped[case] += 1
                why[case] = _why(found)
    needs = {case: why[case] for case in reached if stopped[case] * 2 > reached[case]}
    return Suited(rules.legacy_numpy, needs, {}, asked)


def nobody_passed(results: Iterable[Result]) -> list[str]:
    """Cases that were reached and that none passed, as `q1/2`."""
    reached, passed = set(), set()
    for result in results:
        for case, found in _cases(result).items():
            if found.verdict is not CaseVerdict.NOT_REACHED:
                reached.add(case)
            if found.verdict is CaseVerdict.PASSED:
                passed.add(case)
    return sorted(reached - passed)


def _cases(result: Result) -> dict[str, CaseResult]:
    return {
        f"{question.id}/{number}": case
        for question in result.questions
        for number, case in enumerate(question.cases, 1)
    }


def _failing(result: Result) -> dict[str, CaseResult]:
    return {name: case for name, case in _cases(result).items() if case.verdict is not CaseVerdict.PASSED}


def _passed(results: Sequence[Result]) -> int:
    return sum(case.verdict is CaseVerdict.PASSED for result in results for case in _cases(result).values())


def _often_failed(results: Sequence[Result]) -> set[str]:
    failed = Counter(case for result in results for case in _failing(result))
    return {case for case, count in failed.items() if count * 2 > len(results)}


def _in_ok_format(cases: Sequence[str] | set[str] | dict[str, CaseResult], facts: Facts) -> bool:
    for case in cases:
        question, _, number = case.rpartition("/")
        if facts[question][int(number) - 1].doctest:
            return True
    return False


def _why(case: CaseResult) -> str:
    """The line that says what cannot be done, or else the last one."""
    lines = [line.strip() for line in case.detail.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if ELSEWHERE in line), lines[-1] if lines else "")[:300]
