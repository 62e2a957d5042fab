"""Moodle XML as Moodle 4 exports it."""

import base64
from html import escape

import pytest

from quizzes.formats import moodle_xml
from quizzes.formats.base import FormatError, Imported, Loss, Source
from quizzes.formats.foreign_xml import parse
from quizzes.formats.html import to_html
from quizzes.items import ShortKey
from quizzes.schema import Matching, Multi, Numeric, Ordering, Question, QuizFile, Short, Single, TrueFalse
from quizzes.score import matches

PICTURE = b"\x89PNG\r\n\x1a\n"
FILE = (
    f'<file name="loss curve.png" path="/figs/" encoding="base64">{base64.b64encode(PICTURE).decode()}</file>'
)


def question(kind: str, stem: str, inside: str, number: str = "", penalty: str = "0.3333333") -> str:
    return f"""<!-- question: 4711 -->
  <question type="{kind}">
    <name><text>{escape(stem[:12])}</text></name>
    <questiontext format="html"><text><![CDATA[{stem}]]></text>{FILE if "PLUGINFILE" in stem else ""}</questiontext>
    <generalfeedback format="html"><text></text></generalfeedback>
    <defaultgrade>2.5000000</defaultgrade><penalty>{penalty}</penalty><hidden>0</hidden>
    <idnumber>{number}</idnumber>{inside}
  </question>"""


def answer(text: str, fraction: str, said: str = "", more: str = "") -> str:
    return f"""<answer fraction="{fraction}" format="html"><text><![CDATA[{text}]]></text>
      <feedback format="html"><text><![CDATA[{said}]]></text></feedback>{more}</answer>"""


USUAL = """<shuffleanswers>true</shuffleanswers><answernumbering>abc</answernumbering>
    <correctfeedback format="html"><text>Your answer is correct.</text></correctfeedback>
    <incorrectfeedback format="html"><text>Your answer is incorrect.</text></incorrectfeedback><shownumcorrect/>"""


def category(path: str) -> str:
    return f"""<question type="category"><category><text>{path}</text></category>
      <info format="moodle_auto_format"><text>The default category.</text></info><idnumber></idnumber></question>"""


def pair(left: str, right: str) -> str:
    return (
        f'<subquestion format="html"><text>{left}</text><answer><text>{right}</text></answer></subquestion>'
    )


def within(tolerance: str) -> str:
    return f"<tolerance>{tolerance}</tolerance>"


UNITS = """<units><unit><multiplier>1</multiplier><unit_name>m</unit_name></unit>
    <unit><multiplier>100</multiplier><unit_name>cm</unit_name></unit></units>
    <unitgradingtype>1</unitgradingtype><showunits>0</showunits>"""
QUESTIONS = [
    category("$course$/top/Default for DL/Optimisation"),
    question(
        "multichoice",
        '<p dir="ltr">Which curve? <img src="@@PLUGINFILE@@/figs/loss%20curve.png" alt="A loss" width="20">'
        r" Is \(\eta &lt; 1\)?</p>",
        f"<single>true</single>{USUAL}"
        + answer("<p>The first</p>", "100") + answer("<p>The second</p>", "0", "<p>It diverges.</p>")
        + "<tags><tag><text>sgd</text></tag><tag><text>two words</text></tag></tags>"
        '<hint format="html"><text>Look at the end.</text></hint><hint format="html"><text>Again.</text></hint>',
        "curve-1",
    ),
    question(
        "multichoice", "<p>Which two?</p>",
        "<single>false</single><shuffleanswers>false</shuffleanswers>"
        + answer("a", "50") + answer("b", "50") + answer("c", "-100"),
    ),
    category("$course$/top/Default for DL/Adam"),
    question(
        "truefalse", "<p>SGD is noisy.</p>",
        answer("true", "100") + answer("false", "0", "Batches are drawn."), penalty="1",
    ),
    question(
        "shortanswer", "<p>Who?</p>",
        "<usecase>0</usecase>" + answer("Kingma", "100") + answer("D* Kingma", "100")
        + answer("King", "50", "Nearly") + answer("*", "0", "Look it up."),
    ),
    question(
        "numerical", "<p>How long?</p>",
        answer("3.5", "100", "", within("0.25")) + answer("350", "0", "That is in cm.", within("0.25"))
        + answer("*", "0", "No.", within("0")) + UNITS,
    ),
    question(
        "matching", "<p>Match.</p>", USUAL + pair("&lt;p&gt;Adam&lt;/p&gt;", "2014") + pair("AdamW", "2017")
        + pair("", "1999"),
    ),
    question(
        "ordering", "<p>Order.</p>",
        "<layouttype>VERTICAL</layouttype><selecttype>ALL</selecttype><selectcount>0</selectcount>"
        "<gradingtype>ABSOLUTE_POSITION</gradingtype>"
        + answer("forward", "1.0000000") + answer("backward", "2.0000000"),
    ),
    question("essay", "<p>Write.</p>", "<responseformat>editor</responseformat>"),
    question("cloze", "<p>{1:SHORTANSWER:=Berlin}</p>", ""),
    question("calculatedsimple", "<p>{a} + {b}</p>", answer("{a}+{b}", "100")),
    question("description", "<p>Part two.</p>", ""),
    question("stack", "<p>Integrate.</p>", ""),
]  # fmt: skip
EXPORT = f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>{"".join(QUESTIONS)}</quiz>'


