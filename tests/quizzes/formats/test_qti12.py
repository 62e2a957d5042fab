"""QTI 1.2: what Canvas exports, what text2qti makes, and what a Common Cartridge has."""

from html import escape
from zlib import crc32

import pytest

from quizzes.formats import qti12
from quizzes.formats.base import FormatError, Imported, Loss
from quizzes.formats.foreign_zip import packed, unpacked
from quizzes.schema import Matching, Multi, Numeric, Short, Single, TrueFalse

PICTURE = b"\x89PNG\r\n\x1a\n"
IDENT = "g4f1c2b7d9e0a4c55b8f6d1e2a3b4c5d6"
MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="g9a0b" xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
    xmlns:imsmd="http://www.imsglobal.org/xsd/imsmd_v1p2">
  <metadata><schema>IMS Content</schema><schemaversion>1.1.3</schemaversion>
    <imsmd:lom><imsmd:general><imsmd:title><imsmd:string>QTI Quiz Export for course "Deep learning"</imsmd:string>
    </imsmd:title></imsmd:general></imsmd:lom></metadata>
  <organizations/>
  <resources>
    <resource identifier="{IDENT}" type="imsqti_xmlv1p2">
      <file href="{IDENT}/{IDENT}.xml"/><dependency identifierref="g77"/>
    </resource>
    <resource identifier="g77" type="associatedcontent/imscc_xmlv1p1/learning-application-resource"
        href="{IDENT}/assessment_meta.xml"><file href="{IDENT}/assessment_meta.xml"/></resource>
    <resource identifier="g78" type="webcontent" href="web_resources/Uploaded%20Media/loss curve.png">
      <file href="web_resources/Uploaded%20Media/loss curve.png"/></resource>
  </resources>
</manifest>"""
META = f"""<?xml version="1.0" encoding="UTF-8"?>
<quiz identifier="{IDENT}" xmlns="http://canvas.instructure.com/xsd/cccv1p0">
  <title>Week 3: optimisation</title><description>&lt;p&gt;Read chapter 8 first.&lt;/p&gt;</description>
  <shuffle_answers>true</shuffle_answers><scoring_policy>keep_average</scoring_policy>
  <hide_results></hide_results><quiz_type>assignment</quiz_type><points_possible>9.0</points_possible>
  <allowed_attempts>2</allowed_attempts><one_question_at_a_time>true</one_question_at_a_time>
  <cant_go_back>false</cant_go_back><time_limit>45</time_limit>
