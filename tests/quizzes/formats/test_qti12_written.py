"""QTI 1.2 that text2qti makes, and that we make."""

import io
import logging
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.bank import read_bank
from quizzes.formats import qti12
from quizzes.formats.base import Loss, Source
from quizzes.formats.draw import drawn
from quizzes.formats.foreign_xml import parse
from quizzes.formats.foreign_zip import unpacked
from quizzes.formats.numbers import between, ends, number, shown
from quizzes.schema import Multi, Numeric, QuizFile, Short, Single, TrueFalse

BANK = Path(__file__).parents[3] / "quizzes" / "banks" / "cnn.yaml"
PICTURE = b"\x89PNG\r\n\x1a\n"

TEXT2QTI = """Quiz title: Optimisation & co
Quiz description: A description.

1. What is $2^3$? ![here](p.png)
... General.
+ Right.
- Wrong.
a) 6
... Too small.
*b) 8
c) 9

Title: Both
Points: 2.5
2. Which are even?
[*] 2
[ ] 3
[*] 4

3. The sky is blue.
*a) True
b) False

4. Pi?
= 3.14 +- 0.01

5. Between?
= [1, 2]

6. First name?
* Ada
* Augusta

GROUP
pick: 1
points per question: 3

1. One of two?
*a) yes
b) no

2. Two of two?
*a) yes
b) no

END_GROUP

7. Write.
____
"""


@pytest.mark.filterwarnings("ignore")
def test_what_text2qti_makes_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from text2qti.config import Config
    from text2qti.qti import QTI
    from text2qti.quiz import Quiz

    (tmp_path / "p.png").write_bytes(PICTURE)
    monkeypatch.chdir(tmp_path)  # pictures are looked for there
    path = tmp_path / "made.zip"
    QTI(Quiz(TEXT2QTI, config=Config(), source_name="quiz.txt")).save(path)
    imported = qti12.read(path.read_bytes(), "made")
    first, both, truth, pi, interval, name, *pool = imported.file.questions
    assert imported.file.quiz.title == "Optimisation & co"
    assert isinstance(first, Single)
    assert [(one.text, one.correct, one.feedback) for one in first.choices] == [
        ("6", False, "Too small."), ("8", True, ""), ("9", False, ""),
    ]  # fmt: skip
    assert first.stem == "What is $2^3$? ![here](images/p.png)"
    assert first.explain == "General."
    assert imported.media == {"images/p.png": PICTURE}
    assert isinstance(both, Multi)
    assert (both.id, both.points, [one.correct for one in both.choices]) == ("Both", 2.5, [True, False, True])
    assert isinstance(truth, TrueFalse)
    assert truth.answer
    assert isinstance(pi, Numeric)
    assert isinstance(interval, Numeric)
    assert (pi.answer.expr, pi.answer.abs_tol) == ("3.14", 0.01)
    assert (interval.answer.expr, interval.answer.abs_tol) == ("1.5", 0.5)
    assert isinstance(name, Short)
    assert name.answer.accept == ("Ada", "Augusta")
    assert [one.points for one in pool] == [3.0, 3.0]
    assert [section.draw for section in imported.file.sections] == [None, 1]
    assert sum("left out" in loss.what for loss in imported.losses) == 1


def test_an_export_has_the_layout_that_canvas_takes() -> None:
    question = {
        "id": "lr", "type": "single", "stem": "![x](a/b.png)", "points": 2,
        "choices": [{"id": "general", "text": "a", "correct": True, "feedback": "f"}, {"id": "b", "text": "c"}],
    }  # fmt: skip
    quiz = {"id": "2-sgd", "title": "SGD", "time_limit": "90s", "attempts": {"keep": "first"}}
    file = QuizFile.model_validate({"schema": 1, "quiz": quiz, "questions": [question]})
    exported = qti12.write(Source(file, {"a/b.png": PICTURE}))
    files = unpacked(exported.data)
    assert list(files) == [
        "imsmanifest.xml", "quiz_2-sgd/quiz_2-sgd.xml", "quiz_2-sgd/assessment_meta.xml", "web_resources/a/b.png",
    ]  # fmt: skip
    hrefs = [one.get("href") for one in parse(files["imsmanifest.xml"]).every("file")]
    assert hrefs == list(files)[1:]
    meta = parse(files["quiz_2-sgd/assessment_meta.xml"])
    assert [meta.said(tag) for tag in ("time_limit", "allowed_attempts", "points_possible", "quiz_type")] == [
        "2", "-1", "2", "practice_quiz",
    ]  # fmt: skip
    quiz_xml = files["quiz_2-sgd/quiz_2-sgd.xml"]
    assert b'src="$IMS-CC-FILEBASE$/a/b.png"' in quiz_xml.replace(b"&quot;", b'"')
    # general_fb is Canvas's name for what is said to all
    assert [one.get("ident") for one in parse(quiz_xml).every("itemfeedback")] == ["general_choice_fb"]
    assert {loss.what for loss in exported.losses} == {
        "Canvas does not keep the first of several attempts, but the best",
        "the time limit is rounded up to minutes",
    }
    with zipfile.ZipFile(io.BytesIO(exported.data)) as made:
        assert {one.date_time for one in made.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.filterwarnings("ignore")  # pyslet is of 2017
def test_another_library_reads_what_is_written() -> None:
    from pyslet.qtiv1.xml import QTIDocument

    logging.disable(logging.WARNING)  # it wonders at HTML without a paragraph
    try:
        file, _ = drawn(read_bank(BANK), seed=1)
        name = f"quiz_{file.quiz.id}"
        document = QTIDocument()
        document.read(src=io.BytesIO(unpacked(qti12.write(Source(file)).data)[f"{name}/{name}.xml"]))
    finally:
        logging.disable(logging.NOTSET)
    (section,) = document.root.Assessment.SectionMixin
    items = section.SectionItemMixin
    wanted = [question for question in file.questions if question.type != "ordering"]
    assert [one.title for one in items] == [question.id for question in wanted]
    assert {one.ident for one in items} == {f"{name}.{question.id}" for question in wanted}


def test_what_classic_quizzes_lack_is_left_out_and_told() -> None:
    ordering = {
        "id": "steps", "type": "ordering", "stem": "Order", "items": [{"id": "a", "text": "1"}, {"id": "b", "text": "2"}],
    }  # fmt: skip
    short = {"id": "word", "type": "short", "stem": "Word", "answer": {"pattern": "a+"}}
    truth = {"id": "t", "type": "true_false", "stem": "So?", "answer": True, "tags": ["x"], "hint": "h"}
    file = QuizFile.model_validate(
        {"schema": 1, "quiz": {"id": "z", "title": "Z"}, "questions": [ordering, short, truth]}
    )
    assert set(qti12.write(Source(file)).losses) == {
        Loss("steps", "left out: classic quizzes of Canvas have no questions of order"),
        Loss("word", "left out: it lists no answers, only a pattern"),
        Loss("t", "its tags are not carried"),
        Loss("t", "its hint is not carried"),
    }


@settings(max_examples=300, deadline=None)
@given(st.floats(-1e15, 1e15), st.floats(0, 1e6))
def test_a_tolerance_comes_back_from_the_ends_it_was_written_as(value: float, tolerance: float) -> None:
    low, high = (number(end) for end in ends(value, tolerance))
    if low is None or high is None:  # longer than anybody writes
        return
    middle, width = between(low, high)
    assert (float(middle), float(width)) == (value, tolerance)
    assert float(shown(value)) == value
