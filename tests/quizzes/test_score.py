"""An answer's share of the points, by rule; and what people mean by what they type."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.items import ChoiceKey, Key, MatchingKey, NumericKey, OrderingKey, ShortKey
from quizzes.score import RULES, number, readings, score

ALL = ["a", "b", "c", "d", "e"]


def several(rule: str, chosen: str, right: str = "ab", floor: float = 0.0, options: int = 5) -> float:
    return score(Key(ChoiceKey(frozenset(right), rule=rule)), list(chosen), options, floor).share  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "shares"),
    # Of five choices a and b are right: chosen a; ab; ac; abc; cd; all.
    [
        ("all", (0, 1, 0, 0, 0, 0)),
        ("net", (1 / 2, 1, 0, 1 / 2, 0, 0)),
        ("coverage", (1 / 2, 1, 1 / 4, 2 / 3, 0, 2 / 5)),
        ("each", (4 / 5, 1, 3 / 5, 4 / 5, 1 / 5, 2 / 5)),
        ("exams_false", (1 / 2, 1, 1 / 6, 2 / 3, 0, 0)),
        ("exams_false2", (1 / 2, 1, 1 / 6, 2 / 3, 0, 0)),
        ("exams_true", (1 / 2, 1, 0, 1 / 2, 0, 0)),
        ("exams_all", (1 / 2, 1, 0, 0, 0, 0)),
        ("exams_none", (1 / 2, 1, 1 / 2, 9 / 10, 0, 9 / 10)),
    ],
)
def test_several_right_choices_count_by_their_rule(rule: str, shares: tuple[float, ...]) -> None:
    found = [several(rule, chosen) for chosen in ("a", "ab", "ac", "abc", "cd", "abcde")]
    assert found == pytest.approx(shares)


def test_choices_count_what_their_author_says_they_are_worth() -> None:
    key = Key(ChoiceKey(frozenset("ab"), rule="worth", worth={"a": 0.6, "b": 0.4, "c": -0.1, "d": -1}))

    def share(chosen: str, floor: float = 0.0) -> float:
        return score(key, list(chosen), 5, floor).share

    found = [share(chosen) for chosen in ("a", "b", "ab", "ac", "abc", "abe", "ad", "")]
    assert found == pytest.approx([0.6, 0.4, 1, 0.5, 0.9, 0.9, 0, 0])
    assert share("d", floor=-0.5) == -0.5


def test_a_single_choice_may_be_partly_right_or_cost() -> None:
    key = Key(ChoiceKey(frozenset("a"), worth={"b": 0.5, "c": -0.25}))
    assert [score(key, chosen, 4).share for chosen in "abcd"] == [1, 0.5, 0, 0]
    assert score(key, "c", 4, floor=-1).share == -0.25
    assert not score(key, "b", 4).right


def test_a_floor_below_zero_lets_wrong_choices_cost() -> None:
    assert several("net", "cd", floor=-1) == -1
    assert several("net", "cd", floor=-0.5) == -0.5
    assert several("net", "", floor=-1) == 0


def test_false2_spares_a_question_with_one_wrong_choice() -> None:
    assert several("exams_false", "ac", right="ab", options=3) == 0
    assert several("exams_false2", "ac", right="ab", options=3) == 0
    assert several("exams_false2", "abc", right="ab", options=3) == pytest.approx(0.5)


@given(
    st.sampled_from(sorted(RULES)),
    st.sets(st.sampled_from(ALL), min_size=1, max_size=4),
    st.sets(st.sampled_from(ALL)),
    st.sampled_from([0.0, -0.25, -1.0]),
)
def test_only_the_full_answer_is_worth_everything(
    rule: str, right: set[str], chosen: set[str], floor: float
) -> None:
    found = score(Key(ChoiceKey(frozenset(right), rule=rule)), sorted(chosen), 5, floor)  # type: ignore[arg-type]
    assert floor <= found.share <= 1
    assert (found.share == 1) == found.right == (chosen == right)
    if not chosen:
        assert found.share == 0


@given(st.sampled_from(sorted(RULES)), st.sets(st.sampled_from(ALL), min_size=1, max_size=4))
def test_one_more_right_choice_never_costs(rule: str, right: set[str]) -> None:
    for count in range(len(right)):
        for chosen in itertools.combinations(sorted(right), count):
            fewer = several(rule, "".join(chosen), "".join(right))
            for more in right - set(chosen):
                assert several(rule, "".join((*chosen, more)), "".join(right)) >= fewer


def test_feedback_is_of_what_was_chosen() -> None:
    key = Key(ChoiceKey(frozenset("a"), {"b": "No, because.", "c": "Nor that."}))
    assert score(key, "b", 3).said == (("b", "No, because."),)
    found = score(key, "a", 3)
    assert (found.right, found.said, score(key, None, 3).share) == (True, (), 0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5), (".5", 0.5), ("0,5", 0.5), (" 1e-3 ", 0.001), ("3/4", 0.75), ("−2", -2), ("1 000", 1000),
        ("50 %", 0.5), ("+7", 7), ("1,000.5", None), ("", None), ("nan", None), ("inf", None), ("1/0", None),
        ("two", None), ("1/2/3", None), ("²", 2), ("1_0", 10),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_type_them(text: str, value: float | None) -> None:
    assert number(text) == (value if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("answer", "right", "said"),
    [
        ("1.95", True, ""),
        ("1.951", True, ""),
        ("1.96", False, ""),
        ("2.05", False, "Minus."),
        ("x", False, ""),
    ],
)
def test_a_number_is_right_within_its_tolerance_and_a_trap_is_told(
    answer: str, right: bool, said: str
) -> None:
    found = score(Key(NumericKey(1.95, 0.001, ((2.05, "Minus."),))), answer, 0)
    assert (found.right, found.share, "".join(text for _, text in found.said)) == (right, float(right), said)


@pytest.mark.parametrize("value", [6416.0, 6.416])
def test_a_comma_before_three_digits_is_read_in_both_ways(value: float) -> None:
    key = Key(NumericKey(value, 0.0))
    assert score(key, "6,416", 0).right
    assert not score(key, "6,417", 0).right
    assert readings("1,234,567") == (1234567,)
    assert readings("1,5") == (1.5,)
    assert readings("-6,416.5 %") == (pytest.approx(-64.165),)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("Backpropagation", True), ("back-propagation", True), ("  BACK  propagation. ", True), ("the chain rule", True),
        ("chain rules", True), ("rétropropagation", True), ("", False), ("propagation", False),
    ],
)  # fmt: skip
def test_short_answers_may_differ_in_what_does_not_matter(answer: str, right: bool) -> None:
    key = ShortKey(("backpropagation", "back propagation", "retropropagation"), r"(the )?chain rules?")
    assert score(Key(key), answer, 0).right is right


def test_an_exact_answer_is_compared_by_letters() -> None:
    key = Key(ShortKey(("git add -p",), exact=True))
    assert score(key, "git add -p ", 0).right
    assert not score(key, "Git add -p", 0).right


def test_matches_and_orders_count_by_parts() -> None:
    matching = Key(MatchingKey({"x": "t1", "y": "t2", "z": "t1"}))
    assert score(matching, {"x": "t1", "y": "t1", "z": "t1"}, 3).share == pytest.approx(2 / 3)
    assert score(matching, {"x": "t1", "y": "t2", "z": "t1"}, 3).right
    ordering = Key(OrderingKey(("a", "b", "c", "d")))
    assert score(ordering, ["a", "b", "c", "d"], 4).right
    assert score(ordering, ["b", "c", "d", "a"], 4).share == pytest.approx(2 / 3)
    assert score(ordering, ["d", "c", "b", "a"], 4).share == 0
    assert score(ordering, ["a", "a", "b", "c"], 4).share == 0


def test_an_answer_of_another_kind_is_none() -> None:
    for key in (ChoiceKey(frozenset("a")), NumericKey(1, 0), ShortKey(("x",)), MatchingKey({"x": "t"}), OrderingKey(("a", "b"))):  # fmt: skip
        for answer in ([], {}, None, "zzz"):
            assert score(Key(key), answer, 3).share == 0  # type: ignore[arg-type]
