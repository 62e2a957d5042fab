"""The course: `assignments/course.yaml` and where everything of a topic lies.

    schema: 1
    course: {id: deep-learning, title: Deep learning, timezone: UTC}
    limits: {cell: 60s, memory: 2 GiB}
    late: {grace: 15m, per_day: 10%, cap: 50%}
    topics:
      - {id: cnn, title: Convolutional networks, points: {auto: 20, manual: 4}, due: 2026-12-18T23:59}

Durations are written `90s`, `10m`, `1h30m`; sizes `512 MiB`, `2 GiB`. A due time without an offset
is in the course's timezone. Relative paths are relative to the course's root, the folder that
holds `assignments/`. `assignments/` is handed to students: course.yaml holds nothing secret.
A topic's `concepts: {q1: [convolution]}` says what its questions are about; quiz questions with the
same tag are about the same.
`exchange: /srv/exchange` names the folder in which work is handed out and in (graders.exchange).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from graders.errors import AuthorError, Problem, UsageError
from graders.late import LatePolicy
from graders.records import Limits
from graders.store import portable_name
from graders.strict_yaml import Document, Location, read, suggest

COURSE_FILE = Path("assignments", "course.yaml")
STATE_FOLDER = ".sorcery"
GRADEBOOK = f"sqlite:///{STATE_FOLDER}/gradebook.db"

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
BYTES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?\s*(?:ms|s|m|h)\s*)+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_TOPIC_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_WHEN = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?")
_EXPANDED = re.compile(r"~|.*(?:\$\{?\w|%\w+%)")  # what a shell would put something else for


def seconds(text: Any) -> float:
    """`90s`, `1h30m` or `250ms` in seconds. Raises ValueError with the mend."""
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is no duration; write it with a unit, such as 90s, 10m or 1h30m")
    total = sum(float(number) * SECONDS[unit] for number, unit in _DURATION_PART.findall(text))
    if not 0 < total < float("inf"):
        raise ValueError(f"{text!r} is no limit; write a duration above zero")
    return total


def size(text: Any) -> int:
    """`512 MiB` or `2 GiB` in bytes. Raises ValueError with the mend."""
    found = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if not found or found[2] not in BYTES:
        units = ", ".join(BYTES)
        raise ValueError(f"{text!r} is no size; write it with a unit, such as 512 MiB or 2 GiB ({units})")
    amount = float(found[1]) * BYTES[found[2]]
    if not 1 <= amount < 1 << 63:
        raise ValueError(f"{text!r} is no limit; write a size from 1 B to below 8 EiB")
    return int(amount)


def share(text: Any) -> float:
    """`10%` as 0.1; from 0 % to 100 %. Raises ValueError with the mend."""
    found = _PERCENT.fullmatch(text) if isinstance(text, str) else None
    if not found or not 0 <= float(found[1]) <= 100:
        raise ValueError(f"{text!r} is no share; write it in percent, such as 10%")
    return float(found[1]) / 100


def _topic_id(text: str) -> str:
    if not _TOPIC_ID.fullmatch(text) or not portable_name(text):
        raise ValueError(f"{text!r} cannot name a folder everywhere; use letters, digits, - and _")
    return text


def _module(text: str) -> str:
    if not _MODULE.fullmatch(text):
        raise ValueError(f"{text!r} is no module name")
    return text


def moment(text: Any) -> datetime:
    """`2026-12-18T23:59`, with an offset or without. Raises ValueError with the mend."""
    if isinstance(text, str) and _WHEN.fullmatch(text):
        return datetime.fromisoformat(text)  # its ValueError says which part is out of range
    raise ValueError(f"{text!r} is no date with a time; write it as 2026-12-18T23:59:00+00:00")


def _timezone(text: str) -> str:
    try:
        _zone(text)
    except (KeyError, ValueError, OSError):
        mend = suggest(text, available_timezones()) or "write it as in Europe/Berlin"
        raise ValueError(f"no timezone {text!r}; {mend}") from None
    return text


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)  # UTC needs no timezone data on the machine


def _gradebook(text: str) -> str:
    parts = urlsplit(text)
    if not parts.scheme or "://" not in text:
        raise ValueError(f"{text!r} is no database URL; write it as {GRADEBOOK}")
    if parts.password:
        raise ValueError(
            "course.yaml goes to students and must hold no password; keep it in ~/.pgpass or the environment"
        )
    if parts.scheme == "sqlite" and (not parts.path.strip("/") or ":memory:" in parts.path):
        raise ValueError(f"a gradebook in memory is lost at once; name a file, as in {GRADEBOOK}")
    return text


def _exchange(text: str) -> str:
    if "://" in text or not text.strip():
        raise ValueError(f"{text!r} is no folder; name one that all of the course can reach")
    if _EXPANDED.match(text):
        raise ValueError(
            f"{text!r} is taken as it stands: ~ and environment variables are not expanded; write it out"
        )
    return text


Duration = Annotated[float, BeforeValidator(seconds), WithJsonSchema({"type": "string", "examples": ["90s"]})]
Size = Annotated[int, BeforeValidator(size), WithJsonSchema({"type": "string", "examples": ["2 GiB"]})]
Share = Annotated[float, BeforeValidator(share), WithJsonSchema({"type": "string", "examples": ["10%"]})]
Count = Annotated[int, Field(ge=1)]
Points = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Title = Annotated[str, Field(min_length=1, max_length=200)]


# Which of a student's submissions counts.
Versions = Literal["latest", "latest_on_time"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Limits(_Entry):
    cell: Duration | None = None
    factor: Annotated[float, Field(ge=0, le=1000)] | None = None
    notebook: Duration | None = None
    case: Duration | None = None
    memory: Size | None = None
    output: Size | None = None
    scratch: Size | None = None
    file: Size | None = None
    open_files: Count | None = None
    processes: Count | None = None

    def over(self, base: Limits) -> Limits:
        given = self.model_dump(exclude_none=True)
        return replace(base, **{_LIMIT_FIELDS[name]: value for name, value in given.items()})


_LIMIT_FIELDS = {
    "cell": "cell_seconds",
    "factor": "cell_factor",
    "notebook": "notebook_seconds",
    "case": "case_seconds",
    "memory": "memory_bytes",
    "output": "output_bytes",
    "scratch": "scratch_bytes",
    "file": "file_bytes",
    "open_files": "open_files",
    "processes": "processes",
}


class _Late(_Entry):
    grace: Duration | None = None
    per_day: Share
    cap: Share = 1.0


class _Course(_Entry):
    id: Annotated[str, AfterValidator(_topic_id)]
    title: Title
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"


class _Proof(_Entry):
    alternatives: Annotated[int, Field(ge=0)] = 0
    mistakes: Annotated[int, Field(ge=0)] = 0
    repeats: Annotated[int, Field(ge=0, le=1000)] = 5


class _Points(_Entry):
    auto: Points
    manual: Points = 0.0


class _Topic(_Entry):
    id: Annotated[str, AfterValidator(_topic_id)]
    title: Title
    points: _Points
    due: Annotated[datetime, BeforeValidator(moment)] | None = None
    late: _Late | None = None
    versions: Versions | None = None
    extra_credit: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    concepts: dict[str, Annotated[tuple[Title, ...], Field(min_length=1)]] = {}
    warm: tuple[Annotated[str, AfterValidator(_module)], ...] = ()
    limits: _Limits = _Limits()


class CourseFile(_Entry):
    """What course.yaml may hold; its JSON Schema completes and checks it in an editor."""

    version: Literal[1] = Field(alias="schema")
    course: _Course
    gradebook: Annotated[str, AfterValidator(_gradebook)] = GRADEBOOK
    exchange: Annotated[str, AfterValidator(_exchange)] | None = None
    limits: _Limits = _Limits()
    late: _Late | None = None
    versions: Versions = "latest"
    proof: _Proof = _Proof()
    topics: Annotated[tuple[_Topic, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One assignment. `points_line` is the line of its points in course.yaml; `due` has an offset.

    `versions`: of several submissions of one student, "latest" counts, or with "latest_on_time" the latest
    that is not late, where there is one. `extra_credit` and `drop` are ids of questions. `concepts` maps
    question -> what it is about, `concept_lines` question -> line of that in course.yaml.
    """

    root: Path
    id: str
    title: str
    auto_points: float
    manual_points: float
    limits: Limits
    due: datetime | None = None
    late: LatePolicy = field(default_factory=LatePolicy)
    versions: Versions = "latest"
    extra_credit: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    concepts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    concept_lines: Mapping[str, int] = field(default_factory=dict)
    warm: tuple[str, ...] = ()
    points_line: int = 0

    @property
    def folder(self) -> Path:
        return self.root / "assignments" / self.id

    @property
    def notebook(self) -> Path:
        return self.folder / f"{self.id}.ipynb"

    @property
    def public_tests(self) -> Path:
        return self.folder / "tests"

    @property
    def hidden_tests(self) -> Path:
        return self.root / "graders" / "hidden_tests" / self.id

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def material(self) -> tuple[Path, Path, Path]:
        """The folders that decide, with the engine, what a submission earns."""
        return self.public_tests, self.hidden_tests, self.data

    @property
    def master(self) -> Path:
        return self.root / "solutions" / f"{self.id}.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """What `sorcery prove` asks of a topic: so many alternatives and mistakes at least, and so many more
    gradings of the solution, each on a fresh seed."""

    alternatives: int = 0
    mistakes: int = 0
    repeats: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Everything course.yaml says. `gradebook` is a URL; a relative SQLite path is made absolute, as is
    `exchange`."""

    root: Path
    id: str
    title: str
    timezone: tzinfo
    gradebook: str
    limits: Limits
    topics: tuple[Topic, ...]
    exchange: Path | None = None
    proving: Proving = Proving()

    @property
    def file(self) -> Path:
        return self.root / COURSE_FILE

    @property
    def state(self) -> Path:
        """What sorcery keeps between runs; never committed."""
        return self.root / STATE_FOLDER

    def topic(self, name: str) -> Topic:
        """The topic of that id. Raises UsageError that lists the ids there are."""
        for topic in self.topics:
            if topic.id == name:
                return topic
        ids = [topic.id for topic in self.topics]
        mend = suggest(name, ids)
        raise UsageError(f"no topic {name!r}{'; ' if mend else ''}{mend} (topics: {', '.join(ids)})")


