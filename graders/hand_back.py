"""Feedback into the course's exchange, where only who handed the work in finds it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from graders.errors import UsageError
from graders.exchange import Exchange
from graders.feedback import feedback_markdown
from graders.overview import Overview
from graders.versions import secret


@dataclass(frozen=True, slots=True)
class HandedBack:
    """Students whose feedback is in the exchange now, and those whose work did not come through it."""

    students: tuple[str, ...]
    elsewhere: tuple[str, ...]


def hand_back(view: Overview, exchange: Exchange, pages: Iterable[Path]) -> HandedBack:
    """Puts these pages of write_feedback into the exchange. Raises UsageError when it cannot be reached."""
    done, elsewhere = [], []
    for page in pages:
        student = page.parent.parent.name
        grade, result = view.grades[student], view.results.get(student)
        found = ""
        if result is not None:
            submitted = datetime.fromisoformat(result.submitted) if result.submitted else None
            collected = view.course.state / "collected"
            found = secret(collected, view.topic.id, student, result.sha256, submitted)
        if not found:
            if result is not None:
                elsewhere.append(student)
            continue
        markdown = feedback_markdown(view.course, view.topic, grade, result)
        try:
            content = page.read_bytes()
        except OSError as error:
            raise UsageError(f"{page}: {error.strerror}") from None
        exchange.hand_back(found, view.topic.id, content, markdown.encode())
        done.append(student)
    return HandedBack(tuple(done), tuple(elsewhere))
