"""What was answered: one small bank with a question of every kind."""

import pytest

from quizzes.analysis.analyse import Analysis, ItemStatistics, analyse
from quizzes.bank import read_bank
from quizzes.results import Response
from tests.quizzes.simulated import attempt, response

BANK = """\
schema: 1
quiz: {id: kinds, title: Kinds}
questions:
  - id: one
    type: single
    stem: 'What is $\\\\sigma^2$?'
    choices: [{id: x, text: '$\\\\mu$'}, {id: y, text: 'a variance', correct: true}, {id: z, text: nothing}]
  - id: many
    type: multi
    stem: Which are even?
    choices: [{id: two, text: '2', correct: true}, {id: three, text: '3'}, {id: four, text: '4', correct: true}]
  - {id: tf, type: true_false, stem: Is it?, answer: true}
  - id: number
    type: numeric
    stem: '<<w>> and <<w>>?'
    params: {w: {int: [2, 5]}}
    answer: {expr: 2*w}
    traps: [{expr: w*w*w, feedback: Not cubed.}]
  - {id: word, type: short, stem: Say it., answer: {accept: [momentum]}}
  - id: pairs
    type: matching
    stem: Match.
    params: {w: {int: [2, 5]}}
    pairs: [{id: a, left: A, right: 'w is <<w>>'}, {id: b, left: B, right: bee}]
    extra: [zed]
  - {id: order, type: ordering, stem: Order., items: [{id: p, text: P}, {id: q, text: Q}, {id: r, text: R}]}
"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("bank") / "kinds.yaml"
    path.write_text(BANK.replace("\\\\", "\\"))
    return read_bank(path)


def answered(bank, *columns: list[Response]) -> Analysis:
    """Columns of responses to one question each, a taker a row."""
    return analyse(bank, [attempt(f"s{at}", *row) for at, row in enumerate(zip(*columns, strict=True))])


def table(item: ItemStatistics) -> list[tuple[str, bool | None, int]]:
    return [(option.id, option.key, option.count) for option in item.options]


def test_a_choice_has_its_share_its_correlation_and_the_mean_of_the_rest(bank) -> None:
    """The rest is 1, 1, 0, 0 by the other question; y is taken by the first and third taker."""
    one = [response("one", answer, float(answer == "y")) for answer in ("y", "x", "y", "x")]
    tf = [
        response("tf", said, float(said == "true"), kind="true_false")
        for said in ("true", "true", "false", "false")
    ]
    first, second = answered(bank, one, tf).items
    assert table(first) == [("x", False, 2), ("y", True, 2), ("z", False, 0)]
    assert [option.text for option in first.options] == ["μ", "a variance", "nothing"]
    x, y, z = first.options
    assert (x.share, x.rest, x.r.value) == (0.5, 0.5, 0)
    assert (y.share, y.rest) == (0.5, 0.5)
    assert (z.share, z.rest, z.r.value, z.r.reason) == (0, None, None, "all had the same share")
    assert first.stem == "What is σ²?"
    assert table(second) == [("true", True, 2), ("false", False, 2)]


def test_several_choices_are_counted_one_by_one_and_no_answer_comes_last(bank) -> None:
    answers = (["two", "four"], ["two", "three"], [], None)
    many = [
        response("many", answer, share, kind="multi")
        for answer, share in zip(answers, (1, 0, 0, 0), strict=True)
    ]
    (item,) = answered(bank, many).items
    assert table(item) == [("two", True, 2), ("three", False, 1), ("four", True, 1), ("", False, 2)]
    assert item.options[-1].text == "no answer"


def test_numbers_are_named_by_the_trap_they_fell_into(bank) -> None:
    typed = [("4", 2, 1), ("8", 2, 0), ("27,0", 3, 0), ("7", 3, 0), ("seven", 3, 0), ("6", 3, 1)]
    number = [response("number", text, share, kind="numeric", values={"w": w}) for text, w, share in typed]
    (item,) = answered(bank, number).items
    assert table(item) == [
        ("(right)", True, 2), ("w*w*w (a trap)", False, 2), ("(another number)", False, 1), ("seven", False, 1),
    ]  # fmt: skip


def test_words_are_put_into_one_form_and_the_commonest_wrong_ones_listed(bank) -> None:
    typed = ["Momentum", " momentum.", "Adam!", "adam", "ADAM", *"bcdefg"]
    word = [response("word", text, float(at < 2), kind="short") for at, text in enumerate(typed)]
    (item,) = answered(bank, word).items
    assert table(item)[:2] == [("(right)", True, 2), ("adam", False, 3)]
    assert len(item.options) == 6  # the right ones, and the five commonest wrong ones


def test_pairs_are_told_whatever_their_parameters_were(bank) -> None:
    given = [
        ({"a": "w is 2", "b": "bee"}, 2, 1),
        ({"a": "w is 5", "b": "zed"}, 5, 0.5),
        ({"a": "bee", "b": "zed"}, 3, 0),
    ]
    pairs = [response("pairs", answer, share, kind="matching", values={"w": w}) for answer, w, share in given]
    (item,) = answered(bank, pairs).items
    assert table(item) == [
        ("a → w is <<w>>", True, 2), ("b → bee", True, 1), ("b → zed", False, 2), ("a → bee", False, 1),
    ]  # fmt: skip
    assert [option.text for option in item.options][::2] == ["A → w is <<w>>", "B → zed"]


def test_orders_are_told_by_places_in_the_right_one(bank) -> None:
    given = (["p", "q", "r"], ["r", "q", "p"], ["r", "q", "p"])
    order = [response("order", list(answer), float(answer[0] == "p"), kind="ordering") for answer in given]
    (item,) = answered(bank, order).items
    assert table(item) == [("1 2 3", True, 1), ("3 2 1", False, 2)]


def test_a_question_that_left_the_bank_is_told_by_its_answers(bank) -> None:
    gone = [response("gone", answer, float(answer == "k")) for answer in ("k", "l", "l", "m")]
    old = [response("tf", "true", 1.0, kind="true_false", rev=7) for _ in gone]
    first, second = answered(bank, gone, old).items
    assert (first.id, second.id) == ("tf", "gone")
    assert table(second) == [("l", False, 2), ("k", True, 1), ("m", False, 1)]
    assert (first.stem, second.stem) == ("", "")
    assert answered(bank, gone).unseen == ("one", "many", "tf", "number", "word", "pairs", "order")


def test_an_answer_of_another_kind_is_none_at_all(bank) -> None:
    (item,) = answered(bank, [response("one", ["y"], 0.0), response("one", {"a": "b"}, 0.0)]).items
    assert table(item) == [("x", False, 0), ("y", True, 0), ("z", False, 0), ("", False, 2)]


def test_a_wrong_word_of_the_best_asks_to_be_accepted(bank) -> None:
    word, tf, one = [], [], []
    for at in range(60):
        strong = at % 2 == 0
        said = "nesterov" if strong and at % 4 == 0 else "momentum" if at % 3 else "adam"
        word.append(response("word", said, float(said == "momentum"), kind="short"))
        tf.append(response("tf", "true", float(strong), kind="true_false"))
        one.append(response("one", "y", float(strong)))
    (flag,) = [flag for flag in answered(bank, word, tf, one).flags if flag.item == "word"]
    assert flag.sign in ("key", "attracts")
    assert "“nesterov” attracts the best" in flag.sentence


def test_of_several_choices_each_is_looked_at(bank) -> None:
    """`two` counts as right and is taken by the weak; `three` counts as wrong and is taken by the strong."""
    many, tf, one = [], [], []
    for at in range(80):
        strong = at % 2 == 0
        many.append(
            response("many", ["four", "three" if strong else "two"], 0.0 if strong else 1.0, kind="multi")
        )
        tf.append(response("tf", "true", float(strong != (at % 10 == 0)), kind="true_false"))
        one.append(response("one", "y", float(strong != (at % 8 == 1))))
    flags = [flag for flag in answered(bank, many, tf, one).flags if flag.item == "many"]
    assert [(flag.sign, flag.option) for flag in flags] == [("key", "two")]
    assert flags[0].sentence.startswith("“2” counts as right, but the weaker take it (r = −0.")


def test_alpha_that_would_rise_is_told_where_nothing_else_is(bank) -> None:
    """The third agrees with the others a little: enough not to be flat, too little for so short a quiz."""
    rows = [(float(at % 2), float(at % 2), float((at % 2) ^ (at % 5 < 2))) for at in range(100)]
    columns = [
        [response(name, "x", share) for share in shares]
        for name, shares in zip(("first", "second", "odd"), zip(*rows, strict=True), strict=True)
    ]
    found = {item.id: [flag.sign for flag in item.flags] for item in answered(bank, *columns).items}
    assert found == {"first": [], "second": [], "odd": ["alpha"]}
