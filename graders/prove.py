"""What must hold of a topic before students get it, found out by grading.

* The released notebook is what the master builds, and nothing of a solution, a model answer or a
  hidden test is in what is released.
* Every question has public and hidden cases, and every case says what to do when it fails.
* The solution earns everything, the same on fresh seeds, well within the limits on time; the
  released notebook earns nothing.
* Right answers in other words earn everything; mistakes cost exactly what they should
  (graders.variants).

Every case runs as it does when students are graded. Results are kept below `.sorcery/proof`, so
what has not changed is not graded again.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graders.assignment import read_assignment
from graders.autograde import Batch
from graders.build import TELLING, build_topic, squeezed, stale
from graders.course import Course, Topic
from graders.errors import InternalError, Problem, UsageError
from graders.handed import Handed
from graders.master import BEGIN, END, read_master
from graders.otter_tests import load_question, question_files
from graders.pace import EVERY, cell_limit
from graders.records import Result, Tier, Verdict
from graders.release import make_release
from graders.store import write_atomically
from graders.variants import Kind, Variant, read_variants, variants_file

# Of the mistakes, the share that must cost exactly what they should.
EXACT = 0.95
# Of a limit on time, the share the solution may take: students write slower code, on busier machines.
OF_LIMIT = 0.5


@dataclass(frozen=True, slots=True)
class Tally:
    """Of how many gradings, how many came out as they should."""

    right: int
    of: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found of one topic. `problems` are what does not hold; `notes` what is let pass.

    `public` and `hidden` count test cases; `seconds` is what grading the solution took, by the clock.
    """

    topic: str
    possible: float
    questions: int
    public: int
    hidden: int
    solution: float
    seconds: float
    blank: float
    alternatives: Tally
    mistakes: Tally
    repeats: Tally
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class Prepared:
    """One topic's proof, prepared: `submissions` are all there is to grade, by name."""

    course: Course
    topic: Topic
    variants: tuple[Variant, ...]
    repeats: int
    submissions: dict[str, bytes]
    problems: tuple[Problem, ...]


def prepare(course: Course, topic: Topic, repeats: int | None = None, sample: int | None = None) -> Prepared:
    """What there is to grade of `topic`, and what is wrong before anything is graded. Of alternatives and
    of mistakes, `sample` each, evenly chosen; all with None.

    Raises AuthorError for a master, tests or variants that cannot be used, UsageError for a notebook that
    is stale.
    """
    solution = build_topic(course, topic).solution
    for fault in stale(course, topic):
        raise UsageError(f"{topic.id} is not proven: {fault}")
    possible = {question.id: question.points for question in read_assignment(topic).questions}
    variants = read_variants(topic, solution, possible)
    problems = [*_untold(topic), *_leaks(course, topic), *_too_few(course, topic, variants)]
    if sample is not None:
        variants = (*_some(variants, "alternative", sample), *_some(variants, "mistake", sample))
    count = course.proving.repeats if repeats is None else repeats
    submissions = {"solution": solution, "blank": topic.notebook.read_bytes()}
    submissions |= {_again(index): solution for index in range(count)}
    submissions |= {_student(variant): variant.notebook for variant in variants}
    return Prepared(course, topic, variants, count, submissions, tuple(problems))


