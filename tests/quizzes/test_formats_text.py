"""Aiken, tables and text2qti: each construct, each fault with its line, and what other programs say."""

import io
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.untrusted import for_csv
from quizzes.bank import find_banks, read_bank
from quizzes.formats import aiken, csv, text2qti
from quizzes.formats.base import FormatError, Source
from quizzes.formats.draw import drawn
from quizzes.formats.registry import FORMATS, detect, known
from quizzes.schema import QuizFile

ROOT = Path(__file__).parents[2]
BANKS = find_banks(ROOT)

AIKEN = """\
What is the derivative of x^2?
A. x
B) 2x

C. 2

ANSWER: B

Is $5 more than <4>?
A. Yes
B. No
ANSWER: A
"""


def of(module: ModuleType, text: str) -> list[dict[str, Any]]:
    """The questions of a text, without what is the default."""
    found = module.read(text.encode(), "q").file.questions
    return [question.model_dump(exclude_defaults=True, mode="json") for question in found]


def test_aiken_is_single_questions_in_plain_text() -> None:
    first, second = of(aiken, AIKEN)
    assert first == {
        "id": "what-is-the-derivative-of-x-2",
        "type": "single",
        "stem": "What is the derivative of x^2?",
        "choices": [
            {"id": "a", "text": "x"},
            {"id": "b", "text": "2x", "correct": True},
            {"id": "c", "text": "2"},
        ],
    }
    assert second["stem"] == r"Is \$5 more than <4>?"
    assert aiken.read(AIKEN.replace("\n", "\r\n").encode("utf-16"), "q") == aiken.read(AIKEN.encode(), "q")


AIKEN_FAULTS = {
    "two lines": ("One\ntwo\nA. a\nB. b\nANSWER: A", 2, "a second line of a question"),
    "text after choices": ("Q\nA. a\nmore\nB. b\nANSWER: A", 3, "neither a choice"),
    "out of order": ("Q\nA. a\nC. c\nANSWER: A", 3, "choice C where B is expected"),
    "no such answer": ("Q\nA. a\nB. b\nANSWER: C", 4, "the answer 'C' is none of A, B"),
    "two answers": ("Q\nA. a\nB. b\nANSWER: A, B", 4, "the answer 'A, B' is none of"),
    "one choice": ("Q\nA. a\nANSWER: A", 3, "1 choices"),
    "no answer": ("\nQ\nA. a\nB. b", 2, "that no `ANSWER: ` ends"),
    "an answer alone": ("ANSWER: A", 1, "an answer without a question"),
    "a choice alone": ("A. a", 1, "a choice A without a question"),
}


@pytest.mark.parametrize("name", AIKEN_FAULTS)
def test_a_fault_of_aiken_is_told_with_its_line(name: str) -> None:
    text, line, message = AIKEN_FAULTS[name]
    with pytest.raises(FormatError, match=rf"^line {line}: .*{re.escape(message)}"):
        aiken.read(text.encode(), "q")


TABLE = """\
Type;Stem;Choice A;Choice B;Answer;Tags;Feedback B;Points;Difficulty
single;Which?;one;two;b;x;;2;5
multi;Which of these?;one;two;"a;b";"b\\;c";No.;"0,5";
true_false;So?;;;FALSE;;;;
numeric;How many?;;10;12 +- 5% +- 0.5;;Not ten.;;
short;Who?;;;Ada|Ada \\| Lovelace;;;;
matching;Match.;"a\\->b -> c";d -> e;;;;;
ordering;Order.;'=first;second;;;;;
"""


def test_a_table_written_by_hand() -> None:
    found = of(csv, TABLE)
    assert [question["type"] for question in found] == [line.split(";")[0] for line in TABLE.splitlines()[1:]]
    single, multi, truth, number, short, matching, ordering = found
    assert (single["points"], single["difficulty"], single["tags"]) == (2, 5, ["x"])
    assert single["choices"][1] == {"id": "b", "text": "two", "correct": True}
    assert (multi["points"], multi["tags"], multi["choices"][1]["feedback"]) == (0.5, ["b;c"], "No.")
    assert truth["answer"] is False
    assert number["traps"] == [{"expr": "10", "feedback": "Not ten."}]
    assert number["answer"] == {"expr": "12", "rel_tol": 0.05, "abs_tol": 0.5}
    assert short["answer"]["accept"] == ["Ada", "Ada | Lovelace"]
    assert matching["pairs"][0] == {"id": "a", "left": "a->b", "right": "c"}
    assert ordering["items"][0]["text"] == "=first"


