"""What an instructor sees; every statistic was worked out by hand."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import msgspec
import psutil
import pytest
from lxml import html as lxml_html

from graders.course import Course, Topic
from graders.records import (
    CaseResult,
    CaseVerdict,
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
from graders.report import compared, histogram, report_html
from graders.store import ResultStore
from graders.summary import summarise

TOPIC = Topic(root=Path("c"), id="cnn", title="Convolutions", auto_points=9, manual_points=3, limits=Limits())
COURSE = Course(
    root=Path("c"), id="deep", title="Deep", timezone=UTC, gradebook="", limits=Limits(), topics=(TOPIC,)
)  # fmt: skip


def grade(student: str, *points: float | None, **more: object) -> Grade:
    kinds = (Counting.COUNTED, Counting.COUNTED, Counting.DROPPED)
    questions = tuple(
        QuestionGrade(id=f"q{n}", points=p, possible=4, counting=kinds[n - 1])
        for n, p in enumerate(points, 1)
    )
    total = sum(q.points or 0.0 for q in questions if q.counting is not Counting.DROPPED)
    return replace(
        Grade(
            topic="cnn", student=student, verdict=Verdict.GRADED, questions=questions, earned=total, possible=8, total=total
        ),
        **more,
    )  # fmt: skip


def result(student: str, seconds: float, *failed: tuple[str, str]) -> Result:
    cases = tuple(
        CaseResult(name=name, verdict=CaseVerdict.FAILED, points=0, possible=1, hidden=name.startswith("h"), message=message)
        for name, message in failed
    )  # fmt: skip
    passed = CaseResult(name="fine", verdict=CaseVerdict.PASSED, points=1, possible=1, hidden=False)
    return Result(
        topic="cnn", student=student, file="", sha256="", key="", engine="", tests_sha256="", isolation=Tier.FULL,
        limits=Limits(), seed=1, verdict=Verdict.GRADED, seconds=seconds,
        questions=(QuestionResult(id="q1", points=0, possible=4, seed=1, cases=(passed, *cases)),),
    )  # fmt: skip


GRADES = [
    grade("ada", 4.0, 4.0, 0.0),
    grade("bob", 2.0, 0.0, 4.0, late=Lateness(days=2, penalty=1), total=1.0),
    grade("cyd", 3.0, None, 4.0, needs_manual=True),
    grade("dan", 3.0, 2.0, 4.0),
    Grade(
        topic="cnn", student="eve", verdict=Verdict.REJECTED, reason="the file is\n\x1b[2J empty", possible=8
    ),
    Grade(topic="cnn", student="fay", verdict=None, possible=8),
]
RESULTS = {
    "ada": result("ada", 2.0),
    "bob": result("bob", 9.0, ("shape", "It has 3 axes."), ("hidden one", "Not for all.")),
    "cyd": result("cyd", 3.0, ("shape", "It has 3 axes.")),
    "dan": result("dan", 4.0, ("shape", "It has <b>2</b> axes.")),
}
REPORT = summarise(TOPIC, GRADES, RESULTS)


def test_scores_of_those_who_have_one() -> None:
    assert (REPORT.students, REPORT.graded, REPORT.possible) == (6, 4, 8)
    assert REPORT.scores == (1, 3, 5, 8)
    assert (REPORT.mean, REPORT.median) == (4.25, 4)
    assert REPORT.deviation == pytest.approx(2.986079, abs=1e-6)  # √(26.75 / 3)
    assert (REPORT.needs_manual, REPORT.late, REPORT.missing) == (("cyd",), ("bob",), ("fay",))


def test_facility_and_discrimination_of_each_question() -> None:
    first, second, dropped = REPORT.items
    assert (first.answers, first.mean, first.facility) == (4, 3, 0.75)
    # q1 is 4, 2, 3, 3 beside 4, 0, 0, 2 of q2 alone: covariance 4/3, variances 2/3 and 11/3.
    assert first.discrimination == pytest.approx((4 / 3) / ((2 / 3) * (11 / 3)) ** 0.5)
    assert (second.answers, second.mean, second.facility) == (3, 2, 0.5)
    assert second.discrimination == pytest.approx(1)  # 4, 0, 2 beside 4, 2, 3
    assert (dropped.counting, dropped.mean) == (Counting.DROPPED, 3)


def test_what_cannot_be_told_is_not_told() -> None:
    alone = summarise(TOPIC, GRADES[:1], {})
    assert (alone.deviation, alone.items[0].discrimination, alone.median_seconds) == (None, None, None)
    same = summarise(TOPIC, [grade(name, 4.0, 1.0, 0.0) for name in "abc"], {})
    assert [item.discrimination for item in same.items] == [None, None, None]
    nobody = summarise(TOPIC, GRADES[4:], {})
    assert (nobody.mean, nobody.items, nobody.graded) == (None, (), 0)
    assert "0 of 2 students have a grade" in report_html(COURSE, TOPIC, nobody)


def test_the_commonest_failures_with_who() -> None:
    assert [(f.question, f.case, f.hidden, f.message, f.students) for f in REPORT.failures] == [
        ("q1", "shape", False, "It has 3 axes.", ("bob", "cyd")),
        ("q1", "hidden one", True, "Not for all.", ("bob",)),
        ("q1", "shape", False, "It has <b>2</b> axes.", ("dan",)),
    ]


def test_verdicts_reasons_and_stragglers() -> None:
    assert REPORT.verdicts == {"graded": ("ada", "bob", "cyd", "dan"), "rejected": ("eve",)}
    assert REPORT.reasons == {"eve": "the file is empty"}
    assert [(slow.student, slow.seconds) for slow in REPORT.stragglers] == [
        ("bob", 9), ("dan", 4), ("cyd", 3), ("ada", 2),
    ]  # fmt: skip
    assert REPORT.median_seconds == 3.5


def test_bins_hold_every_score_once() -> None:
    assert [count for _, _, count in histogram([0, 0.8, 7.99, 8, 9.5], 8)] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 3]
    assert histogram([0.3], 1)[3] == (pytest.approx(0.3), pytest.approx(0.4), 1)
    assert histogram([], 0) == []


def test_the_page_is_self_contained_and_runs_nothing() -> None:
    markup = report_html(COURSE, TOPIC, REPORT)
    tree = lxml_html.fromstring(markup)
    assert len(tree.xpath("//svg")) == 2
    assert not tree.xpath("//script | //iframe | //link | //img")
    assert not re.search(
        r"https?://(?!www\.w3\.org|purl\.org|creativecommons\.org)",
        markup.replace("https://matplotlib.org/", ""),
    )
    assert "It has &lt;b&gt;2&lt;/b&gt; axes." in markup
    assert "\x1b" not in markup
    assert "q1, shape: failed, 2 of 4" in " ".join(tree.text_content().split())
    assert markup == report_html(COURSE, TOPIC, REPORT)


def test_the_values_are_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(REPORT))["items"][0]["facility"] == 0.75


STORE = ResultStore(Path(), "toy")


class _Ends:
    """Ends the process it is sent to, as a parser might that is given the wrong text."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (11,)


def test_a_comparison_that_ends_its_process_costs_the_report_only_that() -> None:
    assert compared(STORE, [_Ends()], Path("toy.ipynb")) is None  # type: ignore[list-item]


KILLED = """
import sys
from pathlib import Path
from graders.report import compared
from graders.store import ResultStore

SLOW = '''
def wait():
    import os, time
    with open(PLACE, "w") as told:
        told.write(str(os.getpid()))
    time.sleep(600)
'''

class Slow:
    def __reduce__(self):
        return exec, (SLOW.replace("PLACE", repr(sys.argv[1])) + "wait()", {})

compared(ResultStore(Path(), "toy"), [Slow()], Path("toy.ipynb"))
"""


def test_a_comparison_ends_with_the_report_that_is_killed(tmp_path: Path) -> None:
    fifo = tmp_path / "pid"
    os.mkfifo(fifo)
    with subprocess.Popen([sys.executable, "-c", KILLED, fifo]) as report:
        worker = psutil.Process(int(fifo.read_text()))
        report.kill()
    worker.wait(20)