@pytest.fixture(scope="module")
def imported() -> Imported:
    return moodle_xml.read(EXPORT.encode(), "download")


def test_an_export_of_moodle_is_read(imported: Imported) -> None:
    single, multi, truth, short, numeric, matching, ordering = imported.file.questions
    assert isinstance(single, Single)
    assert single.id == "curve-1"
    assert single.stem == r"Which curve? ![A loss](figs/loss_curve.png) Is $\eta < 1$?"
    assert [(one.text, one.correct, one.feedback) for one in single.choices] == [
        ("The first", True, ""), ("The second", False, "It diverges."),
    ]  # fmt: skip
    assert (single.tags, single.hint, single.points) == (("sgd", "two words"), "Look at the end.", 2.5)
    assert isinstance(multi, Multi)
    assert (multi.scoring, multi.shuffle) == ("exams_false", False)
    assert isinstance(truth, TrueFalse)
    assert (truth.answer, truth.feedback) == (True, "Batches are drawn.")
    assert isinstance(short, Short)
    assert (short.answer.accept, short.answer.pattern) == (("Kingma",), "d.* kingma")
    assert isinstance(numeric, Numeric)
    assert (numeric.answer.expr, numeric.answer.abs_tol, numeric.answer.unit) == ("3.5", 0.25, "m")
    assert [(trap.expr, trap.feedback) for trap in numeric.traps] == [("350", "That is in cm.")]
    assert isinstance(matching, Matching)
    assert [(pair.left, pair.right) for pair in matching.pairs] == [("Adam", "2014"), ("AdamW", "2017")]
    assert matching.extra == ("1999",)
    assert isinstance(ordering, Ordering)
    assert [one.text for one in ordering.items] == ["forward", "backward"]
    assert imported.media == {"figs/loss_curve.png": PICTURE}


def test_categories_are_sections(imported: Imported) -> None:
    assert imported.file.quiz.title == "Default for DL"
    assert [(section.title, len(section.use)) for section in imported.file.sections] == [
        ("Optimisation", 2), ("Adam", 5),
    ]  # fmt: skip


def test_what_of_moodle_has_no_place_here_is_told(imported: Imported) -> None:
    said = {(loss.question, loss.what) for loss in imported.losses}
    ids = {question.type: question.id for question in imported.file.questions}
    assert {(name, what) for name, what in said if "left out" not in what} == {
        ("curve-1", "of its 2 hints only the first is carried"),
        (ids["short"], "answers that are partly right are not accepted"),
        (ids["short"], "feedback for wrong answers is not carried"),
        (ids["numeric"], "feedback for every wrong number is not carried"),
        (ids["numeric"], "a missing or wrong unit costs nothing here"),
        (ids["numeric"], "numbers in its other units are not converted"),
        (ids["ordering"], "it counts by neighbours that are kept, and not as it did"),
    }
    out = [what for _, what in said if "left out" in what]
    assert len(out) == 5
    assert all(what.startswith("left out (line ") for what in out)


def one(inside: str) -> tuple[Question, list[str]]:
    imported = moodle_xml.read(f"<quiz>{inside}</quiz>".encode(), "quiz")
    return imported.file.questions[0], [loss.what for loss in imported.losses]


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        (question("truefalse", "So?", answer("true", "100", "Well done.") + answer("false", "0")),
         "feedback for the right answer becomes the explanation, shown to all"),
        (question("truefalse", "So?", answer("true", "100") + answer("false", "0"), penalty="0.2"),
         "what a further try costs (0.2) is not carried"),
        (question("multichoice", "W?", "<single>true</single>" + answer("a", "100") + answer("b", "100")),
         "any one of its right choices would do; here all are asked for"),
        (question("multichoice", "W?", "<single>false</single>" + answer("a", "70") + answer("b", "20")),
         "what its right choices bring is not all of the points; they count by `net`"),
        (question("multichoice", "W?", "<single>true</single>" + answer("a", "100") + answer("b", "-50")),
         "a choice that costs points does so with a `floor` below 0 only"),
        (question("numerical", "N?", answer("5", "100") + answer("6", "50")), "numbers that are partly right count as wrong"),
        (question("numerical", "N?", answer("5", "100") + answer("6", "100")), "of several right numbers only 5 is carried"),
        (question("truefalse", "S?", answer("true", "100") + answer("false", "0")).replace("<text></text></general", "<text>x</text></general")
         .replace("2.5000000", "0"), "it counts nothing there; here it counts 1 point"),
    ],
)  # fmt: skip
def test_each_loss_is_told(inside: str, what: str) -> None:
    _, losses = one(inside)
    assert losses == [what]