HEAD = "type,stem,answer,choice_a,choice_b\n"
TABLE_FAULTS = {
    "no head": ("single,Which?,a,b,c\n", 1, "no column 'single'"),
    "a head without answers": ("type,stem\nsingle,a\n", 1, "no column 'answer'"),
    "a column twice": ("type,stem,stem,answer\n", 1, "two columns 'stem'"),
    "an unknown column": ("type,stem,answer,choise_a\n", 1, "did you mean 'choice_a'?"),
    "an unknown type": (HEAD + "multiple,Which?,a,x,y\n", 2, "no type 'multiple'"),
    "no text": (HEAD + "single,,a,x,y\n", 2, "no text in column 'stem'"),
    "no answer": (HEAD + "single,Which?,,x,y\n", 2, "no answer in column 'answer'"),
    "no such choice": (HEAD + "\nsingle,Which?,c,x,y\n", 3, "the answer 'c' is no letter of a choice"),
    "two right of one": (HEAD + "single,Which?,a;b,x,y\n", 2, "several answers"),
    "neither true nor false": (HEAD + "true_false,So?,perhaps\n", 2, "neither true nor false"),
    "no number": (HEAD + "numeric,How many?,many\n", 2, "answer 'many' is no number"),
    "a tolerance twice": (HEAD + "numeric,How many?,1 +- 2 +- 3\n", 2, "two tolerances"),
    "a wrong number without feedback": (HEAD + "numeric,How many?,1,2\n", 2, "'2' needs its feedback"),
    "no pair": (HEAD + "matching,Match.,,x,y -> z\n", 2, "'x' is no pair"),
    "too many cells": (HEAD + "true_false,So?,true,,,and more\n", 2, "6 cells below 5 names"),
    "an open quote": (HEAD + 'true_false,"So?,true\n', 2, "no table"),
}


@pytest.mark.parametrize("name", TABLE_FAULTS)
def test_a_fault_of_a_table_is_told_with_its_line(name: str) -> None:
    text, line, message = TABLE_FAULTS[name]
    with pytest.raises(FormatError, match=rf"^line {line}: .*{re.escape(message)}"):
        csv.read(text.encode(), "q")


@given(st.text(alphabet="=+-@|%;'\"\n\t ab1＝"))
def test_no_cell_is_run_as_a_formula_and_each_comes_back(cell: str) -> None:
    guarded = csv.guarded(cell)
    assert csv.unguarded(guarded) == cell
    assert for_csv(guarded) == " ".join(guarded.split())  # nothing is left for it to guard


TEXT = """\
% A comment.
Quiz title: Networks
Quiz description: All of them.
   On two lines.
Shuffle answers: true
Show correct answers: false

Title: first
Points: 2
1.  Which of these
    is **bold**?

    In two paragraphs.
... In general.
+ Well done.
*a) this
... Right.
b)  that
    and more

Text title: An interlude
Text: Breathe.

2. Which are even?
[*] 2
[ ] 3
[*] 4

COMMENT
3. This is no question.
END_COMMENT

GROUP
pick: 1
points per question: 3
3. ReLU is linear.
a) true
*b) false
4. How large is $\\pi$?
= 3.14 +- 0.005
END_GROUP

5. Between?
= [1, 2]
6. How many?
!   Count.
= 1024
7. About?
= 200 +- 1%
8. Who?
* Ada
* Ada Lovelace
9. Write.
____
10. Show.
^^^^
"""


def line_of(text: str) -> int:
    return TEXT[: TEXT.index(text)].count("\n") + 1


def test_text2qti_is_read_as_it_is_documented() -> None:
    found = text2qti.read(TEXT.encode(), "q")
    file = found.file
    assert (file.quiz.title, file.quiz.shuffle.choices) == ("Networks", True)
    by_id = {one["id"]: one for one in of(text2qti, TEXT)}
    first = by_id["first"]
    assert first["stem"] == "Which of these\nis **bold**?\n\nIn two paragraphs."
    assert (first["points"], first["explain"]) == (2, "In general.")
    assert first["choices"] == [
        {"id": "a", "text": "this", "correct": True, "feedback": "Right."},
        {"id": "b", "text": "that\nand more"},
    ]
    kinds = [question.type for question in file.questions]
    assert kinds == ["single", "multi", "true_false", "numeric", "numeric", "numeric", "numeric", "short"]
    assert by_id["relu-is-linear"] == {
        "id": "relu-is-linear", "type": "true_false", "stem": "ReLU is linear.", "answer": False,
        "points": 3, "tags": ["group-1"],
    }  # fmt: skip
    assert by_id["between"]["answer"] == {"expr": "1.5", "abs_tol": 0.5}
    assert by_id["about"]["answer"] == {"expr": "200", "rel_tol": 0.01}
    assert by_id["how-many"] == {
        "id": "how-many", "type": "numeric", "stem": "How many?", "answer": {"expr": "1024"}, "explain": "Count.",
    }  # fmt: skip
    assert by_id["who"]["answer"]["accept"] == ["Ada", "Ada Lovelace"]
    drawn_from = [section for section in file.sections if section.draw]
    assert [(section.draw, section.source and section.source.tags) for section in drawn_from] == [
        (1, ("group-1",))
    ]
    assert [len(section.use) for section in file.sections] == [2, 0, 4]
    assert list(map(str, found.losses)) == [
        "the description of the quiz is not carried",
        "the option 'show correct answers' is not carried",
        f"a text between questions (line {line_of('Text title:')}) is not carried",
        f"a text between questions (line {line_of('Text: ')}) is not carried",
        "first: feedback for a right answer as a whole is not carried",
        f"write: left out (line {line_of('9. ')}): an essay has no answer to be judged by",
        f"show: left out (line {line_of('10. ')}): a file that is uploaded has no answer to be judged by",
    ]


