"""Grades leave in the exact files other systems read; no hidden detail and no formula leaves with them.

The course of these tests. Convolutions (cnn): q1 10 points, q2 2 points extra credit, q3 4 points dropped,
q4 6 points written, so 16 are asked for. Recurrence (rnn): q1 8 points.

Ada: cnn 7.5 + 2 + 5 = 14.5, a day late, 10 % or 1.45 off: 13.05. rnn 8.
Zoë: cnn rejected. rnn earns 0.5, two days late, 0.8 off: 0.
Cy:  cnn 10, and q4 waits for a person. rnn: nothing was handed in. On no roster.
"""

import csv
import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.errors import InternalError, UsageError
from graders.export import FORMATS, CourseFormat, SubmissionFormat
from graders.export_course import Identity, canvas_csv, moodle_csv, nbgrader_csv
from graders.export_submission import gradescope_json, junit_xml
from graders.records import (
    CaseResult,
    CaseVerdict,
    CellResult,
    CellVerdict,
    Counting,
    Grade,
    Lateness,
    Limits,
    QuestionGrade,
    QuestionResult,
    Result,
    Tier,
    Verdict,
)

try:
    from defusedxml import ElementTree
except ImportError:  # all it reads here is our own
    from xml.etree import ElementTree

EXTRA, DROPPED = Counting.EXTRA_CREDIT, Counting.DROPPED
STUDENTS = {
    "ada": Identity(
        id="ada",
        first_name="Ada",
        last_name="Lovelace",
        email="ada@example.org",
        canvas_id="101",
        username="alovelace",
    ),
    "zoe": Identity(id="zoe", first_name="Zoë", last_name="O'Neil, Jr.", email="zoe@example.org"),
}
TITLES = {"cnn": "Convolutions (1234)", "rnn": "Recurrence"}
ADA_CNN = Grade(
    topic="cnn",
    student="ada",
    verdict=Verdict.GRADED,
    questions=(
        QuestionGrade(id="q1", points=7.5, possible=10),
        QuestionGrade(id="q2", points=2, possible=2, counting=EXTRA),
        QuestionGrade(id="q3", points=3, possible=4, counting=DROPPED),
        QuestionGrade(
            id="q4", points=5, possible=6, written=True, comment='Clear; cite "Goodfellow", loss<1'
        ),
    ),
    earned=14.5,
    possible=16,
    submitted="2026-03-01T23:59:00+00:00",
    late=Lateness(due="2026-03-01T22:59:00+00:00", seconds=3600, days=1, penalty=1.45),
    total=13.05,
)
ZOE_CNN = Grade(
    topic="cnn",
    student="zoe",
    verdict=Verdict.REJECTED,
    reason="this is not the notebook of cnn: none of its questions is in it",
    possible=16,
    submitted="2026-02-28T10:00:00.25+00:00",
    late=Lateness(due="2026-03-01T22:59:00+00:00"),
)
CY_CNN = Grade(
    topic="cnn",
    student="cy",
    verdict=Verdict.GRADED,
    questions=(
        QuestionGrade(id="q1", points=10, possible=10),
        QuestionGrade(id="q2", points=0, possible=2, counting=EXTRA),
        QuestionGrade(id="q3", points=4, possible=4, counting=DROPPED),
        QuestionGrade(id="q4", points=None, possible=6, written=True),
    ),
    earned=10,
    possible=16,
    needs_manual=True,
    submitted="2026-03-01T13:00:00+02:00",
    late=Lateness(due="2026-03-01T22:59:00+00:00"),
    total=10,
)
ADA_RNN = Grade(
    topic="rnn",
    student="ada",
    verdict=Verdict.GRADED,
    questions=(QuestionGrade(id="q1", points=8, possible=8),),
    earned=8,
    possible=8,
    total=8,
)
ZOE_RNN = Grade(
    topic="rnn",
    student="zoe",
    verdict=Verdict.TIMEOUT,
    questions=(QuestionGrade(id="q1", points=0.5, possible=8),),
    earned=0.5,
    possible=8,
    late=Lateness(seconds=90_000, days=2, penalty=0.8),
    total=0,
)
CY_RNN = Grade(topic="rnn", student="cy", verdict=None, possible=8)
GRADES = (ADA_CNN, ZOE_CNN, CY_CNN, ADA_RNN, ZOE_RNN, CY_RNN)

