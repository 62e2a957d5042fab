"""A quiz file out of what another program's file says, question by question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from quizzes.bank import faults_of
from quizzes.formats.base import MAX_QUESTIONS, FormatError, Imported, Loss
from quizzes.formats.ids import choice_ids, unique_id, unique_title
from quizzes.formats.media import images
from quizzes.maths import segments
from quizzes.schema import PLACEHOLDER, Question, QuizFile

_ADAPTER: TypeAdapter[Question] = TypeAdapter(Question)
_SHOWN = {"stem", "text", "left", "right", "feedback", "hint", "explain"}
LONGEST_LABEL = 200


class Builder:
    """Collects questions, and what of them is lost. `name` is what the quiz is called when nothing else
    is said."""

    def __init__(self, name: str) -> None:
        self.id = unique_id(name, set())
        self.title = label(name) or self.id
        self.questions: list[Question] = []
        self.losses: list[Loss] = []
        self.sections: list[dict[str, Any]] = []
        self.media: dict[str, bytes] = {}
        self.settings: dict[str, Any] = {}
        self._taken: set[str] = set()

    def name(self, title: str, text: str) -> str:
        """An id for the next question."""
        return unique_title(title, text, self._taken)

    def lose(self, question: str, what: str) -> None:
        self.losses.append(Loss(question, what))

    def leave_out(self, title: str, text: str, line: int, what: str) -> None:
        """A question that is not carried over, named as it would have been."""
        place = f" (line {line})" if line else ""
        self.lose(unique_title(title, text, set()), f"left out{place}: {what}")

    def add(self, fields: dict[str, Any], line: int = 0) -> bool:
        """A question from `fields`, as they stand in YAML. What our schema cannot hold is left out, and
        said. Raises FormatError when there are too many questions."""
        if len(self.questions) >= MAX_QUESTIONS:
            raise FormatError(f"more than {MAX_QUESTIONS} questions; split the file")
        name = fields["id"]
        place = f" (line {line})" if line else ""
        safe = self._without_placeholders(name, fields)
        try:
            question = _ADAPTER.validate_python({key: value for key, value in safe.items() if value != ""})
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            part = ".".join(str(step) for step in fault["loc"][1:])
            self.lose(name, f"left out{place}: {part}: {fault['msg'].removeprefix('Value error, ')}")
            return False
        if found := next(faults_of(question, "net"), None):
            self.lose(name, f"left out{place}: {found[1]}; {found[2]}")
            return False
        for image in images(question):
            if image not in self.media:
                self.lose(name, f"the image {image} is not in the file; put it beside the quiz")
        self.questions.append(question)
        return True

    def done(self) -> Imported:
        """Raises FormatError when there is no question."""
        if not self.questions:
            why = [f": {loss}" for loss in self.losses if loss.what.startswith("left out")]
            raise FormatError("no question that can be carried over" + "".join(why[:1]))
        there = {question.id for question in self.questions}
        for section in self.sections:
            if "use" in section:
                section["use"] = [name for name in section["use"] if name in there]
        file = QuizFile.model_validate(
            {
                "schema": 1,
                "quiz": {"id": self.id, "title": self.title, **self.settings},
                "sections": [
                    section for section in self.sections if section.get("use") or section.get("draw")
                ],
                "questions": self.questions,
            }
        )
        return Imported(file, self.media, tuple(self.losses))

    def _without_placeholders(self, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Imported texts have no parameters: what looks like one is kept from being taken for it."""

        def walk(value: Any, shown: bool) -> Any:
            match value:
                case dict():
                    return {key: walk(inner, key in _SHOWN or key == "extra") for key, inner in value.items()}
                case list():
                    return [walk(inner, shown) for inner in value]
                case str() if shown and PLACEHOLDER.search(value):
                    self.lose(
                        name, "a text holds <<…>>, which means a parameter here: the marks are set apart"
                    )
                    return _apart(value)
            return value

        return {key: walk(value, key in _SHOWN or key == "extra") for key, value in fields.items()}


def choices(
    shown: Sequence[str],
    right: Sequence[bool],
    feedback: Sequence[str] = (),
    worth: Sequence[float | None] = (),
) -> list[dict[str, Any]]:
    """Choices as they stand in YAML, with ids a, b, c."""
    count = len(shown)
    rows = zip(
        choice_ids(count), shown, right, worth or [None] * count, feedback or [""] * count, strict=True
    )
    return [
        {"id": name, "text": text, "correct": correct, "worth": share, "feedback": said}
        for name, text, correct, share, said in rows
    ]


def label(text: str) -> str:
    """A title, a tag: on one line, and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LABEL else line[: LONGEST_LABEL - 1] + "…"


def _apart(text: str) -> str:
    def mended(kind: str, part: str) -> str:
        opened = "<\u200b<" if kind == "code" else "&lt;&lt;" if kind == "text" else r"<{}<"
        return part.replace("<<", opened)

    parts = []
    for kind, part in segments(text):
        dollars = "$" if kind == "maths" and "\n" not in part else "$$" if kind == "maths" else ""
        parts.append(f"{dollars}{mended(kind, part)}{dollars}")
    mended_text = "".join(parts)
    return mended_text if not PLACEHOLDER.search(mended_text) else text.replace("<<", "<\u200b<")
