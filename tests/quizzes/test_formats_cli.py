"""Quizzes into other programs' files and out of them, with the commands themselves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from quizzes.bank import read_bank

COURSE = "schema: 1\ncourse: {id: c, title: C}\ntopics:\n- {id: a, title: A, points: {auto: 1}}\n"
QUIZ = """\
schema: 1
quiz: {id: small, title: A small quiz}
questions:
  - id: sum
    type: numeric
    stem: 'What is <<a>> + 1?'
    params: {a: {int: [1, 9]}}
    answer: {expr: a + 1}
    traps: [{expr: a, feedback: One more.}]
  - id: seen
    type: true_false
    difficulty: 5
    stem: 'This is a cat: ![a cat](small_media/cat.png)'
    answer: true
"""
GIFT = """\
::one::Which trains?{=a network ~[html]<img src\\="javascript\\:alert(1)" alt\\="a stone">}

Write about \x1b[31mred.{}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "assignments").mkdir()
    (tmp_path / "assignments/course.yaml").write_text(COURSE)
    banks = tmp_path / "quizzes/banks"
    (banks / "small_media").mkdir(parents=True)
    (banks / "small.yaml").write_text(QUIZ)
    (banks / "small_media/cat.png").write_bytes(b"PNG")
    (tmp_path / "moodle.gift").write_text(GIFT)
    return tmp_path


def quiz(root: Path, *arguments: str, code: int = 0) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "graders.cli", "quiz", *arguments],
        cwd=root, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, check=False,
    )  # fmt: skip
    assert run.returncode == code, run.stderr + run.stdout
    return run.stdout if code == 0 else run.stderr


def test_an_import_becomes_a_bank_that_can_be_taken(root: Path) -> None:
    said = quiz(root, "import", "moodle.gift")
    assert said.splitlines() == [
        "left out (line 3): an essay has no answer to be judged by (write-about-31mred)",
        "quizzes/banks/moodle.yaml: 1 question",
    ]
    bank = read_bank(root / "quizzes/banks/moodle.yaml")
    assert bank.quiz.id == "moodle"
    assert "stone" in bank.questions["one"].model_dump_json()
    assert "javascript" not in bank.questions["one"].model_dump_json()


def test_nothing_is_replaced_unasked(root: Path) -> None:
    quiz(root, "import", "moodle.gift")
    path = root / "quizzes/banks/moodle.yaml"
    path.write_text("mine")
    assert "is there already; --force replaces it" in quiz(root, "import", "moodle.gift", code=2)
    assert path.read_text() == "mine"
    quiz(root, "import", "moodle.gift", "--force")
    assert read_bank(path).quiz.id == "moodle"
    quiz(root, "export", "small", "--format", "gift")
    assert "is there already" in quiz(root, "export", "small", "--format", "gift", code=2)
    quiz(root, "export", "small", "--format", "gift", "--force")


def test_an_import_without_a_course_needs_a_place(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / "moodle.gift").rename(elsewhere / "moodle.gift")
    (root / "assignments/course.yaml").unlink()
    assert "--output NAME.yaml" in quiz(elsewhere, "import", "moodle.gift", code=2)
    assert "a quiz is a file NAME.yaml" in quiz(
        elsewhere, "import", "moodle.gift", "--output", "x.txt", code=2
    )
    quiz(elsewhere, "import", "moodle.gift", "--output", "mine.yaml")
    assert read_bank(elsewhere / "mine.yaml").quiz.id == "mine"


def test_faults_are_one_line_with_file_and_line(root: Path) -> None:
    (root / "bad.gift").write_text("\nWhy?{~a ~b}")
    said = quiz(root, "import", "bad.gift", code=2)
    assert said.startswith("bad.gift: line 2: no right choice")
    assert "no such" in quiz(root, "import", "none.gift", code=2).lower()
    assert "is written, not read" in quiz(root, "import", "bad.gift", "--format", "anki", code=2)
    assert "no format 'word'" in quiz(root, "import", "bad.gift", "--format", "word", code=2)
    (root / "letter.txt").write_text("Dear all,")
    assert "say --format" in quiz(root, "import", "letter.txt", code=2)
    assert sorted(path.name for path in (root / "quizzes/banks").iterdir()) == ["small.yaml", "small_media"]


def test_an_export_says_what_is_lost_and_is_the_same_for_the_same_seed(root: Path) -> None:
    said = json.loads(quiz(root, "export", "small", "--format", "gift", "--json"))
    assert (said["file"], said["questions"]) == ("small.gift", 2)
    assert {"question": "seen", "what": "its difficulty is not carried"} in said["losses"]
    assert {"question": "seen", "what": "the image small_media/cat.png is not carried"} in said["losses"]
    first = (root / "small.gift").read_bytes()
    quiz(root, "export", "small", "--format", "gift", "--output", "again.gift")
    assert (root / "again.gift").read_bytes() == first
    quiz(
        root, "export", "small", "--format", "gift", "--output", "more.gift", "--variants", "3", "--seed", "7"
    )
    more = (root / "more.gift").read_text()
    assert [more.count(f"::sum-{number}::") for number in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert "ask for 1 to" in quiz(
        root, "export", "small", "--format", "gift", "--variants", "0", "--force", code=2
    )


def test_there_and_back(root: Path) -> None:
    for name in ("csv", "text2qti", "gift"):
        made = json.loads(quiz(root, "export", "small", "--format", name, "--json"))["file"]
        quiz(root, "import", made, "--format", name, "--output", f"{name}.yaml")
        back = read_bank(root / f"{name}.yaml")
        assert back.own == ("sum", "seen")


def test_images_come_along_with_safe_names(root: Path) -> None:
    from quizzes.formats.media import gathered, placed

    bank = read_bank(root / "quizzes/banks/small.yaml")
    from quizzes.schema import QuizFile

    file = bank.document.into(QuizFile)
    media, losses = gathered(file, root / "quizzes/banks")
    assert (media, losses) == ({"small_media/cat.png": b"PNG"}, ())
    moved, files = placed(
        file, {"small_media/cat.png": b"PNG", "../../cat.png": b"2", "con": b"3"}, "new_media"
    )
    assert "](new_media/cat.png)" in moved.questions[1].stem
    assert sorted(files) == ["new_media/cat-2.png", "new_media/cat.png", "new_media/con-2"]
    (root / "secret.png").write_bytes(b"secret")
    outside = QUIZ.replace("small_media/cat.png", "../../secret.png")
    (root / "quizzes/banks/small.yaml").write_text(outside)
    file = read_bank(root / "quizzes/banks/small.yaml").document.into(QuizFile)
    media, losses = gathered(file, root / "quizzes/banks")
    assert (media, [loss.what for loss in losses]) == ({}, ["the image ../../secret.png is not there"])