SECRET = "expected σ = 0.125 at seed 77"
CASES = {
    "q1": (
        CaseResult(
            name="test_shape",
            verdict=CaseVerdict.PASSED,
            points=5,
            possible=5,
            hidden=False,
            message="The shape is right.",
            seconds=0.25,
        ),
        CaseResult(
            name="test_padding_of_one",
            verdict=CaseVerdict.FAILED,
            points=0,
            possible=2.5,
            hidden=True,
            message="Think of the border <pixels>.\nThen try again.",
            detail=SECRET,
            seconds=0.5,
        ),
        CaseResult(
            name="test_stride_of_two",
            verdict=CaseVerdict.PASSED,
            points=2.5,
            possible=2.5,
            hidden=True,
            detail=SECRET,
            seconds=0.125,
        ),
    ),
    "q2": (
        CaseResult(name="test_fast", verdict=CaseVerdict.PASSED, points=2, possible=2, hidden=False),
        CaseResult(
            name="test_gradient",
            verdict=CaseVerdict.ERROR,
            points=0,
            possible=0,
            hidden=False,
            message="Your code raised ValueError: \x1b[31mbad\x00\x1b[0m ]]>",
            detail=SECRET,
        ),
        CaseResult(
            name="test_loop",
            verdict=CaseVerdict.TIMEOUT,
            points=0,
            possible=0,
            hidden=True,
            message="Took longer than 30 s.",
            detail=SECRET,
        ),
        CaseResult(name="test_rest", verdict=CaseVerdict.NOT_REACHED, points=0, possible=0, hidden=True),
    ),
    "q3": (
        CaseResult(
            name="test_a", verdict=CaseVerdict.FAILED, points=3, possible=4, hidden=False, message="Off."
        ),
    ),
}


def result(grade: Grade, **changes: Any) -> Result:
    whole = Result(
        topic=grade.topic,
        student=grade.student,
        file="cnn.ipynb",
        sha256="",
        key="",
        engine="",
        tests_sha256="",
        isolation=Tier.FULL,
        limits=Limits(),
        seed=77,
        verdict=grade.verdict or Verdict.GRADED,
        reason=grade.reason,
        questions=tuple(
            QuestionResult(
                id=name,
                points=sum(case.points for case in cases),
                possible=sum(case.possible for case in cases),
                seed=77,
                cases=cases,
                seconds=1.5,
            )
            for name, cases in CASES.items()
        ),
        cells=(
            CellResult(index=1, verdict=CellVerdict.OK, seconds=2.25),
            CellResult(index=3, verdict=CellVerdict.OK, seconds=0.5),
        ),
        seconds=8.123456,
    )
    return replace(whole, **changes)


def written(text: str, line_end: str = "\r\n") -> bytes:
    return text.replace("\n", line_end).encode()


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_the_totals_of_these_grades_are_what_was_earned_less_the_penalty() -> None:
    for grade in GRADES:
        if grade.total is not None:
            counted = [of.points or 0 for of in grade.questions if of.counting is not DROPPED]
            assert grade.earned == sum(counted)
            assert grade.total == max(0, grade.earned - grade.late.penalty)


def test_nbgrader_has_every_grade_in_the_columns_of_its_own_export() -> None:
    assert nbgrader_csv(GRADES, STUDENTS) == written(
        """\
assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score,max_score
cnn,2026-03-01 22:59:00,2026-03-01 11:00:00,cy,,,,10.0,0.0,10.0,16.0
cnn,2026-03-01 22:59:00,2026-03-01 23:59:00,ada,Lovelace,Ada,ada@example.org,14.5,1.45,13.05,16.0
cnn,2026-03-01 22:59:00,2026-02-28 10:00:00.250000,zoe,"O'Neil, Jr.",Zoë,zoe@example.org,,,,16.0
rnn,,,cy,,,,,,,8.0
rnn,,,ada,Lovelace,Ada,ada@example.org,8.0,0.0,8.0,8.0
rnn,,,zoe,"O'Neil, Jr.",Zoë,zoe@example.org,0.5,0.8,0.0,8.0
""",
        "\n",
    )


def test_the_columns_are_those_of_the_nbgrader_that_is_installed(tmp_path: Path) -> None:
    from nbgrader.plugins import CsvExportPlugin

    class Empty:
        assignments: tuple[()] = ()

    plugin = CsvExportPlugin()
    plugin.to = str(tmp_path / "grades.csv")
    plugin.export(Empty())
    assert nbgrader_csv([]).decode() == (tmp_path / "grades.csv").read_text()


