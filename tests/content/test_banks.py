"""The banks that ship: each is clean, mixed, explained and sourced, and its numbers follow from its parameters."""

import random
import re
from collections import Counter
from pathlib import Path

import pytest

from graders.assignment import read_assignment
from graders.course import load_course
from quizzes.bank import Bank, find_banks, read_bank
from quizzes.items import ChoiceKey, NumericKey, draw, instantiate
from quizzes.lint import lint
from quizzes.paper import draw_paper
from quizzes.schema import Multi, Numeric, Single
from quizzes.score import score

ROOT = Path(__file__).parents[2]
BANKS = {name: read_bank(path) for name, path in find_banks(ROOT).items()}
TOPICS = {
    "foundations", "cnn", "vae", "gan", "nlp", "transfer_learning", "reinforcement_learning", "responsible_ai",
    "tooling",
}  # fmt: skip
every_bank = pytest.mark.parametrize("bank", BANKS.values(), ids=BANKS)


def test_there_is_a_bank_for_each_topic() -> None:
    assert set(BANKS) == TOPICS


@every_bank
def test_it_is_clean_and_large_and_mixed(bank: Bank) -> None:
    assert lint(bank) == []
    assert len(bank.own) >= 20
    kinds = Counter(question.type for question in bank.questions.values())
    assert set(kinds) == {"single", "multi", "true_false", "numeric", "short", "matching", "ordering"}
    assert kinds["single"] <= len(bank.own) / 2
    difficulties = Counter(question.difficulty for question in bank.questions.values())
    assert set(difficulties) == {1, 2, 3, 4, 5}
    assert max(difficulties.values()) <= len(bank.own) / 2


@every_bank
def test_every_question_is_explained_and_sourced_and_every_wrong_choice_answered(bank: Bank) -> None:
    for question in bank.questions.values():
        assert len(question.explain) > 40, question.id
        assert len(question.source) > 10, question.id
        if isinstance(question, Single | Multi):
            silent = [choice.id for choice in question.choices if not choice.correct and not choice.feedback]
            assert not silent, question.id


@every_bank
def test_its_numbers_follow_from_their_parameters(bank: Bank) -> None:
    numeric = [question for question in bank.questions.values() if isinstance(question, Numeric)]
    assert sum(bool(question.params) for question in numeric) >= 3
    for question in numeric:
        chance, values = random.Random(1), set()
        for _ in range(100):
            _, key = instantiate(question, draw(question, chance))
            assert isinstance(key.judge, NumericKey)
            values.add(key.judge.value)
            value = key.judge.value
            typed = f"{value:.0f}" if value.is_integer() else f"{value:.4g}"  # counts are typed whole
            assert score(key, typed, 0).right, question.id
            for trap, _ in key.judge.traps:
                assert not score(key, f"{trap:.10g}", 0).right, question.id
        assert len(values) > 1 or not question.params


@every_bank
def test_a_right_answer_stands_out_by_neither_length_nor_place(bank: Bank) -> None:
    """Whoever always takes the longest choice, or the shortest, gets few more than by chance."""
    for pick in (max, min):
        singles = [question for question in bank.questions.values() if isinstance(question, Single)]
        hits = sum(
            pick(question.choices, key=lambda choice: len(choice.text)).correct for question in singles
        )
        chance = sum(1 / len(question.choices) for question in singles)
        assert hits <= chance + 0.35 * len(singles), (pick.__name__, hits, len(singles))
    paper, keys = draw_paper(bank, 1)
    places = Counter(
        next(n for n, option in enumerate(placed.item.options) if option.id in key.right)
        for placed in paper.questions
        if isinstance(key := keys[placed.item.id].judge, ChoiceKey) and placed.item.kind == "single"
    )
    assert max(places.values()) <= 0.8 * sum(places.values())


@pytest.mark.parametrize(
    ("bank", "words", "right"),
    [
        ("foundations", ("applica", "group"), "classif"),
        ("foundations", ("fast", "deploy"), "logistic"),
        ("foundations", ("feature engineering",), "combin"),
    ],
)
def test_what_the_course_must_ask_is_asked(bank: str, words: tuple[str, ...], right: str) -> None:
    found = [
        question
        for question in BANKS[bank].questions.values()
        if isinstance(question, Single) and all(word in question.stem.lower() for word in words)
    ]
    assert any(right in choice.text.lower() for q in found for choice in q.choices if choice.correct), [q.id for q in found]  # fmt: skip


def test_the_benchmarks_of_julia_are_told_whole() -> None:
    """Geometric means relative to C."""
    means = {
        "LuaJIT": 1.03, "Rust": 1.10, "Julia": 1.17, "Go": 1.50, "Fortran": 1.67, "Java": 3.47,
        "JavaScript": 4.80, "Matlab": 9.57, "Mathematica": 14.64, "Python": 16.93, "R": 48.58,
        "Octave": 338.70,
    }  # fmt: skip
    stem = BANKS["tooling"].questions["benchmarks-ratio-to-julia"].stem
    told = {name: float(mean) for name, mean in re.findall(r"(\w+) +(\d+\.\d\d)\b", stem)}
    assert told == means


def test_every_question_of_a_notebook_is_on_a_concept_that_its_bank_asks_about() -> None:
    for topic in load_course(ROOT).topics:
        assignment = read_assignment(topic)
        asked = [question.id for question in assignment.questions] + [m.id for m in assignment.manual]
        assert list(topic.concepts) == asked, topic.id
        known = {tag for question in BANKS[topic.id].questions.values() for tag in question.tags}
        assert {tag for tags in topic.concepts.values() for tag in tags} <= known, topic.id
