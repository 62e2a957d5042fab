"""A quiz by lines, through pipes, with the command itself."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

QUIZ = """\
schema: 1
quiz: {id: small, title: A small quiz, mode: MODE, shuffle: {choices: false}}
questions:
  - id: one
    type: single
    stem: 'What is $\\frac{1}{2} + \\frac{1}{2}$ in `[bold]int[/bold]`?'
    hint: Count.
    explain: Two halves.
    source: Arithmetic
    choices: [{id: a, text: '$1$', correct: true}, {id: b, text: '$\\mu_2$', feedback: That is a mean.}]
  - id: many
    type: multi
    points: 2
    stem: Which are even?
    explain: They are multiples of two.
    choices: [{id: two, text: '2', correct: true}, {id: three, text: '3'}, {id: four, text: '4', correct: true}]
  - id: pairs
    type: matching
    stem: Match.
    explain: By sound.
    pairs: [{id: x, left: X, right: ex}, {id: y, left: Y, right: why}]
    extra: [zed]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "assignments").mkdir()
    (tmp_path / "assignments/course.yaml").write_text(
        "schema: 1\ncourse: {id: c, title: C}\ntopics:\n- {id: a, title: A, points: {auto: 1}}\n"
    )
    (tmp_path / "quizzes/banks").mkdir(parents=True)
    (tmp_path / "quizzes/banks/small.yaml").write_text(QUIZ.replace("MODE", "deferred"))
    return tmp_path


def quiz(root: Path, *arguments: str, lines: str = "", code: int = 0) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "graders.cli", "quiz", *arguments],
        cwd=root, input=lines, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, check=False,
    )  # fmt: skip
    assert run.returncode == code, run.stderr + run.stdout
    return re.sub(r"^> ", "", run.stdout, flags=re.MULTILINE) if code == 0 else run.stderr


def pairs(said: str) -> str:
    """The right answer to the question of pairs, whose letters are shuffled."""
    letters = {text: letter for letter, text in re.findall(r"^  ([a-c])\) (.+)$", said, re.MULTILINE)}
    return f"1{letters['ex']} 2={letters['why']}"


def test_a_whole_quiz_by_lines(root: Path) -> None:
    said = quiz(root, "take", "small", "--seed", "1", lines=":hint\n1\n1,3\n")
    assert "What is 1/2 + 1/2 in `[bold]int[/bold]`?" in said
    assert ("  1) 1\n  2) μ₂" in said, "Count." in said) == (True, True)
    assert "Kept. Go on with: sorcery quiz take small" in said
    said = quiz(root, "take", "small", lines=f":list\n{pairs(said)}\nyes\n")
    assert "Going on with A small quiz." in said
    assert "1. What is 1/2 + 1/2" in said
    assert "Hand in? (yes or no) 4 of 4 points." in said
    said = quiz(root, "review", "small")
    assert "A small quiz: 4 of 4 points\n3 of 3 right, 3 answered" in said
    assert "Your answer: 2; 4\nRight.\n  They are multiples of two." in said
    (row,) = json.loads(quiz(root, "list", "--json"))
    assert (row["quiz"], row["attempts"], row["points"], row["possible"]) == ("small", 1, 4, 4)


def test_what_does_not_fit_is_said_and_asked_again(root: Path) -> None:
    said = quiz(
        root, "take", "small", lines="3\n1 2\nx\n:go 9\n:nonsense\n:go 3\n1\n1z\n:submit\nno\n:quit\n"
    )
    for line in (
        "'3' is no number from 1 to 2.", "one number is asked for.", "'x' is no number from 1 to 2.",
        "no question 9: there are 3.", ":submit", "'1' is no pair", "no letter 'z'.",
        "Not answered: 1, 2, 3", "Not handed in.",
    ):  # fmt: skip
        assert line in said, line


def test_practice_says_at_once_what_was_wrong_and_why(root: Path) -> None:
    (root / "quizzes/banks/small.yaml").write_text(QUIZ.replace("MODE", "practice"))
    said = quiz(root, "take", "small", lines="2\n:back\n1\n:go 2\n1\n")
    assert "Not right.\n  μ₂: That is a mean.\n  Right: 1\n  Two halves.\n  Source: Arithmetic" in said
    assert "This question is answered." in said
    assert "Partly right: 50%." in said


def test_an_answer_can_be_taken_back_and_a_question_flagged(root: Path) -> None:
    said = quiz(root, "take", "small", lines="1\n:back\n:clear\n:flag\n:list\n")
    assert "Question 1 of 3 (1 point, flagged)" in said
    assert re.search(r"^1\. .*\(not answered, flagged\)$", said, re.MULTILINE)


def test_a_quiz_that_is_not_there_is_told(root: Path) -> None:
    assert "no quiz 'smal'; did you mean 'small'?" in quiz(root, "take", "smal", code=2)
    assert "no attempt at 'small' was handed in" in quiz(root, "review", "small", code=2)


def test_lint_tells_every_fault_with_its_place(root: Path) -> None:
    assert quiz(root, "lint") == ""
    bad = root / "quizzes/banks/bad.yaml"
    bad.write_text(QUIZ.replace("MODE", "deferred").replace("correct: true}, {id: b", "}, {id: b").replace("explain: By sound.", ""))  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-m", "graders.cli", "quiz", "lint", "--json"], cwd=root, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert run.returncode == 1
    assert [(Path(p["file"]).name, p["line"], p["column"]) for p in json.loads(run.stdout)] == [("bad.yaml", 10, 14)]  # fmt: skip


def test_the_schema_is_json_schema(root: Path) -> None:
    schema = json.loads(quiz(root, "schema"))
    assert {"schema", "quiz", "sections", "questions", "banks"} == set(schema["properties"])
