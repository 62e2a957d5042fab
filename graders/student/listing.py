"""The topics of a course, as its student stands with each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from graders.course import Course, Topic
from graders.exchange import exchange_of
from graders.late import away
from graders.student.receipts import versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One topic. `due` and `last` (the last version handed in) are UTC, ISO 8601, empty for none;
    `released` is None without an exchange that tells."""

    topic: str
    title: str
    points: float
    due: str
    released: bool | None
    fetched: bool
    versions: int
    last: str


def rows(course: Course, released: frozenset[str] | None) -> list[Row]:
    return [_row(course, topic, released) for topic in course.topics]


def released(course: Course) -> frozenset[str] | None:
    """Ids of the topics in the course's exchange; None when there is none. Raises UsageError."""
    exchange = exchange_of(course)
    return None if exchange is None else exchange.released()


def _row(course: Course, topic: Topic, released: frozenset[str] | None) -> Row:
    handed_in = versions(course, topic.id)
    return Row(
        topic=topic.id,
        title=topic.title,
        points=topic.auto_points + topic.manual_points,
        due="" if topic.due is None else topic.due.astimezone(UTC).isoformat(),
        released=None if released is None else topic.id in released,
        fetched=topic.notebook.is_file(),
        versions=len(handed_in),
        last=handed_in[-1].receipt.submitted if handed_in else "",
    )


def table(course: Course, listed: list[Row]) -> list[str]:
    """The rows for a person, a line each below a line of headings."""
    now = datetime.now(UTC)
    lines = [("topic", "title", "due", "here", "handed in"), *(_columns(course, row, now) for row in listed)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _columns(course: Course, row: Row, now: datetime) -> tuple[str, ...]:
    due, here, handed_in = moment(course, row.due), "fetched", ""
    if due:
        due += f" ({away(datetime.fromisoformat(row.due), now)})"
    if not row.fetched:
        here = {None: "", True: "released", False: "not released yet"}[row.released]
    if row.versions:
        count = "1 version" if row.versions == 1 else f"{row.versions} versions"
        handed_in = f"{count}, last {moment(course, row.last)}"
    return row.topic, row.title, due, here, handed_in


def moment(course: Course, text: str) -> str:
    """A time in the course's timezone; empty for none."""
    if not text:
        return ""
    return datetime.fromisoformat(text).astimezone(course.timezone).strftime("%Y-%m-%d %H:%M %Z")