</quiz>"""


def item(kind: str, stem: str, body: str, processing: str, after: str = "", points: str = "1.0") -> str:
    fields = {"question_type": kind, "points_possible": points, "original_answer_ids": "1,2"}
    entries = "".join(
        f"<qtimetadatafield><fieldlabel>{key}</fieldlabel><fieldentry>{value}</fieldentry></qtimetadatafield>"
        for key, value in fields.items()
    )
    return f"""<item ident="g{crc32(stem.encode()):x}" title="Question">
      <itemmetadata><qtimetadata>{entries}</qtimetadata></itemmetadata>
      <presentation><material><mattext texttype="text/html">{escape(stem)}</mattext></material>{body}</presentation>
      <resprocessing><outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>
      {processing}</resprocessing>{after}</item>"""


def labels(kind: str, *texts: tuple[str, str]) -> str:
    shown_labels = "".join(
        f'<response_label ident="{ident}"><material><mattext texttype="text/plain">{escape(text)}</mattext>'
        "</material></response_label>"
        for ident, text in texts
    )
    return f'<response_lid ident="response1" rcardinality="{kind}"><render_choice>{shown_labels}</render_choice></response_lid>'


TYPED = """<response_str ident="response1" rcardinality="Single"><render_fib>
    <response_label ident="answer1" rshuffle="No"/></render_fib></response_str>"""


def condition(held: str, extra: str = "", points: str = "100", go_on: str = "No") -> str:
    sets = f'<setvar action="Set" varname="SCORE">{points}</setvar>' if points else ""
    return (
        f'<respcondition continue="{go_on}"><conditionvar>{held}</conditionvar>{sets}{extra}</respcondition>'
    )


def equal(value: str, response: str = "response1") -> str:
    return f'<varequal respident="{response}">{value}</varequal>'


def shows(name: str) -> str:
    return f'<displayfeedback feedbacktype="Response" linkrefid="{name}"/>'


def feedback(name: str, text: str) -> str:
    return f"""<itemfeedback ident="{name}"><flow_mat><material><mattext texttype="text/html">{escape(text)}</mattext>
      </material></flow_mat></itemfeedback>"""


SIDES = (("2754", "1569"), ("4202", "Before 150 CE"), ("2554", "1963"))
PAIRS = "".join(
    f"""<response_lid ident="response_{number}"><material><mattext texttype="text/plain">{left}</mattext></material>
      <render_choice>{"".join(f'<response_label ident="{key}"><material><mattext>{text}</mattext></material></response_label>' for key, text in SIDES)}
      </render_choice></response_lid>"""
    for number, left in ((4612, "Mercator"), (5651, "Stereographic"))
)
ITEMS = [
    item(
        "multiple_choice_question",
        '<div><p>Which step is <strong>too large</strong>? <img src="$IMS-CC-FILEBASE$/Uploaded%20Media/loss%20curve.png'
        '?canvas_download=1" alt="a curve"> <img class="equation_image" title="\\eta" src="/equation_images/%255Ceta"'
        ' alt="LaTeX: \\eta" data-equation-content="\\eta"></p></div>',
        labels("Single", ("2799", "0.1 < 1"), ("9607", "10")),
        condition("<other/>", shows("general_fb"), "", "Yes")
        + condition(equal("2799"), shows("2799_fb"), "", "Yes")
        + condition(equal("9607"), shows("correct_fb")),
        feedback("general_fb", "<p>It diverges.</p>") + feedback("2799_fb", "<p>That one is fine.</p>")
        + feedback("correct_fb", "<p>Yes!</p>"),
        "2.5",
    ),
    item(
        "multiple_answers_question", "<p>Which are optimisers?</p>",
        labels("Multiple", ("4094", "SGD"), ("8128", "Adam"), ("1582", "ReLU")),
        condition(f"<and>{equal('4094')}{equal('8128')}<not>{equal('1582')}</not></and>"),
    ),
    item(
        "true_false_question", "<p>SGD is noisy.</p>", labels("Single", ("919", "True"), ("2680", "False")),
        condition(equal("2680"), shows("2680_fb"), "", "Yes") + condition(equal("919")),
        feedback("2680_fb", "<p>Batches are drawn.</p>"),
    ),
    item(
        "numerical_question", "<p>What is 3/2?</p>", TYPED,
        condition(
            f"<or>{equal('1.5')}<and><vargte respident='response1'>1.4</vargte>"
            "<varlte respident='response1'>1.6</varlte></and></or>"
        ),
    ),
    item(
        "numerical_question", "<p>Somewhere from 2 to 3.</p>", TYPED,
        condition("<vargte respident='response1'>2.0</vargte><varlte respident='response1'>3.0</varlte>"),
    ),
    item(
        "short_answer_question", "<p>The first name of Adam's first moment?</p>", TYPED,
        condition(equal("Momentum") + equal("momentum &amp; co")),
    ),
    item(
        "matching_question", "<p>Match the map projection with its year.</p>", PAIRS,
        "".join(
            f"<respcondition><conditionvar>{equal(right, f'response_{left}')}</conditionvar>"
            '<setvar varname="SCORE" action="Add">50.00</setvar></respcondition>'
            for left, right in ((4612, "2754"), (5651, "4202"))
        ),
    ),
    item("essay_question", "<p>Write 500 words.</p>", TYPED, condition("<other/>", points="")),
    item("text_only_question", "<p>Part two.</p>", "", ""),
    item("calculated_question", "<p>5 + [x]</p>", TYPED, ""),
]  # fmt: skip
GROUP = f"""<section ident="g55" title="Pool"><selection_ordering><selection><selection_number>1</selection_number>
    <selection_extension><points_per_item>3.0</points_per_item></selection_extension></selection></selection_ordering>
    {item("true_false_question", "<p>Pooled one.</p>", labels("Single", ("1", "True"), ("2", "False")), condition(equal("1")))}
    {item("true_false_question", "<p>Pooled two.</p>", labels("Single", ("1", "True"), ("2", "False")), condition(equal("2")))}
  </section>"""


def canvas(*items: str, files: dict[str, bytes] | None = None) -> bytes:
    quiz = f"""<?xml version="1.0" encoding="UTF-8"?>