def test_stars_in_an_answer_stand_for_anything() -> None:
    written = question("shortanswer", "W?", answer(r"Pa*-sh*ring 2\*3", "100"))
    found, _ = one(written)
    assert isinstance(found, Short)
    key = ShortKey(found.answer.accept, found.answer.pattern, found.answer.exact)
    assert matches(key, "parameter sharing 2*3")
    assert matches(key, "PÄ shring 2*3.")
    assert not matches(key, "parameter sharing 2x3")
    assert not matches(key, "a parameter sharing 2*3")


def test_many_stars_do_not_take_forever() -> None:
    found, _ = one(question("shortanswer", "W?", answer("a*" * 40 + "b", "100")))
    assert isinstance(found, Short)
    key = ShortKey(found.answer.accept, found.answer.pattern, found.answer.exact)
    assert not matches(key, "a" * 2000)  # takes ages where each star tries every place
    assert matches(key, "a" * 2000 + "b")


def test_what_a_choice_is_worth_is_kept() -> None:
    partly = question("multichoice", "W?", "<single>true</single>" + answer("a", "100") + answer("b", "50"))
    several = question("multichoice", "W?", "<single>false</single>" + answer("a", "70") + answer("b", "30"))
    for inside, worth, scoring in ((partly, [None, 0.5], None), (several, [0.7, 0.3], "worth")):
        found, losses = one(inside)
        assert losses == []
        assert isinstance(found, Single | Multi)
        assert [choice.worth for choice in found.choices] == worth
        assert getattr(found, "scoring", None) == scoring


def test_texts_of_other_formats_are_read_as_these() -> None:
    truth = answer("true", "100") + answer("false", "0")
    for form, written, shown in (
        ("markdown", "**b** 2 * 3", "<strong>b</strong> 2 * 3"),
        ("plain_text", "*b* &lt;i&gt; \n", "*b* &lt;i&gt;"),
        ("moodle_auto_format", "one *b*\n\ntwo", "<p>one *b*</p>\n<p>two</p>"),
        ("html", "one &lt;b&gt;b&lt;/b&gt;\n\ntwo", "one <strong>b</strong>\ntwo"),
    ):
        text = f'<questiontext format="{form}"><text>{written}</text></questiontext>'
        found, _ = one(f'<question type="truefalse"><name><text>q</text></name>{text}{truth}</question>')
        assert to_html(found.stem) == shown


def test_what_is_no_moodle_xml_is_told_with_its_line() -> None:
    with pytest.raises(FormatError, match="line 2: <questestinterop> where Moodle XML has <quiz>"):
        moodle_xml.read(b"<?xml version='1.0'?>\n<questestinterop/>", "quiz")
    with pytest.raises(
        FormatError,
        match=r"no question that can be carried over: .*: left out \(line 2\): no choice is right",
    ):
        moodle_xml.read(f"<quiz>{question('multichoice', 'W?', answer('a', '0'))}</quiz>".encode(), "quiz")


def test_files_that_are_no_pictures_are_told() -> None:
    stem = "<p><a href='@@PLUGINFILE@@/x.exe'>run</a></p>"
    written = question("truefalse", stem, answer("true", "100") + answer("false", "0"))
    written = written.replace("loss curve.png", "../../x.exe")
    _, losses = one(written)
    assert losses == ["the file figs/../../x.exe is no picture that a question can show"]


def test_units_and_weights_are_written_as_moodle_has_them() -> None:
    numeric = {
        "id": "n",
        "type": "numeric",
        "stem": "N",
        "answer": {"expr": "1/3", "rel_tol": 0.03, "unit": "m"},
    }
    multi = {
        "id": "m", "type": "multi", "stem": "M", "scoring": "coverage",
        "choices": [{"id": key, "text": key, "correct": key != "d"} for key in "abcd"],
    }  # fmt: skip
    file = QuizFile.model_validate(
        {"schema": 1, "quiz": {"id": "z", "title": "A/B"}, "questions": [numeric, multi]}
    )
    exported = moodle_xml.write(Source(file))
    category, number, several = parse(exported.data).all("question")
    assert category.said("category") == "$course$/top/A//B"
    assert float(number.said("answer", "text")) == 1 / 3
    assert float(number.said("answer", "tolerance")) == pytest.approx(0.01)
    assert number.said("showunits") == "0"
    assert [one.get("fraction") for one in several.all("answer")] == [
        "33.33333",
        "33.33333",
        "33.33333",
        "-33.33333",
    ]
    assert (
        exported.losses
        == (
            Loss("", "ids of choices are not carried; they are a, b, c when read again"),
            Loss("n", "its relative tolerance is written as an absolute one"),
            Loss("m", "the rule 'coverage' is no sum of weights; it counts by `net`"),
        )[1:]
    )