TEXT_FAULTS = {
    "no mark": ("1. Q\nmore\n*a) x\nb) y", 2, "neither a part nor indented"),
    "no blank": ("1.Q", 1, "no blank after '1.'"),
    "nothing after": ("1. Q\n*a)\nb) y", 2, "nothing after '*a)'"),
    "a choice alone": ("*a) x", 1, "without a question above it"),
    "no answer": ("1. Q\n2. R\n*a) x\nb) y", 1, "a question without an answer"),
    "no right one": ("1. Q\na) x\nb) y", 1, "no right choice"),
    "two right": ("1. Q\n*a) x\n*b) y", 1, "several right choices"),
    "one choice": ("1. Q\n*a) x", 1, "one choice alone"),
    "kinds mixed": ("1. Q\n*a) x\n[ ] y", 3, "in a question of another kind"),
    "two answers": ("1. Q\n= 5\n= 6", 3, "after an answer"),
    "a number without margin": ("1. Q\n= 0.5", 2, "needs a margin"),
    "no number": ("1. Q\n= five +- 1", 2, "'five' is no number"),
    "an interval the wrong way round": ("1. Q\n= [2, 1]", 2, "ends below where it begins"),
    "a group without end": ("GROUP\n1. Q\n= 5", 1, "that no END_GROUP ends"),
    "an end without a group": ("END_GROUP", 1, "without GROUP"),
    "a group in a group": ("GROUP\nGROUP", 2, "a group in a group"),
    "too many picked": ("\nGROUP\npick: 2\n1. Q\n= 5\nEND_GROUP", 2, "picks 2 of 1 questions"),
    "no points": ("Points: none\n1. Q\n= 5", 1, "no number of points"),
    "no option": ("Shuffle answers: maybe", 1, "is true or false"),
    "a comment without end": ("COMMENT\n1. Q", 1, "that no END_COMMENT ends"),
    "code without end": ("\n```{.python .run}\nprint(1)", 2, "code that no fence ends"),
}


@pytest.mark.parametrize("name", TEXT_FAULTS)
def test_a_fault_of_text2qti_is_told_with_its_line(name: str) -> None:
    text, line, message = TEXT_FAULTS[name]
    with pytest.raises(FormatError, match=rf"^line {line}: .*{re.escape(message)}"):
        text2qti.read(text.encode(), "q")


def test_code_of_text2qti_is_not_run(tmp_path: Path) -> None:
    there = tmp_path / "there"
    text = f"```{{.python .run}}\nopen({str(there)!r}, 'w')\n```\n1. Q\n= 5\n"
    assert "is not run" in str(text2qti.read(text.encode(), "q").losses[0])
    assert not there.exists()


@pytest.mark.parametrize("name", BANKS)
def test_text2qti_itself_takes_what_is_written(name: str) -> None:
    from text2qti.config import Config
    from text2qti.quiz import Question, Quiz

    file, _ = drawn(read_bank(BANKS[name]), seed=2, variants=2)
    written = text2qti.write(Source(file))
    out = {loss.question for loss in written.losses if loss.what.startswith("left out")}
    config = Config()
    config["latex_render_url"] = "https://canvas.example.edu/equation_images/"
    quiz = Quiz(written.data.decode(), config=config, source_name=name)
    taken = [one for one in quiz.questions_and_delims if isinstance(one, Question)]
    assert [one.title_raw for one in taken] == [one.id for one in file.questions if one.id not in out]
    assert quiz.title_raw == file.quiz.title


