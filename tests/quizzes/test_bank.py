"""A quiz file is read strictly: each planted fault is told by its place, all of them at once."""

from pathlib import Path

import pytest

from graders.errors import AuthorError, UsageError
from quizzes.bank import read_bank
from quizzes.lint import lint

HEAD = "schema: 1\nquiz: {id: bad, title: Bad}\n"


def write(folder: Path, text: str, name: str = "bad") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text if text.startswith("schema") else HEAD + text)
    return path


def told(path: Path) -> list[tuple[int, str]]:
    """What reading or linting says of a file, with lines; lines of HEAD count."""
    try:
        bank = read_bank(path)
    except AuthorError as error:
        problems = list(error.problems)
    else:
        problems = lint(bank)
    assert all(problem.column for problem in problems)
    return [(problem.line, problem.message) for problem in problems]


FAULTS = {
    "single: two right": (
        "questions:\n- {id: a, type: single, stem: s, choices: [{id: x, text: X, correct: true}, {id: y, text: Y, correct: true}]}\n",
        (4, "single, but 2 right choices (x, y)"),
    ),
    "single: none right": (
        "questions:\n- {id: a, type: single, stem: s, choices: [{id: x, text: X}, {id: y, text: Y}]}\n",
        (4, "single, but no right choice"),
    ),
    "the right one is worth less": (
        "questions:\n- {id: a, type: single, stem: s, choices: [{id: x, text: X, correct: true, worth: 0.5}, {id: y, text: Y}]}\n",
        (4, "the right choice is worth 1"),
    ),
    "a worth that does not count": (
        "questions:\n- {id: a, type: multi, stem: s, choices: [{id: x, text: X, correct: true, worth: 1}, {id: y, text: Y}]}\n",
        (4, "a worth, but choices count by 'net'"),
    ),
    "worth too little together": (
        "questions:\n- {id: a, type: multi, scoring: worth, stem: s, choices: [{id: x, text: X, correct: true, worth: 0.5}, {id: y, text: Y}]}\n",
        (4, "the right choices are worth 0.5 together"),
    ),
    "a wrong one that brings points": (
        "questions:\n- {id: a, type: multi, scoring: worth, stem: s, choices: [{id: x, text: X, correct: true, worth: 1}, {id: y, text: Y, worth: 0.1}]}\n",
        (4, "a wrong choice that brings points"),
    ),
    "ids twice": (
        "questions:\n- {id: a, type: true_false, stem: s, answer: true}\n- {id: a, type: true_false, stem: t, answer: true}\n",
        (5, "a second question 'a' (first in line 4)"),
    ),
    "choices twice": (
        "questions:\n- {id: a, type: single, stem: s, choices: [{id: x, text: X, correct: true}, {id: x, text: Y}]}\n",
        (4, "a second 'x'"),
    ),
    "pool too small": (
        "sections:\n- {draw: 3, from: {tags: [t]}}\nquestions:\n- {id: a, tags: [t], type: true_false, stem: s, answer: true}\n",
        (4, "draws 3 of 1 questions"),
    ),
    "a pool counts what is used by name": (
        "sections:\n- {use: [a]}\n- {draw: 1}\nquestions:\n- {id: a, type: true_false, stem: s, answer: true}\n",
        (5, "draws 1 of 0 questions"),
    ),
    "unknown question": (
        "sections:\n- {use: [aa]}\nquestions:\n- {id: aaa, type: true_false, stem: s, answer: true}\n",
        (4, "no question 'aa'"),
    ),
    "unknown parameter": (
        "questions:\n- {id: a, type: numeric, stem: '<<w>>', params: {v: {int: [1, 2]}}, answer: {expr: v}}\n",
        (4, "no parameter 'w'"),
    ),
    "a parameter before its own": (
        "questions:\n- {id: a, type: numeric, stem: s, params: {v: {is: w}, w: {int: [1, 2]}}, answer: {expr: v}}\n",
        (4, "no parameter 'w' above this one"),
    ),
    "no expression": (
        "questions:\n- {id: a, type: numeric, stem: s, answer: {expr: 'import os'}}\n",
        (4, "questions.0.answer.expr: 'import os' is no expression"),
    ),
    "empty interval": (
        "questions:\n- {id: a, type: numeric, stem: s, params: {v: {int: [2, 1]}}, answer: {expr: v}}\n",
        (4, "an interval from 2 to 1 has nothing to choose from"),
    ),
    "pattern": (
        "questions:\n- {id: a, type: short, stem: s, answer: {pattern: '('}}\n",
        (4, "questions.0.answer.pattern: '(' is no regular expression: missing ), unterminated subpattern at position 0"),
    ),
    "accepts nothing": ("questions:\n- {id: a, type: short, stem: s, answer: {}}\n", (4, "accepts nothing")),
    "no bank": ("banks: [nothere]\nsections: [{draw: 1}]\n", (3, "no bank 'nothere' beside this file")),
    "itself": ("banks: [bad]\nsections: [{draw: 1}]\n", (3, "a quiz that uses itself")),
    "no questions": ("questions: []\n", (1, "no questions")),
    "unknown key": (
        "questions:\n- {id: a, type: true_false, stem: s, answer: true, tgas: [x]}\n",
        (4, "unknown key 'tgas'"),
    ),
    "unknown type": ("questions:\n- {id: a, type: essay, stem: s}\n", (4, "questions.0: Input tag 'essay'")),
    # What can be read, and is not well made.
    "out of reach": (
        "questions:\n- {id: a, type: numeric, stem: s, explain: e, answer: {expr: 1/3}}\n",
        (4, "nobody who types 0.333333 hits 0.3333333333333333 within 0"),
    ),
    "a trap that is right": (
        "questions:\n- {id: a, type: numeric, stem: s, explain: e, params: {v: {int: [1, 3]}}, answer: {expr: v**2}, traps: [{expr: 2*v, feedback: f}]}\n",
        (4, "for v=2: the trap 4 is a right answer"),
    ),
    "choices made equal": (
        "questions:\n- {id: a, type: single, stem: s, explain: e, params: {v: {int: [1, 3]}}, choices: [{id: x, text: '<<v**2>>', correct: true}, {id: y, text: '<<2*v>>'}]}\n",
        (4, "for v=2: 2 choices are the same: '4'"),
    ),
    "division by zero": (
        "questions:\n- {id: a, type: numeric, stem: s, explain: e, params: {v: {int: [0, 2]}}, answer: {expr: 1/v, abs_tol: 0.1}}\n",
        (4, "for v=0: '1/v' has no value: division by zero"),
    ),
    "where never holds": (
        "questions:\n- {id: a, type: numeric, stem: s, explain: e, params: {v: {int: [0, 2]}}, where: v > 5, answer: {expr: v}}\n",
        (4, "of 1000 draws none fulfils 'v > 5'"),
    ),
    "broken maths": (
        "questions:\n- {id: a, type: true_false, stem: '$\\frac{a$', explain: e, answer: true}\n",
        (4, "$\\frac{a$ is broken: Unexpected end of stream, was expecting '}' @(1,7)"),
    ),
    "unknown maths": (
        "questions:\n- {id: a, type: true_false, stem: '$\\foo$', explain: e, answer: true}\n",
        (4, "\\foo in $\\foo$ is not known here; write it in another way"),
    ),
    "an end in the middle": (
        "questions:\n- {id: a, type: single, stem: s, explain: e, choices: [{id: x, text: X, correct: true}, {id: y, text: None of the above}]}\n",
        (4, "'None of the above' may come in the middle when choices are shuffled"),
    ),
    "nothing to explain": ("questions:\n- {id: a, type: true_false, stem: s, answer: true}\n", (4, "a has no explanation")),
    "accepted twice": (
        "questions:\n- {id: a, type: short, stem: s, explain: e, answer: {accept: [SGD, sgd]}}\n",
        (4, "this answer is accepted already"),
    ),
    "the last pair": (
        "questions:\n- {id: a, type: matching, stem: s, explain: e, pairs: [{id: x, left: X, right: A}, {id: y, left: Y, right: B}, {id: z, left: Z, right: C}]}\n",
        (4, "the last pair is what is left over"),
    ),
    "all right": (
        "questions:\n- {id: a, type: multi, stem: s, explain: e, choices: [{id: x, text: X, correct: true}, {id: y, text: Y, correct: true}]}\n",
        (4, "every choice is right"),
    ),
    "the longest": (
        "questions:\n" + "".join(
            f"- {{id: a{n}, type: single, stem: s, explain: e, choices: [{{id: x, text: longer than the others, correct: true}}, {{id: y, text: Y}}, {{id: z, text: Z}}]}}\n"
            for n in range(9)
        ),
        (3, "in 9 of 9 questions the longest choice is the right one"),
    ),
    "always B": (
        "questions:\n" + "".join(
            f"- {{id: a{n}, type: single, shuffle: false, stem: s, explain: e, choices: [{{id: x, text: X}}, {{id: y, text: Y, correct: true}}, {{id: z, text: Z}}]}}\n"
            for n in range(9)
        ),
        (3, "in 9 of 9 questions choice B is the right one"),
    ),
    "always true": (
        "questions:\n" + "".join(f"- {{id: a{n}, type: true_false, stem: s, explain: e, answer: true}}\n" for n in range(9)),
        (3, "9 of 9 statements are true"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_told_and_nothing_else(tmp_path: Path, name: str) -> None:
    text, (line, says) = FAULTS[name]
    found = told(write(tmp_path, text))
    assert [at for at, _ in found] == [line], found
    assert found[0][1].startswith(says)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    names = ["single: two right", "choices twice", "unknown parameter", "accepts nothing"]
    bodies = [FAULTS[name][0].removeprefix("questions:\n").replace("id: a,", f"id: a{n},") for n, name in enumerate(names)]  # fmt: skip
    found = told(write(tmp_path, "questions:\n" + "".join(bodies)))
    assert [line for line, _ in found] == [4, 5, 6, 7]


GOOD = """\
schema: 1
quiz: {id: good, title: Good, mode: deferred, time_limit: 20m, attempts: {max: 2}, scoring: {multi: coverage}}
banks: [more]
sections:
  - {title: First, use: [lr]}
  - {title: Pool, draw: 1, from: {tags: [sgd], difficulty: [2, 4]}}
questions:
  - id: lr
    type: numeric
    params: {w: {int: [2, 5]}, g: {choice: [0.5, 1.5]}, s: {float: [0.1, 0.3], step: 0.1}}
    stem: 'From $w=<<w>>$ with gradient $<<g>>$ and step <<s:.1f>>: the new $w$?'
    answer: {expr: w - s*g, abs_tol: 0.001}
    traps: [{expr: w + s*g, feedback: Descent subtracts.}]
    explain: '$w - s g = <<w - s*g:.2f>>$'
"""
MORE = """\
schema: 1
quiz: {id: more, title: More}
questions:
  - {id: easy, type: true_false, stem: s, answer: true, tags: [sgd], difficulty: 1, explain: e}
  - {id: fits, type: true_false, stem: s, answer: true, tags: [sgd], difficulty: 3, explain: e}
  - {id: other, type: true_false, stem: s, answer: false, tags: [lr], explain: e}
"""


def test_a_good_file_is_read_whole_with_the_banks_it_names(tmp_path: Path) -> None:
    write(tmp_path, MORE, "more")
    bank = read_bank(write(tmp_path, GOOD, "good"))
    assert lint(bank) == []
    assert list(bank.questions) == ["easy", "fits", "other", "lr"]
    assert bank.candidates(bank.sections[1]) == ["fits"]
    assert (bank.quiz.time_limit, bank.quiz.scoring.multi, bank.quiz.attempts.keep) == (
        1200,
        "coverage",
        "best",
    )


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such quiz file"):
        read_bank(tmp_path / "none.yaml")
