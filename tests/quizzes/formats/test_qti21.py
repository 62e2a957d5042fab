"""QTI 2.1: items of other programs, and ours as another library reads and scores them."""

import io
import logging
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from quizzes.bank import read_bank
from quizzes.formats import qti21
from quizzes.formats.base import FormatError, Imported, Loss, Source
from quizzes.formats.draw import drawn
from quizzes.formats.foreign_xml import parse
from quizzes.formats.foreign_zip import packed, unpacked
from quizzes.items import Answer, instantiate
from quizzes.schema import Matching, Multi, Numeric, Ordering, Question, QuizFile, Short, Single, TrueFalse
from quizzes.score import score

BANKS = sorted((Path(__file__).parents[3] / "quizzes" / "banks").glob("*.yaml"))
NS = 'xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1"'
MATCH_CORRECT = (
    '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/>'
)
MAP_RESPONSE = (
    '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/map_response"/>'
)


def item(
    body: str, declared: str, processing: str = MATCH_CORRECT, after: str = "", title: str = "An item"
) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<assessmentItem {NS} identifier="i1" title="{title}" adaptive="false" timeDependent="false">
  {declared}<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
  <itemBody>{body}</itemBody>{processing}{after}</assessmentItem>""".encode()


def declared(cardinality: str, kind: str, *right: str, mapped: str = "") -> str:
    values = "".join(f"<value>{value}</value>" for value in right)
    correct = f"<correctResponse>{values}</correctResponse>" if right else ""
    return f'<responseDeclaration identifier="RESPONSE" cardinality="{cardinality}" baseType="{kind}">{correct}{mapped}</responseDeclaration>'


def mapping(*entries: tuple[str, float], bounds: str = "") -> str:
    inside = "".join(f'<mapEntry mapKey="{key}" mappedValue="{value}"/>' for key, value in entries)
    return f'<mapping {bounds} defaultValue="0">{inside}</mapping>'


def one(data: bytes) -> tuple[Any, list[str]]:
    imported: Imported = qti21.read(data, "quiz")
    (question,) = imported.file.questions
    return question, [loss.what for loss in imported.losses]


CHOICES = """<p>Look at the text in the picture.</p><p><img src="images/sign.png" alt="NEVER LEAVE LUGGAGE UNATTENDED"/></p>
  <choiceInteraction responseIdentifier="RESPONSE" shuffle="false" maxChoices="1"><prompt>What does it say?</prompt>
    <simpleChoice identifier="ChoiceA">You must stay with your luggage at all times.</simpleChoice>
    <simpleChoice identifier="ChoiceB">Do not let someone else look after it.
      <feedbackInline outcomeIdentifier="FEEDBACK" identifier="ChoiceB" showHide="show">No.</feedbackInline></simpleChoice>
    <simpleChoice identifier="ChoiceC" fixed="true">None of <em>these</em></simpleChoice>
  </choiceInteraction>"""


def test_a_single_choice_is_read() -> None:
    question, losses = one(item(CHOICES, declared("single", "identifier", "ChoiceA")))
    assert isinstance(question, Single)
    assert question.stem == (
        "Look at the text in the picture.\n\n![NEVER LEAVE LUGGAGE UNATTENDED](images/sign.png)\n\nWhat does it say?"
    )
    assert [(one.id, one.correct, one.feedback, one.pin) for one in question.choices] == [
        ("ChoiceA", True, "", None), ("ChoiceB", False, "No.", None), ("ChoiceC", False, "", "last"),
    ]  # fmt: skip
    assert question.choices[2].text == "None of *these*"
    assert losses == ["the image images/sign.png is not in the file; put it beside the quiz"]


def test_weights_of_several_choices_become_a_rule_and_points() -> None:
    body = CHOICES.replace('maxChoices="1"', 'maxChoices="0"')
    entries = mapping(("ChoiceA", 1), ("ChoiceB", 1), ("ChoiceC", -2), bounds='lowerBound="0" upperBound="2"')
    question, _ = one(
        item(body, declared("multiple", "identifier", "ChoiceA", "ChoiceB", mapped=entries), MAP_RESPONSE)
    )
    assert isinstance(question, Multi)
    assert (question.scoring, question.points) == ("exams_false", 2.0)
    question, _ = one(item(body, declared("multiple", "identifier", "ChoiceA", "ChoiceB")))
    assert question.scoring == "all"
    odd = mapping(("ChoiceA", 1), ("ChoiceB", 0.25), ("ChoiceC", -2))
    question, _ = one(item(body, declared("multiple", "identifier", mapped=odd), MAP_RESPONSE))
    assert (question.scoring, [choice.worth for choice in question.choices]) == ("worth", [0.8, 0.2, -1.0])


TYPED = '<p>Now is the winter of our <textEntryInteraction responseIdentifier="RESPONSE" expectedLength="15"/> made.</p>'


def test_a_typed_word_leaves_a_gap() -> None:
    entries = mapping(("York", 1), ("york", 0.5), bounds='upperBound="1"')
    question, losses = one(item(TYPED, declared("single", "string", "York", mapped=entries), MAP_RESPONSE))
    assert isinstance(question, Short)
    assert question.stem == "Now is the winter of our \\_\\_\\_\\_\\_ made." or "_____" in question.stem
    assert (question.answer.accept, question.answer.exact) == (("York",), True)
    assert losses == ["answers that are partly right are not accepted"]


RESPONSE, BASE = '<variable identifier="RESPONSE"/>', '<baseValue baseType="float">'


@pytest.mark.parametrize(
    ("processing", "answer"),
    [
        ("", ("2.5", 0.0, 0.0)),
        ('<equal toleranceMode="relative" tolerance="5 5"><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></equal>',
         ("2.5", 0.0, 0.05)),
        ('<equal toleranceMode="absolute" tolerance="0.1"><variable identifier="RESPONSE"/><baseValue baseType="float">2.5</baseValue></equal>',
         ("2.5", 0.1, 0.0)),
        (f"<and><gte>{RESPONSE}{BASE}2</baseValue></gte><lte>{RESPONSE}{BASE}3</baseValue></lte></and>", ("2.5", 0.5, 0.0)),
    ],
)  # fmt: skip
def test_tolerances_are_read_from_response_processing(
    processing: str, answer: tuple[str, float, float]
) -> None:
    rules = MATCH_CORRECT
    if processing:
        sets = (
            '<setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue>'
        )
        rules = f"<responseProcessing><responseCondition><responseIf>{processing}{sets}</responseIf></responseCondition></responseProcessing>"
    question, _ = one(item(TYPED, declared("single", "float", "2.5"), rules))
    assert isinstance(question, Numeric)
    assert (question.answer.expr, question.answer.abs_tol, question.answer.rel_tol) == answer


def test_pairs_and_orders_are_read() -> None:
    def side(*choices: str) -> str:
        inside = "".join(
            f'<simpleAssociableChoice identifier="{key}" matchMax="1">{key}!</simpleAssociableChoice>'
            for key in choices
        )
        return f"<simpleMatchSet>{inside}</simpleMatchSet>"

    body = f'<matchInteraction responseIdentifier="RESPONSE" shuffle="true" maxAssociations="4"><prompt>Match.</prompt>{side("C", "D")}{side("M", "R", "T")}</matchInteraction>'
    pairs = declared("multiple", "directedPair", "C R", "D M", mapped=mapping(("C R", 1), ("D M", 0.5)))
    question, losses = one(item(body, pairs, MAP_RESPONSE))
    assert isinstance(question, Matching)
    assert [(pair.id, pair.right) for pair in question.pairs] == [("C", "R!"), ("D", "M!")]
    assert question.extra == ("T!",)
    assert losses == ["its pairs all count the same here"]
    body = """<orderInteraction responseIdentifier="RESPONSE" shuffle="true"><prompt>Grand Prix</prompt>
        <simpleChoice identifier="DriverA">Rubens</simpleChoice><simpleChoice identifier="DriverB">Jenson</simpleChoice></orderInteraction>"""
    question, losses = one(item(body, declared("ordered", "identifier", "DriverB", "DriverA")))
    assert isinstance(question, Ordering)
    assert [one.text for one in question.items] == ["Jenson", "Rubens"]
    assert losses == ["it counts by neighbours that are kept, and not as it did"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (item('<extendedTextInteraction responseIdentifier="RESPONSE"/>', ""), "an essay"),
        (item("<p>Only a text.</p>", ""), "a text without answers"),
        (item(TYPED + TYPED, ""), "2 questions in one"),
        (item('<sliderInteraction responseIdentifier="RESPONSE" lowerBound="0" upperBound="9"/>', ""), "sliderInteraction"),
        (item(TYPED, declared("single", "float", "1") + '<templateDeclaration identifier="X" cardinality="single" baseType="float"/>'),
         "drawn by a program"),
        (item(CHOICES, ""), "no choice is right"),
    ],
)  # fmt: skip
def test_what_has_no_place_here_is_told_with_its_line(data: bytes, why: str) -> None:
    with pytest.raises(FormatError, match=rf"an-item: left out \(line 2\): .*{why}"):
        qti21.read(data, "quiz")


def test_a_test_without_its_items_is_refused() -> None:
    with pytest.raises(FormatError, match="read the zip"):
        qti21.read(f"<assessmentTest {NS} identifier='t' title='T'/>".encode(), "quiz")


def test_a_unit_is_one_of_a_number_only() -> None:
    body = '<p>How far? <textEntryInteraction responseIdentifier="RESPONSE"/> <span class="unit">m</span>, about</p>'
    question, _ = one(item(body, declared("single", "float", "2")))
    assert (question.stem, question.answer.unit) == ("How far? _____ , about", "m")
    question, _ = one(item(body, declared("single", "string", "two")))
    assert question.stem == "How far? _____ m, about"


@pytest.mark.parametrize(("seconds", "limit"), [("90.5", 90.5), ("0", None), ("-3", None), ("1e250", None)])
def test_time_limits_are_taken_where_they_are_some(seconds: str, limit: float | None) -> None:
    test = f"""<assessmentTest {NS} identifier="t" title="T"><timeLimits maxTime="{seconds}"/>
      <testPart identifier="p" navigationMode="linear" submissionMode="individual"><assessmentSection identifier="s"
      title="S" visible="true"><assessmentItemRef identifier="r" href="q.xml"/></assessmentSection></testPart></assessmentTest>"""
    manifest = "<manifest identifier='m'><resources><resource identifier='t' type='imsqti_test_xmlv2p1' href='t.xml'/></resources></manifest>"
    files = {"t.xml": test, "imsmanifest.xml": manifest}
    whole = {name: text.encode() for name, text in files.items()}
    whole["q.xml"] = item(CHOICES, declared("single", "identifier", "ChoiceA"))
    assert qti21.read(packed(whole), "quiz").file.quiz.time_limit == limit


def test_a_section_that_selects_draws() -> None:
    files = {
        f"q{number}.xml": item(CHOICES, declared("single", "identifier", "ChoiceA"), title=f"No {number}")
        for number in (1, 2, 3)
    }
    references = "".join(f'<assessmentItemRef identifier="r{n}" href="q{n}.xml"/>' for n in (1, 2, 3))
    test = f"""<assessmentTest {NS} identifier="t" title="The test"><timeLimits maxTime="600"/>
      <testPart identifier="p" navigationMode="linear" submissionMode="individual">
      <assessmentSection identifier="s" title="Pool" visible="true"><selection select="2"/>{references}</assessmentSection>
      </testPart></assessmentTest>"""
    resources = '<resource identifier="t" type="imsqti_test_xmlv2p1" href="test.xml"><file href="test.xml"/></resource>'
    resources += "".join(
        f'<resource identifier="i{n}" type="imsqti_item_xmlv2p1" href="q{n}.xml"><file href="q{n}.xml"/></resource>'
        for n in (1, 2, 3)
    )
    manifest = f"<manifest identifier='m'><resources>{resources}</resources></manifest>"
    files |= {"test.xml": test.encode(), "imsmanifest.xml": manifest.encode()}
    imported = qti21.read(packed(files), "quiz")
    (section,) = imported.file.sections
    assert (section.draw, section.source and section.source.tags) == (2, ("Pool",))
    assert (imported.file.quiz.title, imported.file.quiz.time_limit) == ("The test", 600.0)


def test_names_in_a_test_and_in_an_item_differ_from_each_other() -> None:
    """Ids of ours may be the same in a quiz, a question and a choice; names in XML may not."""
    choice = {"id": "part", "text": "a", "correct": True, "feedback": "f"}
    question = {
        "id": "part", "type": "single", "stem": "s", "explain": "e", "choices": [choice, {"id": "1", "text": "b"}],
    }  # fmt: skip
    file = QuizFile.model_validate(
        {"schema": 1, "quiz": {"id": "part", "title": "T"}, "questions": [question]}
    )
    files = unpacked(qti21.write(Source(file)).data)
    for name in ("test.xml", "items/part.xml"):
        names = [
            element.get("identifier")
            for element in parse(files[name]).every(
                "assessmentTest", "testPart", "assessmentSection", "assessmentItemRef", "simpleChoice"
            )
        ]
        assert len(set(names)) == len(names)
        assert all(etree.QName(name).localname == name for name in names)


def test_what_xhtml_of_qti_lacks_is_told() -> None:
    question = {"id": "q", "type": "true_false", "answer": True, "stem": "3. third\n4. fourth"}
    file = QuizFile.model_validate({"schema": 1, "quiz": {"id": "z", "title": "Z"}, "questions": [question]})
    assert qti21.write(Source(file)).losses == (
        Loss("q", "the number at which a list begins is not carried"),
    )


def session(data: bytes) -> Any:
    """Our item in the library pyslet."""
    from pyslet.qtiv2 import variables
    from pyslet.qtiv2.xml import QTIDocument

    document = QTIDocument()
    document.read(src=io.BytesIO(data))
    found = variables.ItemSessionState(document.root)
    found.begin_session()
    return found


@pytest.mark.filterwarnings("ignore")  # it is of 2017
@pytest.mark.parametrize("path", BANKS, ids=lambda path: path.stem)
def test_another_library_reads_and_scores_what_is_written(path: Path) -> None:
    logging.disable(logging.ERROR)  # it cannot set tolerances, and says so
    try:
        file, _ = drawn(read_bank(path), seed=1)
        files = unpacked(qti21.write(Source(file)).data)
        for question in file.questions:
            for answer, sent, feedback in answers(question):
                found = session(files[f"items/{question.id}.xml"])
                assert found["MAXSCORE"].value == question.points
                found["RESPONSE"].set_value(sent)
                found.end_attempt()
                assert (found["SCORE"].value or 0.0) == pytest.approx(answer * question.points), question.id
                shown_feedback = set(found["FEEDBACK"].value or ()) if "FEEDBACK" in found else set()
                assert feedback <= shown_feedback, question.id
    finally:
        logging.disable(logging.NOTSET)


def answers(question: Question) -> list[tuple[float, Any, set[str]]]:
    """(share of the points by our score, response, what it is to show) for right and wrong answers."""
    item_of, key = instantiate(question, {})
    said = {"item.explanation"} if question.explain or question.source else set()
    count = len(item_of.options)

    def ours(answer: Answer) -> float:
        return score(key, answer, count).share

    match question:
        case Single():
            return [
                (ours(one.id), one.id, said | ({one.id} if one.feedback else set()))
                for one in question.choices
            ]
        case TrueFalse():
            return [(ours(one), one, said) for one in ("true", "false")]
        case Multi():
            right = [one.id for one in question.choices if one.correct]
            every = [one.id for one in question.choices]
            return [(ours(taken), taken, said) for taken in (right, right[:1], every, every[::-1][:1])]
        case Short():
            return [(ours(text), text, said) for text in [*question.answer.accept, "no such word"]]
        case Ordering():
            order = [one.id for one in question.items]
            return [(1.0, order, said), (0.0, order[::-1], said)]
        case Matching():
            rights = list(dict.fromkeys([pair.right for pair in question.pairs] + list(question.extra)))
            pairs = [(pair.id, f"right.{rights.index(pair.right) + 1}") for pair in question.pairs]
            return [(1.0, pairs, said), (1 / len(pairs), pairs[:1], said)]
    return []  # of tolerances it knows nothing