def test_text2qti_itself_reads_these_examples_too() -> None:
    """So that the tests of our reader are of its language."""
    from text2qti.config import Config
    from text2qti.err import Text2qtiError
    from text2qti.quiz import Quiz

    config = Config()
    config["latex_render_url"] = "https://canvas.example.edu/equation_images/"
    assert Quiz(TEXT, config=config).title_raw == "Networks"
    lenient = {"two right", "a comment without end"}
    for name, (text, _, _) in TEXT_FAULTS.items():
        if name not in lenient:
            with pytest.raises(Text2qtiError):
                Quiz(text, config=config)


SAMPLES = {
    "gift": (b"What?{=a ~b}", "q.txt"),
    "aiken": (AIKEN.encode(), "q.txt"),
    "text2qti": (TEXT.encode(), "q.txt"),
    "csv": (TABLE.encode(), "q.csv"),
    "moodle-xml": (b'<?xml version="1.0"?>\n<!-- <questestinterop> -->\n<quiz>', "q.xml"),
    "qti12": (b'<?xml version="1.0"?><questestinterop xmlns="x">', "q.xml"),
    "qti21": (b'<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1">', "q.xml"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_format_is_told_by_what_is_in_the_file(name: str) -> None:
    data, called = SAMPLES[name]
    assert detect(data, Path(called)) == name


@pytest.mark.parametrize(
    ("resource", "name"),
    [("imsqti_xmlv1p2", "qti12"), ("imsqti_item_xmlv2p1", "qti21"), ("webcontent", "qti21")],
)
def test_an_archive_is_told_by_its_manifest_or_its_files(resource: str, name: str) -> None:
    import zipfile

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("imsmanifest.xml", f'<manifest><resource type="{resource}"/></manifest>')
        made.writestr("a.xml", "<assessmentItem >")
    assert detect(archive.getvalue(), Path("q.zip")) == name


def test_braces_in_another_format_are_no_gift() -> None:
    text = AIKEN.replace("x^2", "{x: 2}").encode()
    assert detect(text, Path("q.txt")) == "aiken"
    assert detect(b"1. Why?{\n= 5\n~ 6\n}", Path("q.txt")) == "gift"


@pytest.mark.parametrize(
    ("data", "called"), [(b"Dear all,", "letter.txt"), (b"", "q"), (b"<html>", "q.xml"), (b"PK\x03\x04", "q.zip"), (b"\xff\xfe\x00", "q.txt")]
)  # fmt: skip
def test_what_cannot_be_told_is_said(data: bytes, called: str) -> None:
    with pytest.raises(FormatError):
        detect(data, Path(called))
    if data == b"Dear all,":
        with pytest.raises(FormatError, match="say --format"):
            detect(data, Path(called))


def test_formats_are_known_by_name() -> None:
    with pytest.raises(FormatError, match="there are gift, "):
        known("word")
    for name in ("gift", "aiken", "csv", "text2qti"):
        module = FORMATS[name].load()
        assert module.TITLE
        assert module.SUFFIXES[0].startswith(".")


def test_a_bank_is_drawn_the_same_for_the_same_seed() -> None:
    bank = read_bank(BANKS["cnn"])
    once, losses = drawn(bank, seed=3, variants=4)
    assert drawn(bank, seed=3, variants=4) == (once, losses)
    assert drawn(bank, seed=4, variants=4)[0] != once
    drawn_ids = [
        question.id for question in once.questions if question.id.startswith("correlate-three-pixels")
    ]
    assert drawn_ids == [f"correlate-three-pixels-{number}" for number in (1, 2, 3, 4)]
    stems = {question.stem for question in once.questions}
    assert len(stems) == len(once.questions)
    assert not any(question.params or "<<" in question.stem for question in once.questions)
    assert {loss.question for loss in losses} == {name for name, one in bank.questions.items() if one.params}
    assert isinstance(once, QuizFile)


def test_a_section_that_drew_has_all_it_could_draw_from(tmp_path: Path) -> None:
    asked = "".join(
        f"- {{id: q{number}, type: true_false, stem: s{number}, answer: true, tags: [t]}}\n"
        for number in range(4)
    )
    path = tmp_path / "q.yaml"
    path.write_text(
        "schema: 1\nquiz: {id: q, title: Q}\nsections:\n- {title: A, use: [q2]}\n"
        f"- {{title: B, draw: 2, from: {{tags: [t]}}}}\nquestions:\n{asked}"
    )
    file, losses = drawn(read_bank(path), seed=1)
    assert [(section.title, section.use) for section in file.sections] == [
        ("A", ("q2",)),
        ("B", ("q0", "q1", "q3")),
    ]
    assert [loss.what for loss in losses] == ["section 'B' does not draw: it has all it could draw from"]
