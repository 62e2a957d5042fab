"""What a student is told: every number, every message, and nothing that is hidden."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from graders.course import Course, Topic
from graders.feedback import feedback_html, feedback_markdown
from graders.late import LatePolicy
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
from graders.templates import number

DUE = datetime(2026, 12, 18, 12, tzinfo=UTC)
TOPIC = Topic(
    root=Path("c"), id="cnn", title="Convolutions", auto_points=9, manual_points=3, limits=Limits(), due=DUE,
    late=LatePolicy(grace=900, per_day=0.1, cap=0.3),
)  # fmt: skip
COURSE = Course(
    root=Path("c"),
    id="deep",
    title="Deep <learning>",
    timezone=UTC,
    gradebook="",
    limits=Limits(),
    topics=(TOPIC,),
)
CASES = (
    CaseResult(name="test_shape", verdict=CaseVerdict.PASSED, points=1, possible=1, hidden=False),
    CaseResult(
        name="test_loss", verdict=CaseVerdict.FAILED, points=0, possible=1, hidden=False,
        message="The loss must fall.\nexpected at most 0.5, got <b>1.2</b>", detail="STAFF ONLY",
    ),
    CaseResult(
        name="test_secret_name", verdict=CaseVerdict.ERROR, points=0, possible=2, hidden=True,
        message="It fails on other sizes.", detail="ValueError at hidden line",
    ),
)  # fmt: skip
RESULT = Result(
    topic="cnn", student="ada", file="ada.ipynb", sha256="", key="", engine="0", tests_sha256="",
    isolation=Tier.NONE, limits=Limits(), seed=1, verdict=Verdict.TIMEOUT,
    questions=(
        QuestionResult(id="q1", points=1, possible=4, seed=1, cases=CASES),
        QuestionResult(id="q2", points=3, possible=3, seed=1, cases=CASES[:1], snapshot="end"),
    ),
    cells=(CellResult(index=1, verdict=CellVerdict.TIMEOUT, error="took \x1b[31mlonger than 3 s"),),
)  # fmt: skip
GRADE = Grade(
    topic="cnn", student="ada", verdict=Verdict.TIMEOUT, earned=6.5, possible=7, needs_manual=False,
    questions=(
        QuestionGrade(id="q1", points=1, possible=4),
        QuestionGrade(id="q2", points=3, possible=3, counting=Counting.EXTRA_CREDIT),
        QuestionGrade(id="essay", points=2.5, possible=3, written=True, comment="Well <i>said</i>."),
    ),
    submitted="2026-12-20T13:00:00+00:00",
    late=Lateness(due=DUE.isoformat(), seconds=49 * 3600, days=3, penalty=2.1), total=4.4,
)  # fmt: skip
NOTEBOOK = json.dumps(
    {
        "cells": [
            {"cell_type": "markdown", "source": "# Title\n<script>steal()</script> *text* $x_1$"},
            {
                "cell_type": "code",
                "source": "print('</pre><script>x()</script>')",
                "outputs": [
                    {"output_type": "stream", "name": "stdout", "text": "<script>x()</script>"},
                    {"output_type": "display_data", "data": {"image/png": "AAAA", "text/plain": "<Figure>"}},
                    {"output_type": "execute_result", "data": {"text/html": "<b onclick='x()'>5</b>"}},
                    {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []},
                ],
            },
        ]
    }
).encode()


def page(grade: Grade = GRADE, result: Result | None = RESULT, notebook: bytes = NOTEBOOK) -> str:
    return feedback_html(COURSE, TOPIC, grade, result, notebook)


def text_of(markup: str) -> str:
    (main,) = lxml_html.fromstring(markup).xpath("//main")
    return " ".join(" ".join(main.itertext()).split())


def test_every_number_and_message_is_there() -> None:
    said = text_of(page())
    assert "Convolutions: feedback for ada 4.4 of 7 points Some of your code ran longer" in said
    assert (
        "Due 2026-12-18 12:00 UTC. Handed in 2026-12-20 13:00 UTC. "
        "3 days late: 3 × 10 % of 7 points = 2.1 points." in said
    )
    assert (
        "q1 1 of 4 q2 3 of 3 extra credit; its check cell is missing; tested at its end essay 2.5 of 3"
        in said
    )
    assert "earned 6.5 of 7 late −2.1 see above total 4.4 of 7" in said
    assert (
        "test_shape: passed 1 of 1 test_loss: not passed 0 of 1 The loss must fall. expected at most" in said
    )
    assert "hidden case 1: your code raised an error 0 of 2 It fails on other sizes." in said
    assert "All 1 cases passed." in said
    assert "Comment: Well <i>said</i>." in said


def test_nothing_hidden_and_nothing_for_staff_is_there() -> None:
    for text in (page(), feedback_markdown(COURSE, TOPIC, GRADE, RESULT)):
        assert "secret" not in text
        assert "STAFF" not in text
        assert "hidden line" not in text
        assert "hidden case 1" in text


def test_the_page_is_self_contained_and_runs_nothing() -> None:
    markup = page()
    tree = lxml_html.fromstring(markup)
    assert not tree.xpath("//script | //iframe | //object | //link | //form")
    assert not [name for node in tree.iter() for name in node.attrib if name.startswith("on")]
    assert all(source.startswith("data:image/") for source in tree.xpath("//@src"))
    assert all(link.startswith("#") for link in tree.xpath("//@href"))
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert "default-src 'none'" in policy
    assert "\x1b" not in markup


def test_it_can_be_read_without_eyes_and_without_a_mouse() -> None:
    tree = lxml_html.fromstring(page())
    assert tree.xpath("/html/@lang") == ["en"]
    assert len(tree.xpath("//main//h1[not(ancestor::section)]")) == 1
    assert all(tree.xpath(f"//*[@id='{link[1:]}']") for link in tree.xpath("//@href"))
    assert all(image.get("alt") for image in tree.xpath("//img"))
    assert all(cell.get("scope") for cell in tree.xpath("//th"))
    assert all(region.get("aria-label") for region in tree.xpath("//*[@tabindex]"))
    assert tree.xpath("//meta[@name='viewport']")
    assert "prefers-color-scheme: dark" in page()


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (Lateness(due=DUE.isoformat()), "On time."),
        (Lateness(due=DUE.isoformat(), seconds=61), "2 minutes late, within 15 minutes of grace."),
        (Lateness(due=DUE.isoformat(), seconds=90_000, days=1, penalty=0.7), "1 day late: 1 × 10 % of 7 points = 0.7 points."),
        (
            Lateness(due=DUE.isoformat(), seconds=9e5, days=11, penalty=2.1),
            "11 days late: 11 × 10 %, at most 30 %, of 7 points = 2.1 points.",
        ),
        (Lateness(due=DUE.isoformat(), extended=True), "(extended for you)"),
    ],
)  # fmt: skip
def test_lateness_is_reckoned_before_their_eyes(late: Lateness, said: str) -> None:
    assert said in text_of(page(replace(GRADE, late=late)))


def test_what_has_no_grade_says_why() -> None:
    nothing = Grade(topic="cnn", student="ada", verdict=None, possible=7)
    assert "Nothing was handed in." in text_of(page(nothing, None, b""))
    rejected = replace(nothing, verdict=Verdict.REJECTED, reason="the file is empty. Save it \x1b[2J")
    said = text_of(page(rejected, replace(RESULT, verdict=Verdict.REJECTED, questions=()), b""))
    assert "Your file could not be graded. The file is empty. Save it" in said
    assert "of 7 points" not in said
    waiting = replace(GRADE, needs_manual=True)
    assert "4.4 of 7 points so far Written answers are still to be read by a person." in text_of(
        page(waiting)
    )


def test_markdown_says_the_same() -> None:
    said = feedback_markdown(COURSE, TOPIC, GRADE, RESULT)
    assert said.startswith("# Convolutions: feedback for ada\n\n**4.4 of 7 points**\n")
    assert "- 3 days late: 3 × 10 % of 7 points = 2.1 points.\n" in said
    assert "## q1: 1 of 4\n" in said
    assert "- test_loss: not passed (0 of 1)\n  The loss must fall.\n  expected at most 0.5" in said
    assert "\n\n\n" not in said


@given(st.text(), st.text(), st.text())
def test_no_text_of_a_student_breaks_the_page(message: str, comment: str, source: str) -> None:
    case = replace(CASES[1], message=message, name=message)
    result = replace(
        RESULT, questions=(QuestionResult(id="q1", points=0, possible=4, seed=1, cases=(case,)),)
    )
    grade = replace(GRADE, questions=(QuestionGrade(id="q1", points=0, possible=4, comment=comment),))
    cells = [{"cell_type": kind, "source": source} for kind in ("markdown", "code", "raw")]
    markup = page(grade, result, json.dumps({"cells": cells}).encode())
    assert not re.search(
        r"<script|<iframe|\son\w+=", re.sub(r"<pre.*?</pre>|<h3>.*?</h3>|<p>.*?</p>", "", markup, flags=re.S)
    )
    assert len(lxml_html.fromstring(markup).xpath("//main")) == 1


@pytest.mark.parametrize(
    ("points", "text"), [(0, "0"), (4.0, "4"), (2.5, "2.5"), (1 / 3, "0.33"), (20, "20")]
)
def test_points_are_written_without_needless_digits(points: float, text: str) -> None:
    assert number(points) == text
