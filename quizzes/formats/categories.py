"""Moodle's categories of questions, as sections of a quiz; and the way back.

`$course$/top/Optimisation/Warm-up` is the section Warm-up of the quiz Optimisation; // in a path is a slash.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from quizzes.formats.build import Builder, label
from quizzes.schema import Question, QuizFile


def place(builder: Builder, placed: Sequence[tuple[str, str]]) -> None:
    """Sections from (category, question); what all categories begin with is the quiz's title."""
    paths = {category: parts(category) for category, _ in placed}
    firsts = {path[0] if path else "" for path in paths.values()}
    if len(firsts) == 1 and (first := firsts.pop()):
        builder.title = label(first)
        paths = {category: path[1:] for category, path in paths.items()}
    if not any(paths.values()):
        return
    for category, question in placed:
        title = label(" / ".join(paths[category])) or "Questions"
        if not builder.sections or builder.sections[-1]["title"] != title:
            builder.sections.append({"title": title, "use": []})
        builder.sections[-1]["use"].append(question)


def parts(category: str) -> list[str]:
    """The parts of a category below the course."""
    found = [part.replace("//", "/").strip() for part in re.split(r"(?<!/)/(?!/)", category)]
    if found and re.fullmatch(r"\$\w+\$", found[0]):
        found.pop(0)
    if found and found[0] == "top":
        found.pop(0)
    return [part for part in found if part]


def placed(file: QuizFile) -> list[tuple[str, list[Question]]]:
    """A file's questions by their category, in the order in which they are asked."""
    top = f"$course$/top/{_part(file.quiz.title)}"
    if not file.sections:
        return [(top, list(file.questions))]
    by_id = {question.id: question for question in file.questions}
    return [
        (f"{top}/{_part(section.title)}", [by_id[name] for name in section.use]) for section in file.sections
    ]


def _part(title: str) -> str:
    doubled = " ".join(title.split()).replace("/", "//")
    return re.sub(r"^(?=/)|(?<=/)$", " ", doubled)  # lest it run into the / between parts