def test_canvas_has_a_column_a_topic_and_an_empty_cell_for_no_grade() -> None:
    """Cy's q4 waits for a person, so cnn is no grade of hers yet."""
    assert canvas_csv(GRADES, STUDENTS, TITLES) == written(
        """\
Student,ID,SIS User ID,SIS Login ID,Section,Convolutions (1234),Recurrence
    Points Possible,,,,,16,8
cy,,cy,,,,
"Lovelace, Ada",101,ada,alovelace,,13.05,8
"O'Neil, Jr., Zoë",,zoe,,,,0
"""
    )


def test_canvas_gets_what_is_graded_so_far_when_asked() -> None:
    rows = read(canvas_csv(GRADES, STUDENTS, TITLES, unfinished=True))
    assert rows[2] == ["cy", "", "cy", "", "", "10", ""]


def test_a_topic_without_a_title_is_called_by_its_id() -> None:
    assert read(canvas_csv(GRADES, {}))[0][5:] == ["cnn", "rnn"]
    assert read(moodle_csv(GRADES, {}, identify="id"))[0][1:3] == ["cnn", "cnn (feedback)"]


@pytest.mark.parametrize(
    "title", ["Section", "ID", "Final Grade", "Unposted Current Score", "My Override Score"]
)
def test_a_title_that_canvas_would_skip_in_silence_is_refused(title: str) -> None:
    with pytest.raises(UsageError, match=re.escape(repr(title))):
        canvas_csv(GRADES, STUDENTS, {"cnn": title})


def test_two_columns_of_one_title_are_refused_for_canvas() -> None:
    with pytest.raises(UsageError, match="two topics are called 'rnn'"):
        canvas_csv(GRADES, STUDENTS, {"cnn": "rnn"})


def test_a_canvas_id_that_would_be_another_students_number_is_refused() -> None:
    with pytest.raises(UsageError, match="the Canvas ID of ada is '12ab'"):
        canvas_csv(GRADES, {"ada": replace(STUDENTS["ada"], canvas_id="12ab")})


def test_no_students_name_sets_the_points_of_an_assignment_in_canvas() -> None:
    rows = read(canvas_csv([ADA_RNN], {"ada": Identity(id="ada", last_name="X  Points\nPossible")}))
    assert rows[2][0] == "X Points_Possible"


def test_points_possible_stay_as_canvas_has_them_where_nothing_is_asked_for() -> None:
    assert read(canvas_csv([replace(ADA_RNN, possible=0)], {}))[1][5] == ""


FEEDBACK_ADA = (
    'q1 7.5/10; q2 2/2 extra credit; q3 dropped; q4 5/6: Clear; cite ""Goodfellow"", loss<1; '
    "late by 1 day: 1.45 points off; total 13.05/16"
)
FEEDBACK_ZOE = "rejected: this is not the notebook of cnn: none of its questions is in it"


def test_moodle_has_one_identifier_and_a_grade_and_feedback_a_topic() -> None:
    students = STUDENTS | {"cy": Identity(id="cy", email="cy@example.org")}
    assert moodle_csv(GRADES, students, TITLES) == written(
        f"""\
Email address,Convolutions (1234),Convolutions (1234) (feedback),Recurrence,Recurrence (feedback)
cy@example.org,-,q1 10/10; q2 0/2 extra credit; q3 dropped; q4 waits for a person to grade it,-,nothing was handed in
ada@example.org,13.05,"{FEEDBACK_ADA}",8,q1 8/8; total 8/8
zoe@example.org,-,{FEEDBACK_ZOE},0,timeout; q1 0.5/8; late by 2 days: 0.8 points off; total 0/8
"""
    )


@pytest.mark.parametrize(
    ("identify", "column"),
    [("id", ["ID number", "cy", "ada", "zoe"]), ("username", ["Username", "cy", "alovelace", "zoe"])],
)
def test_moodle_knows_everybody_by_id_and_by_username(identify: Any, column: list[str]) -> None:
    assert [row[0] for row in read(moodle_csv(GRADES, STUDENTS, identify=identify))] == column