def _some(variants: Sequence[Variant], kind: Kind, count: int) -> tuple[Variant, ...]:
    ours = [variant for variant in variants if variant.kind == kind]
    count = min(count, len(ours))
    return tuple(ours[number * len(ours) // count] for number in range(count))


def prove(
    ready: Prepared, tier: Tier, report: Callable[[Result], None], *, jobs: int, force: bool = False
) -> Proof:
    """Grades everything and says what came of it.

    Raises autograde.Interrupted on Ctrl-C, InternalError when something could not be graded through a
    fault of ours: that says nothing of the topic.
    """
    topic, state = ready.topic, ready.course.state / "proof"
    handed = []
    for name, notebook in ready.submissions.items():
        path = state / "handed" / topic.id / f"{name}.ipynb"
        write_atomically(path, notebook)
        handed.append(Handed(name, path))
    batch = Batch(ready.course, topic, tier, state=state, solution=lambda: ready.submissions["solution"])
    batch.grade(handed, report, jobs=jobs, force=force)
    results = {one.student: batch.store.read(one.student) for one in handed}
    for name, result in results.items():
        if result.verdict is Verdict.UNGRADED:
            raise InternalError(
                f"{topic.id}: {name} could not be graded, so nothing is proven: {result.reason}"
            )
    return _judged(ready, results)


def _judged(ready: Prepared, results: dict[str, Result]) -> Proof:
    topic, solution, blank = ready.topic, results["solution"], results["blank"]
    problems = [*ready.problems, *_of_solution(topic, solution), *_of_blank(topic, blank)]
    notes: list[Problem] = []
    again = [results[_again(index)] for index in range(ready.repeats)]
    same = [result for result in again if _score(result) == _score(solution)]
    for result in again:
        if result not in same:
            message = (
                f"the solution earns {_told(result)} on seed {result.seed}, and {_told(solution)} at first"
            )
            problems.append(Problem(topic.master, 0, message, "give its thresholds more room"))
    tallies = {}
    for kind in ("alternative", "mistake"):
        ours = [variant for variant in ready.variants if variant.kind == kind]
        misfits = [
            fault for variant in ours if (fault := _misfit(topic, variant, results[_student(variant)]))
        ]
        tallies[kind] = Tally(len(ours) - len(misfits), len(ours))
        let_pass = kind == "mistake" and len(ours) - len(misfits) >= EXACT * len(ours)
        (notes if let_pass else problems).extend(misfits)
    cases = [case for question in blank.questions for case in question.cases]
    return Proof(
        topic=topic.id,
        possible=topic.auto_points,
        questions=len(blank.questions),
        public=sum(not case.hidden for case in cases),
        hidden=sum(case.hidden for case in cases),
        solution=solution.points,
        seconds=solution.seconds,
        blank=blank.points,
        alternatives=tallies["alternative"],
        mistakes=tallies["mistake"],
        repeats=Tally(len(same), len(again)),
        problems=tuple(problems),
        notes=tuple(notes),
    )


def _of_solution(topic: Topic, result: Result) -> Iterator[Problem]:
    if lost := _losses(result):
        mend = f"see: sorcery show .sorcery/proof/results/{topic.id}/solution.json"
        yield Problem(topic.master, 0, f"the solution does not earn {_listed(lost)}", mend)
    if result.verdict is not Verdict.GRADED:
        yield Problem(topic.master, 0, f"the solution's verdict is {result.verdict}: {result.reason}")
    limits = topic.limits
    slowest = max((cell.seconds for cell in result.cells), default=0.0)
    of_cell = cell_limit(limits, {EVERY: slowest}, EVERY) or limits.cell_seconds
    whole = sum(cell.seconds for cell in result.cells)
    for what, took, limit in (
        ("a cell of the solution", slowest, of_cell),
        ("the solution", whole, limits.notebook_seconds),
    ):
        if took > OF_LIMIT * limit:
            message = f"{what} takes {took:.3g} s of the {limit:g} s allowed"
            yield Problem(topic.master, 0, message, "make it cheaper, or raise the limit in course.yaml")


def _of_blank(topic: Topic, result: Result) -> Iterator[Problem]:
    if result.verdict is not Verdict.GRADED:
        yield Problem(topic.notebook, 0, f"the verdict on the released notebook is {result.verdict}")
    for question in result.questions:
        if question.points:
            message = f"the released notebook earns {question.points:g} of {question.id} unanswered"
            passed = ", ".join(case.name for case in question.cases if case.points)
            yield Problem(topic.notebook, 0, message, f"see the cases {passed}")


def _misfit(topic: Topic, variant: Variant, result: Result) -> Problem | None:
    lost = _losses(result)
    if result.verdict is Verdict.GRADED and lost == variant.loses:
        return None
    wanted = f"lose {_listed(variant.loses)}" if variant.loses else "earn everything"
    came = f"loses {_listed(lost)}" if lost else "earns everything"
    verdict = "" if result.verdict is Verdict.GRADED else f" (verdict: {result.verdict})"
    failed = [
        f"{'hidden' if case.hidden else 'public'} {case.name}: {_short(case.detail or case.message)}"
        for question in result.questions
        if lost.get(question.id, 0.0) != variant.loses.get(question.id, 0.0)
        for case in question.cases
        if case.points < case.possible
    ]
    message = f"{variant.kind} {variant.name!r} should {wanted}, but {came}{verdict}"
    return Problem(variants_file(topic), variant.line, message, "; ".join(failed))


def _short(text: str) -> str:
    return " ".join(text.split())[:160]


def _untold(topic: Topic) -> Iterator[Problem]:
    """Questions without public or hidden cases, and cases that say nothing when they fail."""
    for question in sorted(question_files(topic.public_tests, topic.hidden_tests)):
        tests = load_question(topic.public_tests, topic.hidden_tests, question)
        for folder, what in ((topic.public_tests, "public"), (topic.hidden_tests, "hidden")):
            path = folder / f"{question}.py"
            cases = [case for case in tests.cases if case.hidden is (what == "hidden")]
            if not cases:
                yield Problem(path, 0, f"{question} has no {what} case", "write one")
            for number, case in enumerate(cases):
                if not case.failure_message.strip():
                    mend = 'add failure_message="…", a sentence its student can act on'
                    yield Problem(
                        path, _line_of(path, number), f"{case.name} says nothing when it fails", mend
                    )


def _line_of(path: Path, number: int) -> int:
    """Of the test case of that number in its file, from 0; 0 for one of another format."""
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    cases = [node.decorator_list[0].lineno for node in functions if node.decorator_list]
    return cases[number] if number < len(cases) else 0


def _leaks(course: Course, topic: Topic) -> Iterator[Problem]:
    """Lines of solutions, model answers and hidden tests in what is released."""
    released = {name: _texts(name, body) for name, body in make_release(course, topic).files.items()}
    for name, texts in released.items():
        for mark in (BEGIN, END):
            if any(mark in text for text in texts):
                yield Problem(topic.folder / name, 0, f"{mark!r} stands in what is released", "remove it")
    shown = {name: [squeezed(text) for text in texts] for name, texts in released.items()}
    for path, line, text in _secrets(topic):
        secret = squeezed(text)
        if len(secret) < TELLING:
            continue
        for name, bodies in shown.items():
            if any(secret in body for body in bodies):
                place = (topic.folder / name).relative_to(course.root).as_posix()
                message = f"students would see {text.strip()!r}, which stands in {place}"
                yield Problem(path, line, message, "reword one of the two")


def _secrets(topic: Topic) -> Iterator[tuple[Path, int, str]]:
    for cell in read_master(topic).cells:
        for line, text in cell.solution_lines():
            yield topic.master, line, text
    for path in sorted(topic.hidden_tests.rglob("*.py")):
        for line, text in enumerate(path.read_text().split("\n"), start=1):
            if not re.match(r"\s*(?:import|from)\s", text):
                yield path, line, text


def _texts(name: str, body: bytes) -> list[str]:
    """What can be read in a file; of a notebook, its JSON's strings."""
    if name.endswith(".ipynb"):
        return list(_strings(json.loads(body)))
    try:
        return [body.decode()]
    except UnicodeDecodeError:
        return []


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if all(isinstance(part, str) for part in value):
            yield "".join(value)
        else:
            for part in value:
                yield from _strings(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)


def _too_few(course: Course, topic: Topic, variants: Sequence[Variant]) -> Iterator[Problem]:
    for kind, asked in (("alternative", course.proving.alternatives), ("mistake", course.proving.mistakes)):
        count = sum(variant.kind == kind for variant in variants)
        if count < asked:
            message = f"{count} {kind}s, of {asked} that course.yaml asks for"
            yield Problem(variants_file(topic), 0, message, "write more")


def _again(index: int) -> str:
    return f"solution-{index + 1:03}"


def _student(variant: Variant) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", variant.name.lower()).strip("-")[:60]
    return f"{variant.kind}-{slug}-{hashlib.sha256(variant.name.encode()).hexdigest()[:6]}"


def _score(result: Result) -> tuple[Verdict, dict[str, float]]:
    return result.verdict, {question.id: question.points for question in result.questions}


def _losses(result: Result) -> dict[str, float]:
    lost = {question.id: round(question.possible - question.points, 9) for question in result.questions}
    return {question: points for question, points in lost.items() if points > 0}


def _listed(lost: dict[str, float]) -> str:
    return ", ".join(f"{points:g} of {question}" for question, points in lost.items())


def _told(result: Result) -> str:
    return f"{result.points:g}" + ("" if result.verdict is Verdict.GRADED else f" ({result.verdict})")
