"""Decks of Anki: what is in the file, and that a second export changes notes instead of adding some."""

import io
import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest

from graders.errors import UsageError
from quizzes.bank import read_bank
from quizzes.formats import anki
from quizzes.formats.base import Loss, Source
from quizzes.formats.draw import drawn
from quizzes.schema import QuizFile

BANKS = sorted((Path(__file__).parents[3] / "quizzes" / "banks").glob("*.yaml"))
PICTURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _at_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


def file(*questions: dict[str, Any], **more: Any) -> QuizFile:
    quiz = {"id": "sgd", "title": "Noise :: steps", **more.pop("quiz", {})}
    return QuizFile.model_validate({"schema": 1, "quiz": quiz, "questions": questions, **more})


def opened(data: bytes) -> tuple[list[dict[str, Any]], zipfile.ZipFile, sqlite3.Connection]:
    archive = zipfile.ZipFile(io.BytesIO(data))
    database = sqlite3.connect(":memory:")
    database.deserialize(archive.read("collection.anki2"))
    notes = []
    for guid, mod, tags, fields in database.execute("SELECT guid, mod, tags, flds FROM notes ORDER BY id"):
        named = dict(zip(anki.FIELDS, fields.split("\x1f"), strict=True))
        notes.append({"guid": guid, "mod": mod, "tags": tags.split(), **named})
    return notes, archive, database


SINGLE = {
    "id": "lr", "type": "single", "stem": r"Is $\eta < 1$? $$x^2$$ `$$a$$` [sound:x.mp3]", "hint": "Small.",
    "tags": ["step size"], "difficulty": 4, "explain": "It *diverges*.", "source": "Bottou & Curtis",
    "choices": [
        {"id": "a", "text": "yes", "correct": True}, {"id": "b", "text": "no", "feedback": "Why?"},
        {"id": "n", "text": "none", "pin": "last"},
    ],
}  # fmt: skip
TRUTH = {"id": "t", "type": "true_false", "stem": "![c](img/c.png)", "answer": False, "feedback": "No."}


def test_a_note_is_a_question_with_its_answer() -> None:
    exported = anki.write(Source(file(SINGLE, TRUTH), {"img/c.png": PICTURE}))
    (single, truth), archive, database = opened(exported.data)
    assert single["Question"] == r"Is \(\eta &lt; 1\)? \[x^2\] <code>$$a$$</code> &#91;sound:x.mp3]"
    assert sorted(single["Choices"].split("<li>")) == sorted(
        ["<ul>", "yes</li>", "no</li>", "none</li></ul>"]
    )
    assert single["Answer"] == "yes"
    assert single["Feedback"] == "<i>no</i>: Why?"
    assert (single["Explanation"], single["Source"]) == ("It <em>diverges</em>.", "Bottou &amp; Curtis")
    assert single["tags"] == ["step_size", "difficulty::4"]
    assert (truth["Answer"], truth["Feedback"]) == ("False", "No.")
    (name,) = json.loads(archive.read("media")).values()
    assert truth["Question"] == f'<img src="{name}" alt="c" />'
    assert archive.read("0") == PICTURE
    decks = [
        deck["name"] for deck in json.loads(database.execute("SELECT decks FROM col").fetchone()[0]).values()
    ]
    assert sorted(decks) == ["Default", "Noise : steps"]
    (model,) = json.loads(database.execute("SELECT models FROM col").fetchone()[0]).values()
    assert [field["name"] for field in model["flds"]] == list(anki.FIELDS)
    assert database.execute("SELECT count(*) FROM cards").fetchone() == (2,)
    assert exported.losses == (Loss("lr", "blanks in its tags become _"),)


def test_every_kind_of_the_shipped_banks_has_a_front_and_a_back() -> None:
    for path in BANKS:
        questions, _ = drawn(read_bank(path), seed=1)
        notes, _, _ = opened(anki.write(Source(questions)).data)
        assert len(notes) == len(questions.questions)
        assert all(note["Question"] and note["Answer"] for note in notes)


def test_the_right_choice_is_not_always_first() -> None:
    questions, _ = drawn(read_bank(BANKS[0]), seed=1)
    notes, _, _ = opened(anki.write(Source(questions)).data)
    singles = [
        note for note, question in zip(notes, questions.questions, strict=True) if question.type == "single"
    ]
    first = [note["Choices"].startswith(f"<ul><li>{note['Answer']}</li>") for note in singles]
    assert any(first)
    assert not all(first)


def test_two_exports_are_the_same_but_for_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(file(SINGLE, TRUTH), {"img/c.png": PICTURE})
    first = anki.write(source).data
    assert anki.write(source).data == first
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000009")
    later, _, _ = opened(anki.write(source).data)
    assert [note["mod"] for note in later] == [1700000009] * 2
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    now, _, _ = opened(anki.write(source).data)
    assert (
        [note["guid"] for note in now]
        == [note["guid"] for note in later]
        == [note["guid"] for note in opened(first)[0]]
    )
    assert now[0]["mod"] > 1700000009


def test_an_edited_question_keeps_its_guid_and_another_has_another() -> None:
    (before,), _, one = opened(anki.write(Source(file(SINGLE))).data)
    (after,), _, two = opened(anki.write(Source(file({**SINGLE, "stem": "Edited", "rev": 2}))).data)
    assert before["guid"] == after["guid"]
    assert before["Question"] != after["Question"]
    for column in ("models", "decks"):
        ids = [
            list(json.loads(database.execute(f"SELECT {column} FROM col").fetchone()[0]))
            for database in (one, two)
        ]
        assert ids[0] == ids[1]
    (renamed,), _, _ = opened(anki.write(Source(file({**SINGLE, "id": "lr2"}))).data)
    (elsewhere,), _, _ = opened(anki.write(Source(file(SINGLE, quiz={"id": "other"}))).data)
    assert len({before["guid"], renamed["guid"], elsewhere["guid"]}) == 3


def test_sections_are_decks_in_the_deck() -> None:
    sections = [{"title": "One", "use": ["lr"]}, {"title": "Two", "use": ["t"]}]
    _, _, database = opened(anki.write(Source(file(SINGLE, TRUTH, sections=sections))).data)
    decks = {
        int(key): deck["name"]
        for key, deck in json.loads(database.execute("SELECT decks FROM col").fetchone()[0]).items()
    }
    used = [decks[did] for (did,) in database.execute("SELECT did FROM cards ORDER BY id")]
    assert used == ["Noise : steps::One", "Noise : steps::Two"]


def test_what_cards_lack_is_told() -> None:
    quiz = {"mode": "graded", "time_limit": "20m"}
    exported = anki.write(Source(file({**TRUTH, "points": 3, "stem": "bell \x1f"}, quiz=quiz)))
    assert {str(loss) for loss in exported.losses} == {
        "the mode is not carried", "the time limit is not carried", "t: its points are not carried",
        "t: characters that are none are replaced",
    }  # fmt: skip
    (note,), _, _ = opened(exported.data)
    assert note["Question"] == "bell \N{REPLACEMENT CHARACTER}"


def test_a_time_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH='yesterday' is no time"):
        anki.write(Source(file(TRUTH)))