def test_nobodys_grade_goes_to_the_row_before_in_moodle() -> None:
    """Moodle gives a row without an identifier to the student of the row before it."""
    with pytest.raises(UsageError, match="no email address is known of cy, zoe;"):
        moodle_csv(GRADES, STUDENTS | {"zoe": Identity(id="zoe", email="  ")})
    with pytest.raises(UsageError, match="no id number is known of ada;"):
        moodle_csv([ADA_RNN], {"ada": Identity(id="0")}, identify="id")


def test_moodle_gets_what_is_graded_so_far_when_asked() -> None:
    rows = read(moodle_csv([CY_CNN], {}, identify="id", unfinished=True))
    assert rows[1][:2] == ["cy", "10"]


@pytest.mark.parametrize(
    ("comment", "field"),
    [
        ('say \\"no\\"', 'q1 8/8: say \\ "no\\ "'),
        ("loss < 1, a <b>tag</b>", "q1 8/8: loss < 1, a < b>tag< /b>"),
        ("first\nsecond", "q1 8/8: first second"),
    ],
)
def test_feedback_reads_in_moodle_as_it_was_written(comment: str, field: str) -> None:
    """PHP's fgetcsv takes a backslash before a quote for an escape; feedback is shown as HTML."""
    questions = (replace(ADA_RNN.questions[0], comment=comment),)
    rows = read(moodle_csv([replace(ADA_RNN, questions=questions)], {}, identify="id"))
    assert rows[1][2] == f"{field}; total 8/8"


def test_a_field_for_moodle_ends_in_no_backslash() -> None:
    data = moodle_csv([ADA_RNN], {"ada": Identity(id="a, b\\")}, identify="id")
    assert data.splitlines()[1].startswith(b'"a, b\\ ",8,')


