"""`sorcery quiz analyse` and `sorcery quiz concepts`, on a course made for it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html as lxml_html

from graders.records import Grade, Limits, ManualResult, QuestionGrade, QuestionResult, Result, Tier, Verdict
from graders.store import ResultStore
from graders.untrusted import CONTENT_SECURITY_POLICY
from quizzes.analysis.concepts import Notebook, QuizResults, concept_view
from quizzes.analysis.page import concepts_html
from quizzes.results import write_scored
from tests.quizzes.simulated import attempt, choice_bank, response, takers

ROOT = Path(__file__).parents[2]
COURSE = """\
schema: 1
course: {id: c, title: C}
topics:
- id: cnn
  title: Networks
  points: {auto: 20, manual: 4}
  concepts: {q1: [convolution], q3: [pooling], q8: [convolution, reading]}
"""
HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m"


def sorcery(root: Path, *arguments: str, code: int = 0) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "graders.cli", "quiz", *arguments],
        cwd=root, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1", "COLUMNS": "80"},
    )  # fmt: skip
    assert run.returncode == code, run.stderr + run.stdout
    return run.stdout if code == 0 else run.stderr


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("course")
    (root / "assignments/cnn").mkdir(parents=True)
    (root / "assignments/course.yaml").write_text(COURSE)
    (root / "quizzes/banks").mkdir(parents=True)
    choice_bank(root / "quizzes/banks")
    for one in takers(1, 260):
        write_scored(root / ".sorcery", "simulated", one.student, (one,))
    return root


def test_the_terminal_gets_a_table_of_80_columns_and_the_flags_as_sentences(root: Path) -> None:
    said = sorcery(root, "analyse", "simulated")
    table = said.split("\nα: ")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert said.startswith("Simulated: 260 takers, the first attempt of each\n")
    assert "question" in said
    assert "key" in next(line for line in said.splitlines() if line.strip().startswith("q3 "))
    assert "q3: the key is probably wrong: what counts as right has r = " in said
    assert said.endswith(".sorcery/quizzes/simulated/analysis.html\n")
    assert (root / ".sorcery/quizzes/simulated/analysis.html").is_file()


def test_json_holds_everything_and_no_page_is_written(root: Path, tmp_path: Path) -> None:
    found = json.loads(sorcery(root, "analyse", "simulated", "--json", "--html", str(tmp_path / "none.html")))
    assert not (tmp_path / "none.html").exists()
    assert (found["takers"], found["attempt"], len(found["items"])) == (260, "first", 20)
    item = found["items"][3]
    assert [flag["sign"] for flag in item["flags"]] == ["key"]
    assert {option["id"] for option in item["options"]} == {"a", "b", "c", "d"}
    assert item["facility"]["low"] < item["facility"]["value"] < item["facility"]["high"]
    assert item["curve"]["a"] < 0
    assert sum(group["takers"] for group in item["groups"]) == 260


def test_the_page_is_one_file_without_script_or_network(root: Path, tmp_path: Path) -> None:
    page = tmp_path / "deep/page.html"
    assert sorcery(root, "analyse", "simulated", "--html", str(page)).endswith(f"{page}\n")
    tree = lxml_html.fromstring(page.read_bytes())
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == [CONTENT_SECURITY_POLICY]
    assert not tree.xpath("//script | //link | //iframe | //img | //*[starts-with(name(@*), 'on')]")
    assert all(href.startswith("#") for href in tree.xpath("//@href"))
    assert len(tree.xpath("//svg[@role='img'][@aria-label]")) == 2 * 20
    assert tree.xpath("//p[@class='flag']/a[@href='#q3']")


def test_what_is_missing_or_mistyped_is_told_in_a_line(root: Path, tmp_path: Path) -> None:
    assert "no attempt 'middle'; write one of first, last, best" in sorcery(
        root, "analyse", "simulated", "--attempt", "middle", code=2
    )
    assert "no quiz 'simulate'; did you mean" in sorcery(root, "analyse", "simulate", code=2)
    (root / "quizzes/banks/empty.yaml").write_text(
        (root / "quizzes/banks/simulated.yaml").read_text().replace("id: simulated", "id: empty")
    )
    try:
        error = sorcery(root, "analyse", "empty", code=2)
        assert error == "no attempt at empty was scored yet; see: sorcery quiz score --help\n"
        folder = root / ".sorcery/quizzes/empty/scored"
        folder.mkdir(parents=True)
        (folder / "x.json").write_bytes(b"\xff\xfe[")
        assert "x.json cannot be read" in sorcery(root, "analyse", "empty", code=2)
    finally:
        (root / "quizzes/banks/empty.yaml").unlink()


def test_hostile_texts_are_shown_as_text(tmp_path: Path) -> None:
    (tmp_path / "assignments").mkdir()
    (tmp_path / "assignments/course.yaml").write_text(COURSE)
    (tmp_path / "quizzes/banks").mkdir(parents=True)
    (tmp_path / "quizzes/banks/bad.yaml").write_text(
        "schema: 1\nquiz: {id: bad, title: '<script>alert(1)</script>'}\nquestions:\n"
        "  - {id: word, type: short, stem: '</p><script>alert(2)</script>', tags: [convolution], answer: {accept: [x]}}\n"
        "  - id: pick\n    type: single\n    stem: '[red]pick[/red]'\n    choices:\n"
        "      - {id: a, text: '<svg onload=alert(3)>', correct: true}\n      - {id: b, text: '\"><script>b</script>'}\n"
    )
    for at in range(40):
        who = f"{HOSTILE}{at}"
        right = float(at % 2)
        responses = (
            response("word", HOSTILE if at % 3 else "x", float(not at % 3), kind="short"),
            response("pick", "a" if right else "b", right),
        )
        write_scored(tmp_path / ".sorcery", "bad", f"s{at}", (attempt(who, *responses, quiz="bad"),))
    said = sorcery(tmp_path, "analyse", "bad")
    assert "\x1b" not in said
    page = (tmp_path / ".sorcery/quizzes/bad/analysis.html").read_bytes()
    tree = lxml_html.fromstring(page)
    assert not tree.xpath("//script | //img | //svg[@onload] | //*[@onerror]")
    assert b"\x1b" not in page
    assert "<svg onload=alert(3)>" in tree.text_content()


def test_hostile_names_are_shown_as_text() -> None:
    tried = [attempt(HOSTILE, response("a", "true", 1.0, kind="true_false"))]
    question = QuestionGrade(id="q1", points=1.0, possible=1.0)
    done = Grade(topic="t", student=HOSTILE, verdict=Verdict.GRADED, questions=(question,))
    tag = "<b>x</b>"
    view = concept_view([QuizResults("quiz", {"a": (tag,)}, tried)], [Notebook("t", {"q1": (tag,)}, [done])])
    page = concepts_html(view)
    assert "\x1b" not in page
    tree = lxml_html.fromstring(page)
    assert not tree.xpath("//img | //b | //*[@onerror]")
    assert "<img src=x onerror=alert(1)>" in tree.xpath("//table[@class='four']")[0].text_content()


@pytest.fixture(scope="module")
def graded(root: Path) -> Path:
    """Ten students: of the notebook's question on convolution and the written one too, the first five
    get all, the others nothing; on pooling nobody is graded."""
    (root / "quizzes/banks/talk.yaml").write_text(
        "schema: 1\nquiz: {id: talk, title: Talk}\nquestions:\n"
        "  - {id: a, type: true_false, stem: A?, answer: true, tags: [convolution]}\n"
        "  - {id: b, type: true_false, stem: B?, answer: true, tags: [convolution, speech]}\n"
        "  - {id: c, type: true_false, stem: C?, answer: true, tags: [pooling]}\n"
    )
    shutil.copy(ROOT / "assignments/cnn/cnn.ipynb", root / "assignments/cnn")
    store = ResultStore(root / ".sorcery", "cnn")
    for at in range(10):
        shares = (float(at < 6), float(at != 5), 1.0)
        said = [
            response(name, "true", share, kind="true_false")
            for name, share in zip("abc", shares, strict=True)
        ]
        write_scored(root / ".sorcery", "talk", f"st{at}", (attempt(f"st{at}", *said, quiz="talk"),))
        questions = tuple(
            QuestionResult(id=name, points=points if at < 5 else 0.0, possible=points, seed=1, cases=())
            for name, points in (("q1", 3.0), ("q3", 2.0))
        )
        store.write(
            Result(
                topic="cnn", student=f"st{at}", file="", sha256="", key="", engine="", tests_sha256="", isolation=Tier.FULL,
                limits=Limits(), seed=1, verdict=Verdict.GRADED, questions=questions,
                manual=(ManualResult(id="q8", possible=4.0, answered=True),),
            )
        )  # fmt: skip
    return root


def test_who_can_say_and_who_can_do_a_concept(graded: Path) -> None:
    found = json.loads(sorcery(graded, "concepts", "--json"))
    convolution, pooling = found["concepts"]
    assert (convolution["name"], pooling["name"]) == ("convolution", "pooling")
    assert convolution["questions"] == ["talk/a", "talk/b"]
    assert convolution["tasks"] == ["cnn/q1", "cnn/q8"]
    # Said by 0–4 (1, 1), half by 5 and 6–9; done by 0–4; the written answer has no points yet.
    cells = [convolution[name] for name in ("both", "only_say", "only_do", "neither", "together")]
    assert cells == [5, 0, 0, 5, 10]
    assert convolution["r"]["value"] == pytest.approx(1)
    assert [one["say"] for one in convolution["students"]] == [1] * 5 + [0.5] * 5
    assert [pooling[name] for name in ("both", "only_say", "only_do", "neither")] == [5, 5, 0, 0]
    assert (pooling["r"]["value"], pooling["r"]["reason"]) == (None, "all had the same share")
    assert found["only_quiz"] == ["speech"]
    assert found["only_notebook"] == ["reading"]


def test_the_view_of_concepts_on_the_terminal_and_as_a_page(graded: Path) -> None:
    said = sorcery(graded, "concepts")
    assert max(map(len, said.splitlines())) <= 80
    assert "can: a share of 0.7 or more" in said
    tree = lxml_html.fromstring((graded / ".sorcery/quizzes/concepts.html").read_bytes())
    (cells,) = [
        [td.text_content() for td in table.xpath(".//td")] for table in tree.xpath("//table[@class='four']")
    ][:1]
    assert cells[1:] == ["5st0, st1, st2, st3, st4", "0", "0", "5st5, st6, st7, st8, st9"]


def test_a_concept_of_a_question_that_is_not_there_is_told_by_its_line(graded: Path) -> None:
    file = graded / "assignments/course.yaml"
    file.write_text(COURSE.replace("q3: [pooling]", "q33: [pooling]"))
    try:
        error = sorcery(graded, "concepts", code=2)
        assert error.startswith(
            f"{file}:7: cnn has no question 'q33' to be about a concept; its questions are q1, "
        )
    finally:
        file.write_text(COURSE)
