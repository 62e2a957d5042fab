"""A student's own feedback, from the course's exchange to beside what was handed in.

submitted/TOPIC/20260130T203010.123456Z-1a2b3c4d/feedback.html
                                                 feedback.md
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graders.course import Course, Topic
from graders.errors import UsageError
from graders.exchange import exchange_of
from graders.store import write_atomically
from graders.student.receipts import Version, versions

PAGE, TEXT = "feedback.html", "feedback.md"


@dataclass(frozen=True, slots=True)
class Feedback:
    """Feedback on one version. `text` is Markdown, empty where another tool handed it back."""

    version: Version
    page: Path
    text: str


def fetch_feedback(course: Course, topic: Topic) -> Feedback:
    """What there is on the latest version that has any. Raises UsageError when there is none yet."""
    handed_in = versions(course, topic.id)
    if not handed_in:
        raise UsageError(f"nothing of {topic.id} was handed in from here; see: sorcery submit --help")
    exchange = exchange_of(course)
    if exchange is None:
        raise UsageError("this course has no exchange; feedback comes to where you uploaded your notebook")
    for version in reversed(handed_in):
        secret = version.receipt.secret
        found = exchange.handed_back(secret, topic.id) if secret and exchange.feedback.is_dir() else None
        if found is not None:
            page, text = found
            write_atomically(version.folder / PAGE, page)
            if text:
                write_atomically(version.folder / TEXT, text)
            return Feedback(version, version.folder / PAGE, text.decode(errors="replace"))
    raise UsageError(f"there is no feedback on {topic.id} yet")
