"""GIFT as it is documented: each construct with what becomes of it, and what is wrong with its line."""

from pathlib import Path

import pytest

from graders.strict_yaml import read as read_yaml
from quizzes.formats import gift
from quizzes.formats.base import FormatError, Source
from quizzes.formats.gift_syntax import escaped
from quizzes.items import instantiate
from quizzes.schema import QuizFile
from quizzes.score import score

FILES = sorted((Path(__file__).parent / "gift").glob("*.gift"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_file_becomes_the_quiz_beside_it(path: Path) -> None:
    """The losses stand in the comments at the end of the expected file."""
    expected = path.with_suffix(".yaml")
    found = gift.read(path.read_bytes(), path.stem)
    assert found.file == read_yaml(expected).into(QuizFile)
    told = [line[2:] for line in expected.read_text().splitlines() if line.startswith("# ")]
    assert list(map(str, found.losses)) == told


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_what_was_read_comes_back_the_same(path: Path) -> None:
    first = gift.read(path.read_bytes(), path.stem).file
    written = gift.write(Source(first))
    second = gift.read(written.data, path.stem).file
    told = {loss.question for loss in written.losses}
    assert second.quiz.title == first.quiz.title
    assert second.sections == first.sections
    assert [question.id for question in second.questions] == [question.id for question in first.questions]
    for before, after in zip(first.questions, second.questions, strict=True):
        assert before == after or before.id in told


FAULTS = {
    "a question with nothing after it": ("Why?{", 1, "a { that no } closes"),
    "closed by the next question": ("\nWhy?{\n=a\n\n::b::So?{T}", 2, "a { that no } closes"),
    "closed by nothing": ("One. {T}\n\nTwo. {=a\n\nThree.", 3, "a { that no } closes"),
    "closed twice": ("Why?{=a ~b}}", 1, "a } without {"),
    "braces in braces": ("Why?\n{=a {b} ~c}", 2, "a { inside of { }"),
    "two answers": ("Why?{T}\nand so?{F}", 2, "a second {"),
    "a title without end": ("::Why?{T}", 1, "a title that begins with ::"),
    "no right choice": ("\n\nWhy?{~a ~b}", 3, "no right choice"),
    "one choice": ("Why?{~%100%a}", 1, "one choice alone"),
    "text before the first answer": ("Why?{\nbecause ~a =b}", 1, "'because' before the first = or ~"),
    "no weight": ("Why?{\n=a\n~%half%b}", 3, "begins with no weight"),
    "a weight above all": ("Why?{\n=a\n~%150%b}", 3, "begins with no weight"),
    "an empty choice": ("Why?{\n=a\n// said\n~\n~c}", 4, "nothing after ~"),
    "no number": ("How many?{#\n=three}", 2, "'three' is no number"),
    "no number at all": ("How many?{#}", 1, "nothing after ="),
    "an interval the wrong way round": ("How many?{#5..1}", 1, "ends below where it begins"),
    "a tolerance below nothing": ("How many?{#5:-1}", 1, "a tolerance below 0"),
    "no right number": ("How many?{#=%50%5:1}", 1, "no number is worth all of the points"),
    "half a pair": ("Match.{\n=a -> b\n=c}", 3, "'c' has no -> and a right side"),
    "a pair without a right side": ("Match.{=a -> b\n=c ->}", 2, "nothing after ->"),
    "one pair": ("Match.{=a -> b}", 1, "at least two pairs"),
    "one thing in order": ("Order.{>1\na\n}", 1, "at least two items"),
    "no right short answer": ("Who?{=%50%I}", 1, "no answer is worth all of the points"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_its_line(name: str) -> None:
    text, line, message = FAULTS[name]
    with pytest.raises(FormatError) as caught:
        gift.read(text.encode(), "q")
    assert str(caught.value).startswith(f"line {line}: ")
    assert message in str(caught.value)


def test_another_encoding_is_told_with_its_line() -> None:
    with pytest.raises(FormatError, match="line 2: is not UTF-8"):
        gift.read("Auf\nder Straße{T}".encode("latin-1"), "q")


def test_a_file_without_a_question_says_what_it_had() -> None:
    with pytest.raises(FormatError, match=r"why: left out \(line 1\): an essay"):
        gift.read(b"Why? {}", "q")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\\alpha", r"\alpha"),
        (r"\beta", r"\beta"),
        (r"\=\~\#\{\}\:", "=~#{}:"),
        (r"a\nb", "a\nb"),
        (r"\\n", r"\n"),
    ],
)
def test_escapes_are_undone_as_moodle_does(written: str, meant: str) -> None:
    (question,) = gift.read(f"[markdown]{written} {{T}}".encode(), "q").file.questions
    assert question.stem == meant
    (again,) = gift.read(f"[markdown]{escaped(meant)} {{T}}".encode(), "q").file.questions
    assert again.stem == meant


def test_a_star_stands_for_anything_in_a_short_answer() -> None:
    (question,) = gift.read("What?{=mini-batch* =*ström}".encode(), "q").file.questions
    _, key = instantiate(question, {})
    for answer, right in {
        "Mini-Batch SGD": 1,
        "mini batch": 1,
        "Angstrom": 1,
        "batch": 0,
        "strom der": 0,
    }.items():
        assert score(key, answer, 0).share == right


RULES = {"net": "~%-50%", "exams_none": "~", "exams_false": "~%-100%", "exams_all": "~%-100%"}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_becomes_the_weights_that_count_the_same(rule: str) -> None:
    choices = [{"id": key, "text": key, "correct": key != "c"} for key in "abc"]
    multi = {"id": "m", "type": "multi", "stem": "Which?", "scoring": rule, "choices": choices}
    file = QuizFile.model_validate({"schema": 1, "quiz": {"id": "q", "title": "q"}, "questions": [multi]})
    text = gift.write(Source(file)).data.decode()
    assert f"\t~%50%a\n\t~%50%b\n\t{RULES[rule]}c\n" in text


def test_all_or_nothing_is_no_sum_of_weights_and_that_is_said() -> None:
    file = gift.read(b"Which?{~%50%a ~%50%b ~%-50%c}", "q").file
    scoring = file.quiz.scoring.model_copy(update={"multi": "all"})
    strict = file.model_copy(update={"quiz": file.quiz.model_copy(update={"scoring": scoring})})
    losses = gift.write(Source(strict)).losses
    assert any("rule 'all' is no sum of weights" in loss.what for loss in losses)