@pytest.mark.parametrize("evil", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-1+2", "x;=1+1"])
def test_a_spreadsheet_runs_no_id_and_no_name(evil: str) -> None:
    identity = Identity(id=evil, first_name=evil, last_name=evil, email=evil, username=evil, canvas_id="")
    grade = replace(ADA_RNN, student=evil)
    for data in (
        nbgrader_csv([grade], {evil: identity}),
        canvas_csv([grade], {evil: identity}),
        *(moodle_csv([grade], {evil: identity}, identify=key) for key in ("email", "id", "username")),
    ):
        fields = [field for row in read(data) for cell in row for field in cell.split(";")]
        assert any(evil.split(";")[-1] in field for field in fields)
        assert not [field for field in fields if field.startswith(("=", "+", "-", "@"))]


def test_an_identifier_that_is_no_formula_stays_as_it_is() -> None:
    identity = Identity(id="0012-345", email="a.b+c@example.org", username="o_x-1")
    row = read(canvas_csv([ADA_RNN], {"ada": identity}))[2]
    assert row[2:4] == ["0012-345", "o_x-1"]
    assert read(moodle_csv([ADA_RNN], {"ada": identity}))[1][0] == "a.b+c@example.org"


@pytest.mark.parametrize(
    ("points", "cell"),
    [
        (1 / 3, "0.3333"),
        (2.00004, "2"),
        (-0.00001, "0"),
        (0.1 + 0.2, "0.3"),
        (120.0, "120"),
        (1e7, "10000000"),
    ],
)
def test_numbers_are_short_and_exact_to_four_decimals(points: float, cell: str) -> None:
    assert read(canvas_csv([replace(ADA_RNN, total=points)], {}))[2][5] == cell


@pytest.mark.parametrize("points", [math.nan, math.inf])
def test_what_is_no_number_is_no_grade(points: float) -> None:
    grade = replace(ADA_RNN, total=points)
    for export in (nbgrader_csv, canvas_csv):
        with pytest.raises(InternalError, match="no number of points"):
            export([grade], {})
    with pytest.raises(InternalError, match="no number of points"):
        gradescope_json(grade, result(grade))


def test_two_grades_of_one_student_for_one_topic_are_a_fault() -> None:
    with pytest.raises(InternalError, match="two grades of ada for rnn"):
        canvas_csv([ADA_RNN, ADA_RNN], {})


def test_gradescope_has_every_case_and_what_the_grade_is_made_of() -> None:
    assert gradescope_json(ADA_CNN, result(ADA_CNN)).decode() == (
        r"""{
 "score": 13.05,
 "execution_time": 8.1235,
 "output": "q1 7.5/10\nq2 2/2 extra credit\nq3 dropped\nq4 5/6: Clear; cite \"Goodfellow\", loss<1\nlate by 1 day: 1.45 points off\ntotal 13.05/16",
 "output_format": "text",
 "test_output_format": "text",
 "test_name_format": "text",
 "visibility": "visible",
 "stdout_visibility": "hidden",
 "tests": [
  {
   "score": 5.0,
   "max_score": 5.0,
   "status": "passed",
   "name": "q1, test_shape",
   "number": "1.1",
   "output": "The shape is right.",
   "visibility": "visible"
  },
  {
   "score": 0.0,
   "max_score": 2.5,
   "status": "failed",
   "name": "q1, hidden 1",
   "number": "1.2",
   "output": "Think of the border <pixels>.\nThen try again.",
   "visibility": "after_published"
  },
  {
   "score": 2.5,
   "max_score": 2.5,
   "status": "passed",
   "name": "q1, hidden 2",
   "number": "1.3",
   "output": "",
   "visibility": "after_published"
  },
  {
   "score": 2.0,
   "max_score": 2.0,
   "status": "passed",
   "name": "q2, test_fast",
   "number": "2.1",
   "output": "",
   "visibility": "visible",
   "tags": [
    "extra credit"
   ]
  },
  {
   "score": 0.0,
   "max_score": 0.0,
   "status": "failed",
   "name": "q2, test_gradient",
   "number": "2.2",
   "output": "Your code raised ValueError: bad� ]]>",
   "visibility": "visible",
   "tags": [
    "extra credit"
   ]
  },
  {
   "score": 0.0,
   "max_score": 0.0,
   "status": "failed",
   "name": "q2, hidden 1",
   "number": "2.3",
   "output": "Took longer than 30 s.",
   "visibility": "after_published",
   "tags": [
    "extra credit"
   ]
  },
  {
   "score": 0.0,
   "max_score": 0.0,
   "status": "failed",
   "name": "q2, hidden 2",
   "number": "2.4",
   "output": "",
   "visibility": "after_published",
   "tags": [
    "extra credit"
   ]
  },
  {
   "status": "failed",
   "name": "q3, test_a",
   "number": "3.1",
   "output": "Off.",
   "visibility": "visible",
   "tags": [
    "dropped"
   ]
  }
 ]
}
"""
    )


def test_gradescope_shows_the_reason_of_a_rejected_submission() -> None:
    assert json.loads(gradescope_json(ZOE_CNN, result(ZOE_CNN, questions=()))) == {
        "score": 0.0,
        "execution_time": 8.1235,
        "output": FEEDBACK_ZOE,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            {
                "score": 0.0,
                "status": "failed",
                "name": "submission",
                "output": "this is not the notebook of cnn: none of its questions is in it",
                "visibility": "visible",
            }
        ],
    }


def test_a_submission_that_waits_for_a_person_has_no_total_in_its_account() -> None:
    sent = json.loads(gradescope_json(CY_CNN, result(CY_CNN)))
    assert sent["score"] == 10.0
    assert sent["output"].splitlines()[-1] == "q4 waits for a person to grade it"


@pytest.mark.parametrize("verdict", [None, Verdict.UNGRADED])
def test_gradescope_gets_no_zero_for_our_fault(verdict: Verdict | None) -> None:
    grade = replace(CY_RNN, verdict=verdict)
    with pytest.raises(UsageError, match="cy has no grade for rnn"):
        gradescope_json(grade, result(grade))


def conforms(sent: Any) -> None:
    """The fields of Gradescope's specification, and no others."""
    assert set(sent) <= {"score", "execution_time", "output", "output_format", "test_output_format"} | {
        *("test_name_format", "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard")
    }
    visibilities = {"hidden", "after_due_date", "after_published", "visible"}
    formats = {"text", "html", "simple_format", "md", "ansi"}
    assert type(sent["score"]) is float
    assert type(sent["execution_time"]) is float
    assert type(sent["output"]) is str
    assert {sent["output_format"], sent["test_output_format"], sent["test_name_format"]} <= formats
    assert {sent["visibility"], sent["stdout_visibility"]} <= visibilities
    assert type(sent["tests"]) is list
    for test in sent["tests"]:
        assert set(test) <= {"score", "max_score", "status", "name", "number", "output", "tags", "visibility"}
        assert all(type(test[key]) is float for key in ("score", "max_score") if key in test)
        assert all(type(test[key]) is str for key in ("name", "number", "output") if key in test)
        assert test["status"] in ("passed", "failed")
        assert test["visibility"] in visibilities
        assert all(type(tag) is str for tag in test.get("tags", []))


