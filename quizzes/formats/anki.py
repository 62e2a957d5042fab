r"""A deck of Anki (.apkg): a note a question, with its choices in front and the answer behind; only written.

A note's GUID comes from the ids of quiz and question, so a deck that is imported again changes notes and
adds none, and what was learned stays. Anki takes a note for changed when it is younger, so notes carry the
time of the export, or SOURCE_DATE_EPOCH where that is set; all else in two exports is the same.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import sqlite3
import time
import warnings
from collections.abc import Collection, Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING

from graders.errors import UsageError
from quizzes.formats.base import Exported, Loss, Source, in_order
from quizzes.formats.foreign_xml import replaced, unwritable
from quizzes.formats.foreign_zip import packed
from quizzes.formats.html import to_html
from quizzes.formats.lost import lost, told
from quizzes.formats.numbers import computed
from quizzes.formats.pictures import by_path, missing, plain, readdressed
from quizzes.formats.pictures import shown as shown_pictures
from quizzes.schema import (
    Matching,
    Multi,
    Numeric,
    Ordering,
    Question,
    Quiz,
    QuizFile,
    Short,
    Single,
    TrueFalse,
    texts,
)

if TYPE_CHECKING:
    import genanki

TITLE = "Anki deck"
SUFFIXES = (".apkg",)
read = None

CARRIES = {
    "title", "sections", "tags", "difficulty", "hint", "explain", "source", "media", "ids", "choice feedback",
    "feedback", "unit", "traps", "rel_tol", "extra", "shuffle", "pin", "exact",
}  # fmt: skip
FIELDS = ("Question", "Choices", "Hint", "Answer", "Feedback", "Explanation", "Source")
MODEL = "sorcery question 1"  # a new number when the fields change: Anki cannot merge models
_FRONT = "{{Question}}{{Choices}}{{#Hint}}<div class=hint>{{hint:Hint}}</div>{{/Hint}}"
_BACK = (
    "{{FrontSide}}<hr id=answer>{{Answer}}"
    "{{#Feedback}}<div class=feedback>{{Feedback}}</div>{{/Feedback}}"
    "{{#Explanation}}<div class=explanation>{{Explanation}}</div>{{/Explanation}}"
    "{{#Source}}<div class=source>{{Source}}</div>{{/Source}}"
)
_CSS = """.card { font-family: sans-serif; font-size: 18px; text-align: left; max-width: 40em }
.feedback, .explanation { margin-top: 1em; }
.hint, .source { margin-top: 1em; font-size: 14px; }
pre { white-space: pre-wrap; }
table { border-collapse: collapse; } td, th { border: 1px solid; padding: 0.2em 0.6em; }
"""
_CODE = re.compile(r"(<(?:code|pre)\b.*?</(?:code|pre)>)", re.DOTALL)
# What Anki takes for sound, and for LaTeX of its own.
_OBEYED = re.compile(r"\[(?=sound:|/?latex\]|/?\$\$?\])")


def write(source: Source) -> Exported:
    """Raises UsageError for a SOURCE_DATE_EPOCH that is no time."""
    import genanki

    file = source.file
    losses = list(lost(file, CARRIES))
    source = by_path(source)
    media = source.media
    pictures = {
        name: _flat(file.quiz.id, name, media[name]) for name in shown_pictures(in_order(file), media)
    }
    placed = _decks(file)
    decks = {title: genanki.Deck(_number("deck", file.quiz.id, title), title) for title in placed.values()}
    model = _model()
    for question in in_order(file):
        losses += _of(question, pictures)
        fields = _Card(file.quiz, question, pictures).fields()
        note = genanki.Note(
            model=model,
            fields=[replaced(field) for field in fields],
            tags=[*map(_tag, question.tags), f"difficulty::{question.difficulty}"],
            guid=genanki.guid_for(f"{file.quiz.id}/{question.id}"),
        )
        decks[placed[question.id]].add_note(note)
    names = list(pictures.values())
    members = {
        "collection.anki2": _database(decks.values(), _now()),
        "media": json.dumps({str(number): name for number, name in enumerate(names)}).encode(),
        **{str(number): media[name] for number, name in enumerate(pictures)},
    }
    return Exported(packed(members), told(losses))


def _decks(file: QuizFile) -> dict[str, str]:
    """The deck of each question: the quiz, or a section in it. :: in a name would be a deck in a deck."""
    title = _deck(file.quiz.title)
    if not file.sections:
        return {question.id: title for question in file.questions}
    return {name: f"{title}::{_deck(section.title)}" for section in file.sections for name in section.use}


def _deck(title: str) -> str:
    return " ".join(replaced(title).split()).replace("::", ":") or "Quiz"


def _of(question: Question, pictures: Collection[str]) -> Iterator[Loss]:
    yield from missing(question, pictures)
    if any(re.search(r"\s", tag) for tag in question.tags):
        yield Loss(question.id, "blanks in its tags become _")
    if any(unwritable(text) for _, text in texts(question)):
        yield Loss(question.id, "characters that are none are replaced")


def _tag(tag: str) -> str:
    return re.sub(r"\s+", "_", replaced(tag).strip())


def _flat(quiz: str, name: str, data: bytes) -> str:
    """A name among all the pictures of all of somebody's decks, which Anki keeps in one folder."""
    base = re.sub(r"[^\w.-]+", "_", name.rpartition("/")[2])[-80:]
    return f"{quiz}-{hashlib.sha256(data).hexdigest()[:10]}-{base}"


