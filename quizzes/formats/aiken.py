"""Aiken (https://docs.moodle.org/en/Aiken_format): questions with one right choice, in plain text.

    Which of these trains a network?
    A. A lion tamer
    B. Gradient descent
    ANSWER: B

A question goes on one line, each choice on its own, in order from A, with a full stop or a bracket. Empty
lines are let pass everywhere.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from html import escape

from quizzes.formats.base import Exported, Imported, Loss, Source
from quizzes.formats.build import Builder, choices
from quizzes.formats.html import to_markdown, to_plain
from quizzes.formats.lost import lost, told
from quizzes.formats.text import decoded, fault
from quizzes.schema import Question, Single, TrueFalse

TITLE = "Aiken"
SUFFIXES = (".txt",)

_CHOICE = re.compile(r"([A-Z])[.)][ \t]+(\S.*)")
_ANSWER = re.compile(r"ANSWER:[ \t]*(\S.*)?")


@dataclass(slots=True)
class _Open:
    """A question whose answer has not come yet."""

    line: int
    stem: str
    choices: list[str] = field(default_factory=list)


def read(data: bytes, name: str) -> Imported:
    builder = Builder(name)
    here: _Open | None = None
    for number, line in enumerate(decoded(data).split("\n"), start=1):
        text = line.strip()
        if not text:
            continue
        if found := _ANSWER.fullmatch(text):
            _close(builder, here, number, found[1] or "")
            here = None
        elif found := _CHOICE.fullmatch(text):
            if here is None:
                raise fault(number, f"a choice {found[1]} without a question above it")
            wanted = string.ascii_uppercase[len(here.choices)] if len(here.choices) < 26 else "ANSWER"
            if found[1] != wanted:
                raise fault(number, f"choice {found[1]} where {wanted} is expected")
            here.choices.append(found[2])
        elif here is None:
            here = _Open(number, text)
        elif here.choices:
            raise fault(number, "neither a choice, such as `C. text`, nor `ANSWER: C`")
        else:
            raise fault(number, "a second line of a question; write it on one, and its choices below")
    if here is not None:
        raise fault(here.line, "a question that no `ANSWER: ` ends")
    return builder.done()


def _close(builder: Builder, here: _Open | None, line: int, letter: str) -> None:
    if here is None:
        raise fault(line, "an answer without a question above it")
    if len(here.choices) < 2:
        raise fault(line, f"a question with {len(here.choices)} choices; write at least two")
    letters = string.ascii_uppercase[: len(here.choices)]
    if len(letter) != 1 or letter not in letters:
        raise fault(line, f"the answer {letter[:20]!r} is none of {', '.join(letters)}")
    stem = to_markdown(escape(here.stem, quote=False))
    texts = [to_markdown(escape(text, quote=False)) for text in here.choices]
    right = [mark == letter for mark in letters]
    fields = {"id": builder.name("", stem), "type": "single", "stem": stem}
    builder.add({**fields, "choices": choices(texts, right)}, here.line)


def write(source: Source) -> Exported:
    losses = list(lost(source.file, {"rule", "unit", "traps", "rel_tol", "pattern", "exact", "extra"}))
    blocks: list[str] = []
    for question in source.file.questions:
        block, what = _question(question)
        if block:
            blocks.append(block)
        losses += [Loss(question.id, one) for one in what]
    losses.append(Loss("", "ids of questions are not carried; they are made of the first words"))
    return Exported("\n".join(blocks).encode(), told(losses))


def _question(question: Question) -> tuple[str, list[str]]:
    """Its lines, none when it is left out, and what is lost of it."""
    losses: list[str] = []
    match question:
        case Single():
            options = [(choice.text, choice.correct) for choice in question.choices]
        case TrueFalse():
            options = [("True", question.answer), ("False", not question.answer)]
            losses.append("a choice of True and False when read again")
        case _:
            return "", [f"left out: {question.type} has no place in Aiken"]
    texts = [to_plain(text) for text in (question.stem, *(text for text, _ in options))]
    if not all(texts):
        return "", ["left out: nothing of a text is left without its formatting"]
    if _CHOICE.fullmatch(texts[0]) or _ANSWER.fullmatch(texts[0]):
        return "", ["left out: its text would be taken for a choice or an answer"]
    written = [question.stem, *(text for text, _ in options)]
    if [to_markdown(escape(text, quote=False)) for text in texts] != written:
        losses.append("formatting of its texts is not carried")
    letters = string.ascii_uppercase
    right = next(letter for letter, (_, correct) in zip(letters, options, strict=False) if correct)
    lines = [texts[0], *(f"{letter}. {text}" for letter, text in zip(letters, texts[1:], strict=False))]
    return "\n".join([*lines, f"ANSWER: {right}", ""]), losses