@pytest.mark.parametrize("grade", [ADA_CNN, ZOE_CNN, CY_CNN, ADA_RNN, ZOE_RNN])
def test_results_json_keeps_to_the_specification(grade: Grade) -> None:
    conforms(json.loads(gradescope_json(grade, result(grade))))


def test_junit_has_a_suite_a_question_and_a_testcase_a_case() -> None:
    """`]]>` may not stand in XML text; a NUL may stand nowhere in XML."""
    assert junit_xml(ADA_CNN, result(ADA_CNN)).decode() == (
        """<?xml version='1.0' encoding='utf-8'?>
<testsuites name="cnn" tests="10" failures="1" errors="2" skipped="3" time="7.25">
 <testsuite name="cnn.notebook" time="2.75" tests="1" failures="0" errors="0" skipped="0">
  <testcase name="ran to its end" classname="cnn.notebook" time="2.75" />
 </testsuite>
 <testsuite name="cnn.q1" time="1.5" tests="3" failures="1" errors="0" skipped="0">
  <testcase name="q1, test_shape" classname="cnn.q1" time="0.25" />
  <testcase name="q1, hidden 1" classname="cnn.q1" time="0.5">
   <failure message="Think of the border &lt;pixels&gt;." type="failed">Think of the border &lt;pixels&gt;.
Then try again.</failure>
  </testcase>
  <testcase name="q1, hidden 2" classname="cnn.q1" time="0.125" />
 </testsuite>
 <testsuite name="cnn.q2" time="1.5" tests="4" failures="0" errors="2" skipped="1">
  <testcase name="q2, test_fast" classname="cnn.q2" time="0" />
  <testcase name="q2, test_gradient" classname="cnn.q2" time="0">
   <error message="Your code raised ValueError: bad� ]]&gt;" type="error">Your code raised ValueError: bad� ]]&gt;</error>
  </testcase>
  <testcase name="q2, hidden 1" classname="cnn.q2" time="0">
   <error message="Took longer than 30 s." type="timeout">Took longer than 30 s.</error>
  </testcase>
  <testcase name="q2, hidden 2" classname="cnn.q2" time="0">
   <skipped message="not reached" />
  </testcase>
 </testsuite>
 <testsuite name="cnn.q3" time="1.5" tests="1" failures="0" errors="0" skipped="1">
  <testcase name="q3, test_a" classname="cnn.q3" time="0">
   <skipped message="dropped, does not count" />
  </testcase>
 </testsuite>
 <testsuite name="cnn.q4" time="0" tests="1" failures="0" errors="0" skipped="1">
  <testcase name="graded by a person" classname="cnn.q4" time="0">
   <skipped message="q4 5/6: Clear; cite &quot;Goodfellow&quot;, loss&lt;1" />
  </testcase>
 </testsuite>
</testsuites>
"""
    )


@pytest.mark.parametrize(
    ("verdict", "reason", "told"),
    [
        (Verdict.REJECTED, "no notebook", "rejected: no notebook"),
        (Verdict.CRASHED, "", "crashed"),
        (Verdict.UNGRADED, "socket /run/x broke", "could not be graded yet"),
        (None, "", "nothing was handed in"),
    ],
)
def test_a_submission_that_did_not_run_to_its_end_is_an_error_in_junit(
    verdict: Verdict | None, reason: str, told: str
) -> None:
    """Its cases are skipped, and a workflow takes skipped for passed."""
    grade = replace(CY_RNN, verdict=verdict, reason=reason)
    root = ElementTree.fromstring(junit_xml(grade, result(grade, questions=())))
    (error,) = root.iter("error")
    assert (root.get("tests"), root.get("errors")) == ("1", "1")
    assert (error.get("message"), error.text) == (told, told)


def test_output_over_its_limit_is_no_error_in_junit() -> None:
    grade = replace(ADA_RNN, verdict=Verdict.OUTPUT_LIMIT)
    assert b"<error" not in junit_xml(grade, result(grade, questions=()))