def _number(*parts: str) -> int:
    """A stable id of the kind that Anki draws by chance."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return (1 << 30) + int.from_bytes(digest[:4], "big") % (1 << 30)


def _now() -> float:
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not fixed:
        return time.time()
    if not re.fullmatch(r"\d{1,11}", fixed):
        raise UsageError(f"SOURCE_DATE_EPOCH={fixed!r} is no time in seconds since 1970")
    return float(fixed)


def _model() -> genanki.Model:
    import genanki

    return genanki.Model(
        _number("model", MODEL),
        MODEL,
        fields=[{"name": name} for name in FIELDS],
        templates=[{"name": "Question", "qfmt": _FRONT, "afmt": _BACK}],
        css=_CSS,
    )


def _database(decks: Iterable[genanki.Deck], now: float) -> bytes:
    import genanki

    with warnings.catch_warnings():  # genanki takes some of our HTML for none
        warnings.filterwarnings("ignore", module="genanki")
        connection = sqlite3.connect(":memory:")
        try:
            cursor = connection.cursor()
            genanki.Package(list(decks)).write_to_db(cursor, now, itertools.count(int(now * 1000)))
            connection.commit()
            return connection.serialize()
        finally:
            connection.close()


class _Card:
    """What stands on a card."""

    def __init__(self, quiz: Quiz, question: Question, pictures: dict[str, str]) -> None:
        self.quiz, self.its, self.pictures = quiz, question, pictures

    def fields(self) -> list[str]:
        its = self.its
        choices, answer, feedback = self._sides()
        return [
            self._html(its.stem), choices, self._html(its.hint), answer, feedback, self._html(its.explain),
            escape(its.source),
        ]  # fmt: skip

    def _html(self, text: str) -> str:
        if not text:
            return ""
        html = readdressed(to_html(text), lambda written: self.pictures.get(plain(written)))
        parts = _CODE.split(html)
        parts[::2] = [re.sub(r"\$\$(.+?)\$\$", r"\\[\1\\]", part, flags=re.DOTALL) for part in parts[::2]]
        return _OBEYED.sub("&#91;", "".join(parts))

    def _list(self, texts: Iterable[str], kind: str = "ul") -> str:
        return f"<{kind}>{''.join(f'<li>{self._html(text)}</li>' for text in texts)}</{kind}>"

    def _mixed(self, ids: Iterable[str]) -> list[str]:
        """Ids in an order that tells nothing, the same every time."""
        return sorted(ids, key=lambda name: _number("order", self.quiz.id, self.its.id, name))

    def _in_front(self, its: Single | Multi) -> Iterator[str]:
        shuffled = its.shuffle if its.shuffle is not None else self.quiz.shuffle.choices
        ids = [choice.id for choice in its.choices]
        place = {name: index for index, name in enumerate(self._mixed(ids) if shuffled else ids)}
        ends = {"first": -1, None: 0, "last": 1}
        for choice in sorted(
            its.choices, key=lambda choice: (shuffled and ends[choice.pin], place[choice.id])
        ):
            yield choice.text

    def _sides(self) -> tuple[str, str, str]:
        """Choices, the answer, feedback."""
        match self.its:
            case Single() | Multi() as its:
                right = [choice.text for choice in its.choices if choice.correct]
                said = [
                    f"<i>{self._html(choice.text)}</i>: {self._html(choice.feedback)}"
                    for choice in its.choices
                    if choice.feedback
                ]
                one = isinstance(its, Single)
                front = self._list(self._in_front(its))
                answer = self._html(right[0]) if one and right else self._list(right)
                return ("" if one else "<p>Choose all that are right.</p>") + front, answer, "<br>".join(said)
            case TrueFalse() as its:
                return "<p>True or false?</p>", str(its.answer), self._html(its.feedback)
            case Numeric() as its:
                traps = [f"{escape(_figures(trap.expr))}: {self._html(trap.feedback)}" for trap in its.traps]
                return "", escape(_answer(its)), "<br>".join(traps)
            case Short() as its:
                accept = [escape(text) for text in its.answer.accept]
                pattern = f"<code>{escape(its.answer.pattern)}</code>" if its.answer.pattern else ""
                return "", " / ".join(filter(None, [*accept, pattern])), ""
            case Matching() as its:
                rights = sorted({pair.right for pair in its.pairs} | set(its.extra))
                front = self._list((pair.left for pair in its.pairs), "ol") + self._list(rights)
                return front, self._list((pair.right for pair in its.pairs), "ol"), ""
            case Ordering() as its:
                shown = {item.id: item.text for item in its.items}
                front = "<p>Put these in order.</p>" + self._list(shown[name] for name in self._mixed(shown))
                return front, self._list((item.text for item in its.items), "ol"), ""


def _figures(expression: str) -> str:
    value = computed(expression)
    return expression if value is None else f"{value:.10g}"


def _answer(its: Numeric) -> str:
    value = computed(its.answer.expr)
    width = max(its.answer.abs_tol, its.answer.rel_tol * abs(value or 0.0))
    within = f" ± {width:.3g}" if width else ""
    return f"{_figures(its.answer.expr)}{within} {its.answer.unit}".strip()