<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"><assessment ident="{IDENT}" title="Week 3">
  <qtimetadata><qtimetadatafield><fieldlabel>cc_maxattempts</fieldlabel><fieldentry>2</fieldentry></qtimetadatafield>
  </qtimetadata><section ident="root_section">{"".join(items)}</section></assessment></questestinterop>"""
    return packed(
        {
            "imsmanifest.xml": MANIFEST.encode(),
            f"{IDENT}/{IDENT}.xml": quiz.encode(),
            f"{IDENT}/assessment_meta.xml": META.encode(),
            **(files or {}),
        }
    )


@pytest.fixture(scope="module")
def exported() -> Imported:
    return qti12.read(
        canvas(*ITEMS, GROUP, files={"web_resources/Uploaded Media/loss curve.png": PICTURE}), "download"
    )


def test_a_canvas_export_is_read(exported: Imported) -> None:
    single, multi, truth, number, between_two, short, matching, *pool = exported.file.questions
    assert isinstance(single, Single)
    assert single.stem == "Which step is **too large**? ![a curve](Uploaded_Media/loss_curve.png) $\\eta$"
    assert [(one.text, one.correct, one.feedback) for one in single.choices] == [
        ("0.1 < 1", False, "That one is fine."), ("10", True, ""),
    ]  # fmt: skip
    assert (single.points, single.explain) == (2.5, "It diverges.")
    assert isinstance(multi, Multi)
    assert [one.correct for one in multi.choices] == [True, True, False]
    assert isinstance(truth, TrueFalse)
    assert (truth.answer, truth.feedback) == (True, "Batches are drawn.")
    assert isinstance(number, Numeric)
    assert isinstance(between_two, Numeric)
    assert (number.answer.expr, number.answer.abs_tol) == ("1.5", 0.1)
    assert (between_two.answer.expr, between_two.answer.abs_tol) == ("2.5", 0.5)
    assert isinstance(short, Short)
    assert short.answer.accept == ("Momentum", "momentum & co")
    assert isinstance(matching, Matching)
    assert [(one.left, one.right) for one in matching.pairs] == [
        ("Mercator", "1569"), ("Stereographic", "Before 150 CE"),
    ]  # fmt: skip
    assert matching.extra == ("1963",)
    assert [(one.points, one.tags) for one in pool] == [(3.0, ("Pool",))] * 2


def test_the_settings_of_canvas_are_read(exported: Imported) -> None:
    quiz = exported.file.quiz
    assert (quiz.id, quiz.title) == ("download", "Week 3: optimisation")
    assert (quiz.time_limit, quiz.attempts.max, quiz.attempts.keep) == (2700.0, 2, "mean")
    first, pool = exported.file.sections
    assert len(first.use) == 7
    assert (pool.title, pool.draw, pool.source and pool.source.tags) == ("Pool", 1, ("Pool",))
    assert exported.media == {"Uploaded_Media/loss_curve.png": PICTURE}


def test_what_of_canvas_has_no_place_here_is_told(exported: Imported) -> None:
    said = [str(loss) for loss in exported.losses]
    assert [one for one in said if "left out" in one and "(line" in one] == [
        one for one in said if "left out" in one
    ]
    assert [one.partition("): ")[2] for one in said if "left out" in one] == [
        "an essay has no answer to be judged by",
        "a text without answers is no question",
        "its formula has parameters in Canvas's own syntax; write it with `params`",
    ]
    assert set(said) >= {
        "that it counts for a grade is not carried; say so with `mode: graded`",
        "the description of the quiz is not carried",
        "that questions come one at a time is not carried",
    }
    (single, *_) = exported.file.questions
    assert [one for one in said if one.startswith(single.id)] == [
        f"{single.id}: feedback for a right answer as a whole is not carried"
    ]


def test_a_picture_that_is_not_there_is_told() -> None:
    imported = qti12.read(canvas(*ITEMS), "quiz")
    name = imported.file.questions[0].id
    what = "the image Uploaded_Media/loss_curve.png is not in the file; put it beside the quiz"
    assert Loss(name, what) in imported.losses
    assert imported.media == {}


def test_two_quizzes_in_one_archive_become_sections() -> None:
    one = f"<questestinterop><assessment ident='a' title='One'><section ident='r'>{ITEMS[1]}</section></assessment></questestinterop>"
    two = one.replace("One", "Two").replace(">Which", ">But which")
    imported = qti12.read(packed({"a.xml": one.encode(), "b.xml": two.encode()}), "both")
    assert len(imported.file.questions) == 2
    assert Loss("", "it holds 2 quizzes, which become sections of one") in imported.losses


def test_a_common_cartridge_says_by_profile_what_is_asked() -> None:
    cartridge = ITEMS[1].replace("question_type", "cc_profile")
    cartridge = cartridge.replace("multiple_answers_question", "cc.multiple_response.v0p1")
    file = f"<questestinterop><assessment ident='a' title='A'><section ident='r'>{cartridge}</section></assessment></questestinterop>"
    manifest = """<manifest identifier="m"><resources><resource identifier="i1" type="imsqti_xmlv1p2/imscc_xmlv1p1/assessment">
        <file href="i1/assessment_qti.xml"/></resource></resources></manifest>"""
    data = packed(
        {"course/imsmanifest.xml": manifest.encode(), "course/i1/assessment_qti.xml": file.encode()}
    )
    (question,) = qti12.read(data, "quiz").file.questions
    assert question.type == "multi"


def test_points_for_each_choice_become_a_rule() -> None:
    adds = "".join(
        f"<respcondition><conditionvar>{equal(key)}</conditionvar><setvar varname='SCORE' action='Add'>{points}</setvar></respcondition>"
        for key, points in (("4094", 50), ("8128", 50), ("1582", -100))
    )
    written = item(
        "", "<p>Which?</p>", labels("Multiple", ("4094", "SGD"), ("8128", "Adam"), ("1582", "ReLU")), adds
    )
    (question,) = qti12.read(f"<questestinterop>{written}</questestinterop>".encode(), "quiz").file.questions
    assert isinstance(question, Multi)
    assert question.scoring == "exams_false"


def test_feedback_of_no_choice_is_told() -> None:
    written = item(
        "numerical_question", "<p>N?</p>", TYPED,
        condition(equal("1.5")) + condition("<other/>", shows("F1"), ""), feedback("F1", "<p>No.</p>"),
    )  # fmt: skip
    (loss,) = qti12.read(f"<questestinterop>{written}</questestinterop>".encode(), "quiz").losses
    assert loss.what == "feedback that is shown under conditions of its own is not carried"


def test_a_manifest_that_names_what_is_not_there_is_refused() -> None:
    files = unpacked(canvas(*ITEMS))
    del files[f"{IDENT}/{IDENT}.xml"]
    with pytest.raises(FormatError, match="which is not there"):
        qti12.read(packed(files), "quiz")
