"""Frozen values that pass between the steps of grading, and the published shape of a result.

Times are seconds, sizes are bytes, points are floats. A `Result` is what `sorcery grade`
writes, one JSON file a submission; its JSON Schema is `graders/result.schema.json`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class CaseVerdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # the student's code raised, or its process ended, while the case ran
    TIMEOUT = "timeout"
    NOT_REACHED = "not reached"  # the notebook never got to the question


class Verdict(StrEnum):
    GRADED = "graded"
    OUTPUT_LIMIT = "output limit"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out of memory"
    CRASHED = "crashed"
    TAMPERED = "tampered"
    REJECTED = "rejected"
    UNGRADED = "ungraded"


# When several hold for one submission, the first of these is its verdict.
PRECEDENCE = (
    Verdict.UNGRADED,
    Verdict.REJECTED,
    Verdict.TAMPERED,
    Verdict.OUT_OF_MEMORY,
    Verdict.CRASHED,
    Verdict.TIMEOUT,
    Verdict.OUTPUT_LIMIT,
    Verdict.GRADED,
)


def worst(*verdicts: Verdict) -> Verdict:
    """The verdict that stands when all of `verdicts` hold; GRADED for none."""
    return min(verdicts, key=PRECEDENCE.index, default=Verdict.GRADED)


class Tier(StrEnum):
    """How much of the machine a submission is kept from; see graders.sandbox."""

    FULL = "full"
    FLAT = "flat"
    LANDLOCK = "landlock"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one submission may use. Wall-clock seconds, bytes, counts."""

    cell_seconds: float = 60.0
    cell_factor: float = 0.0  # of what the solution's own cell took, where that is more; 0: never
    notebook_seconds: float = 600.0
    case_seconds: float = 30.0
    memory_bytes: int = 2 << 30
    output_bytes: int = 1 << 20  # of one cell, streams and displays together; the rest is cut
    scratch_bytes: int = 256 << 20  # the submission's own file system
    file_bytes: int = 128 << 20
    open_files: int = 256
    processes: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One test case. `message` may be shown to its student; `detail` is for staff only. `in_process`: it ran
    beside the student's code, which could read it and forge its outcome."""

    name: str
    verdict: CaseVerdict
    points: float
    possible: float
    hidden: bool
    message: str = ""
    detail: str = ""
    seconds: float = 0.0
    in_process: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """One autograded question. `snapshot` says where its namespace was taken; `in_process` that its tests ran
    in the student's process, which could read them and, with enough art, answer for them. `tests_sha256` is
    of its own test files, where a mended test is graded again by itself."""

    id: str
    points: float
    possible: float
    seed: int
    cases: tuple[CaseResult, ...]
    snapshot: Literal["check cell", "last cell", "end", "none"] = "check cell"
    seconds: float = 0.0
    in_process: bool = False
    tests_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualResult:
    """A written question, graded by a person in the gradebook."""

    id: str
    possible: float
    answered: bool


class CellVerdict(StrEnum):
    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out of memory"
    EXITED = "exited"  # sys.exit: the rest still runs
    CRASHED = "crashed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """One code cell, by its index in the notebook (all cells counted, from 0). `shown_sha256` is of its
    outputs, addresses in memory left out; empty for none."""

    index: int
    verdict: CellVerdict
    error: str = ""
    cut: bool = False  # its output went over the limit
    seconds: float = 0.0
    shown_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything known about one graded submission. Published as JSON, `version` 1.

    `key` identifies the work: the same submission, tests, limits and engine give the same key.
    `timings` maps a stage to wall seconds: fork, isolation, intake (reading the file), cells, snapshots,
    tests, end, and write, of the notebook as it ran: the result's own cannot be in it.
    `tests_sha256` is of all that decides points beside the submission: tests, data, what the released
    notebook asks for; `common_sha256` is of that without the questions' own tests, `notebook_sha256` of the
    notebook as it ran. `regraded`: only these questions were graded at `started`, as no other's tests had
    changed; the rest is of an earlier grading on the same seed.
    """

    version: Literal[1] = 1
    topic: str
    student: str
    file: str
    sha256: str
    key: str
    engine: str
    tests_sha256: str
    isolation: Tier
    limits: Limits
    seed: int
    verdict: Verdict
    reason: str = ""
    points: float = 0.0
    possible: float = 0.0
    questions: tuple[QuestionResult, ...] = ()
    manual: tuple[ManualResult, ...] = ()
    cells: tuple[CellResult, ...] = ()
    started: str = ""  # UTC, ISO 8601
    submitted: str = ""  # UTC, ISO 8601; empty where nothing says when it was handed in
    seconds: float = 0.0
    timings: dict[str, float] = field(default_factory=dict)
    common_sha256: str = ""
    notebook_sha256: str = ""
    regraded: tuple[str, ...] = ()

    @property
    def in_process(self) -> tuple[str, ...]:
        """The cases that ran beside the student's code, as `q1/2`, counted from 1."""
        return tuple(
            f"{question.id}/{number}"
            for question in self.questions
            for number, case in enumerate(question.cases, 1)
            if case.in_process
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a person gave one question of one student: `points` in place of the tests' (None: theirs
    stand), `extra` beside them."""

    points: float | None = None
    extra: float = 0.0
    comment: str = ""


class Counting(StrEnum):
    """How a question enters a grade."""

    COUNTED = "counted"
    EXTRA_CREDIT = "extra credit"  # its points count, and are not asked for
    DROPPED = "dropped"  # neither earned nor asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionGrade:
    """What one question brings. `points` is None while a person has yet to grade it; `comment` is theirs."""

    id: str
    points: float | None
    possible: float
    counting: Counting = Counting.COUNTED
    written: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How late something was handed in, and what that costs. `due` is after an extension, UTC, ISO 8601,
    empty for none; `days` are begun days past due and grace; `penalty` is in points."""

    due: str = ""
    extended: bool = False
    seconds: float = 0.0
    days: int = 0
    penalty: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """One student's grade for one topic: everything that feedback, report and exports say of it.

    `total` is max(0, earned − penalty), None without a grade: nothing was handed in (`verdict` None), or
    it was rejected or is ungraded. `possible` leaves out what is dropped or extra.
    """

    topic: str
    student: str
    verdict: Verdict | None
    reason: str = ""
    questions: tuple[QuestionGrade, ...] = ()
    earned: float = 0.0
    possible: float = 0.0
    needs_manual: bool = False
    submitted: str = ""
    late: Lateness = Lateness()
    total: float | None = None