def find_course(start: Path | None = None) -> Course:
    """The course around `start` (the working directory), found from there upwards.

    Raises UsageError when there is none, AuthorError when its course.yaml has faults.
    """
    try:
        here = (start or Path.cwd()).resolve()
    except OSError as error:
        raise UsageError(f"the working directory cannot be read: {error.strerror}") from None
    for folder in (here, *here.parents):
        if (folder / COURSE_FILE).is_file():
            return load_course(folder)
    raise UsageError(
        f"no course in {here} or above it; run this inside a course, a folder with {COURSE_FILE.as_posix()}"
    )


def load_course(root: Path, file: Path | None = None) -> Course:
    """The course whose root is `root`, as its course.yaml says, or another `file` in place of that. Raises
    AuthorError with every problem of the file."""
    document = read(file or root / COURSE_FILE)
    written = document.into(CourseFile)
    problems = [*_faults(written, document)]
    if problems:
        raise AuthorError(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    limits, zone = written.limits.over(Limits()), _zone(written.course.timezone)
    topics = []
    for index, topic in enumerate(written.topics):
        topics.append(
            Topic(
                root=root,
                id=topic.id,
                title=topic.title,
                auto_points=topic.points.auto,
                manual_points=topic.points.manual,
                limits=topic.limits.over(limits),
                due=_due(topic, zone),
                late=_policy(topic.late or written.late),
                versions=topic.versions or written.versions,
                extra_credit=topic.extra_credit,
                drop=topic.drop,
                concepts=topic.concepts,
                concept_lines={
                    name: document.key_marks[("topics", index, "concepts", name)][0]
                    for name in topic.concepts
                },
                warm=topic.warm,
                points_line=document.marks[("topics", index, "points")][0],
            )
        )
    return Course(
        root=root,
        id=written.course.id,
        title=written.course.title,
        timezone=zone,
        gradebook=_absolute(written.gradebook, root),
        limits=limits,
        topics=tuple(topics),
        exchange=None if written.exchange is None else root / written.exchange,
        proving=Proving(**written.proof.model_dump()),
    )


def _faults(written: CourseFile, document: Document) -> Iterator[Problem]:
    """What only shows when several keys are read together."""
    limits, zone = written.limits.over(Limits()), _zone(written.course.timezone)
    if limits.cell_seconds > limits.notebook_seconds:
        yield _cell_over_notebook(document, ("limits",), limits)
    seen: dict[str, int] = {}
    for index, topic in enumerate(written.topics):
        place: Location = ("topics", index)
        folded = topic.id.casefold()
        if folded in seen:
            message = f"a second topic {topic.id!r} (first in line {seen[folded]})"
            yield document.problem((*place, "id"), message, "rename one; upper and lower case are one folder")
        seen.setdefault(folded, document.marks[(*place, "id")][0])
        own = topic.limits.over(limits)
        if own != limits and own.cell_seconds > own.notebook_seconds:
            yield _cell_over_notebook(document, (*place, "limits"), own)
        for question in sorted({*topic.extra_credit} & {*topic.drop}):
            message = f"{question} is extra credit and dropped at once"
            yield document.problem((*place, "drop"), message, "leave it in one of the two", key=True)
        due = _due(topic, zone)
        if due is not None and due.astimezone(UTC).astimezone(due.tzinfo) != due:
            yield document.problem(
                (*place, "due"), f"{topic.due} does not exist in {zone}, where clocks go forward", "shift it"
            )


def unknown_in_concepts(topic: Topic, questions: Collection[str]) -> list[Problem]:
    """What `concepts` of a topic says of questions that are not among those it has."""
    mend = f"its questions are {', '.join(questions)}"
    return [
        Problem(
            topic.root / COURSE_FILE, line, f"{topic.id} has no question {name!r} to be about a concept", mend
        )
        for name, line in topic.concept_lines.items()
        if name not in questions
    ]


def _cell_over_notebook(document: Document, place: Location, limits: Limits) -> Problem:
    message = f"a cell may take {limits.cell_seconds:g} s and the notebook only {limits.notebook_seconds:g} s"
    return document.problem(place, message, "raise `notebook` or lower `cell`", key=True)


def _due(topic: _Topic, zone: tzinfo) -> datetime | None:
    if topic.due is None or topic.due.tzinfo is not None:
        return topic.due
    return topic.due.replace(tzinfo=zone)


def _policy(late: _Late | None) -> LatePolicy:
    if late is None:
        return LatePolicy()
    return LatePolicy(grace=late.grace or 0.0, per_day=late.per_day, cap=late.cap)


def _absolute(url: str, root: Path) -> str:
    prefix = "sqlite:///"
    if not url.startswith(prefix):
        return url
    path, mark, options = url.removeprefix(prefix).partition("?")
    if path.startswith("/") or PureWindowsPath(path).is_absolute():
        return url
    return f"{prefix}{(root / path).as_posix()}{mark}{options}"