def test_no_detail_and_no_name_of_a_hidden_case_leaves() -> None:
    grades = [replace(ADA_CNN, verdict=verdict) for verdict in Verdict]
    for grade in grades:
        for data in (gradescope_json(grade, result(grade)), junit_xml(grade, result(grade))):
            text = data.decode()
            assert SECRET not in text
            assert "σ" not in text
            assert not [
                case.name for cases in CASES.values() for case in cases if case.hidden and case.name in text
            ]
            assert "test_shape" in text


def test_a_grade_goes_out_with_its_own_result_only() -> None:
    for export in (gradescope_json, junit_xml):
        with pytest.raises(InternalError, match="the grade of ada for cnn came with a result of cy"):
            export(ADA_CNN, result(CY_CNN))


def test_every_format_is_called_by_its_name() -> None:
    everybody = STUDENTS | {"cy": Identity(id="cy", email="cy@example.org")}
    assert list(FORMATS) == [
        *("nbgrader", "canvas", "moodle", "moodle-id", "moodle-username", "gradescope", "junit")
    ]
    called = {
        name: found.write(GRADES, everybody, TITLES, True)
        for name, found in FORMATS.items()
        if isinstance(found, CourseFormat)
    } | {
        name: found.write(ADA_CNN, result(ADA_CNN))
        for name, found in FORMATS.items()
        if isinstance(found, SubmissionFormat)
    }
    assert called == {
        "nbgrader": nbgrader_csv(GRADES, everybody),
        "canvas": canvas_csv(GRADES, everybody, TITLES, unfinished=True),
        "moodle": moodle_csv(GRADES, everybody, TITLES, unfinished=True),
        "moodle-id": moodle_csv(GRADES, everybody, TITLES, identify="id", unfinished=True),
        "moodle-username": moodle_csv(GRADES, everybody, TITLES, identify="username", unfinished=True),
        "gradescope": gradescope_json(ADA_CNN, result(ADA_CNN)),
        "junit": junit_xml(ADA_CNN, result(ADA_CNN)),
    }


ANY = st.text(st.characters(exclude_categories=()), max_size=30)


@given(ANY, ANY, ANY, st.floats(min_value=0, max_value=1e6))
def test_any_text_and_any_points_give_a_csv_that_reads_back(
    name: str, comment: str, title: str, points: float
) -> None:
    grade = replace(
        ADA_RNN,
        student=name,
        questions=(replace(ADA_RNN.questions[0], comment=comment),),
        earned=points,
        total=points,
    )
    identity = {name: Identity(id="7", first_name=name, last_name=comment, email="e@x.org", username=name)}
    for data, numbers in (
        (nbgrader_csv([grade, replace(grade, topic="cnn")], identity), (7, 9)),
        (canvas_csv([grade], identity, {"rnn": f"T {title}"[:20]}), (5,)),
        (moodle_csv([grade], identity, {"rnn": title}), (1,)),
    ):
        rows = read(data)
        assert len({len(row) for row in rows}) == 1
        assert not re.search(rb"[^\r\n]\r[^\n]", data)
        for number in numbers:
            assert re.fullmatch(r"\d+(\.\d{1,4})?", rows[-1][number])
            assert math.isclose(float(rows[-1][number]), points, abs_tol=5.1e-5)


@given(ANY, ANY, ANY)
def test_any_text_gives_json_and_xml_that_read_back(name: str, message: str, comment: str) -> None:
    case = CaseResult(
        name=name, verdict=CaseVerdict.FAILED, points=0, possible=1, hidden=False, message=message
    )
    hidden = replace(case, hidden=True, name="N" + name, detail=SECRET)
    question = QuestionResult(id="q1", points=0, possible=2, seed=1, cases=(case, hidden))
    written_one = QuestionGrade(id="q4", points=None, possible=1, written=True, comment=comment)
    grade = replace(ADA_CNN, student=name, questions=(written_one,), verdict=Verdict.CRASHED, reason=message)
    ran = result(grade, questions=(question,))
    sent = json.loads(gradescope_json(grade, ran))
    conforms(sent)
    assert [test["name"] for test in sent["tests"]][1] == "q1, hidden 1"
    root = ElementTree.fromstring(junit_xml(grade, ran))
    assert [entry.get("name") for entry in root.iter("testcase")][2:] == [
        "q1, hidden 1",
        "graded by a person",
    ]
    assert [len(root.findall(f".//{tag}")) for tag in ("failure", "error", "skipped")] == [2, 1, 1]
