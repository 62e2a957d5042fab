"""Item analysis: published figures, second ways of computing, and cases worked out by hand."""

import itertools
import statistics
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from graders.errors import UsageError
from quizzes.analysis.analyse import analyse
from quizzes.analysis.classical import reliability, upper_less_lower
from quizzes.analysis.estimates import correlations, means
from quizzes.analysis.irt import fit
from quizzes.analysis.matrix import chosen, matrix
from quizzes.results import Scored
from tests.quizzes.simulated import attempt, choice_bank, lsat6, of_shares, response, takers

# Of R's package ltm: p, r(total), r(rest), α without, a, b.
PUBLISHED = [
    (0.924, 0.3620, 0.1128, 0.2754, 0.8257, -3.3588),
    (0.709, 0.5668, 0.1532, 0.2376, 0.7227, -1.3701),
    (0.553, 0.6184, 0.1728, 0.2168, 0.8909, -0.2797),
    (0.763, 0.5344, 0.1444, 0.2459, 0.6884, -1.8664),
    (0.870, 0.4354, 0.1216, 0.2663, 0.6569, -3.1259),
]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def lsat(tmp_path_factory: pytest.TempPathFactory):
    return analyse(choice_bank(tmp_path_factory.mktemp("lsat")), of_shares(lsat6()))


def test_lsat6_has_the_published_score_frequencies() -> None:
    totals = [sum(row) for row in lsat6()]
    assert [totals.count(total) for total in range(6)] == [3, 20, 85, 237, 357, 298]


@pytest.mark.parametrize("at", range(5))
def test_lsat6_has_the_published_item_statistics(lsat, at: int) -> None:
    item, (p, total, rest, without, a, b) = lsat.items[at], PUBLISHED[at]
    assert item.facility.value == pytest.approx(p, abs=1e-9)
    values = (item.uncorrected.value, item.discrimination.value, item.alpha_without.value)
    assert [round(value, 4) for value in values] == [total, rest, without]
    assert (item.curve.a, item.curve.b) == pytest.approx((a, b), abs=0.003)
    assert not item.curve.partial


def test_lsat6_has_the_published_reliability_and_likelihood(lsat) -> None:
    assert round(lsat.reliability.alpha.value, 4) == 0.2950
    assert lsat.reliability.kr20.value == pytest.approx(lsat.reliability.alpha.value, abs=1e-12)
    assert lsat.model.log_likelihood == pytest.approx(-2466.653, abs=0.001)
    deviation = statistics.stdev(sum(row) for row in lsat6())
    assert lsat.reliability.sem == pytest.approx(deviation * (1 - 0.29500) ** 0.5, abs=1e-4)
    assert not lsat.reliability.pairwise


def test_intervals_hold_their_value_and_are_as_wide_as_theory_has_them(lsat) -> None:
    for item in lsat.items:
        p, r = item.facility, item.discrimination
        assert p.low < p.value < p.high
        assert p.high - p.low == pytest.approx(2 * 1.96 * (p.value * (1 - p.value) / 1000) ** 0.5, rel=0.15)
        assert r.high - r.low == pytest.approx(2 * 1.96 / 1000**0.5, rel=0.25)
    alpha = lsat.reliability.alpha
    assert alpha.low < alpha.value < alpha.high


def test_standard_errors_are_those_of_the_observed_information(lsat) -> None:
    """Of item 1, as ltm prints them for a and b."""
    curve = lsat.items[0].curve
    assert (curve.a_error, curve.b_error) == pytest.approx((0.2581, 0.8669), abs=0.002)


def test_the_model_agrees_with_girth_on_simulated_answers() -> None:
    girth = pytest.importorskip("girth")
    data = matrix(takers(5, 600, 8, wrong_key=None, lure=None))
    other = girth.twopl_mml(data.shares.T.astype(int))
    curves = fit(data).curves
    assert [curve.a for curve in curves] == pytest.approx(list(other["Discrimination"]), abs=0.03)
    assert [curve.b for curve in curves] == pytest.approx(list(other["Difficulty"]), abs=0.03)


def test_the_model_finds_the_parameters_of_pools() -> None:
    """Not drawn is missing: with 10 of 20 questions each, the truth lies within the errors."""
    count, questions = 2000, 12
    chance = np.random.default_rng(2)
    theta, a, b = (
        chance.normal(size=count),
        chance.uniform(0.8, 2, questions),
        chance.uniform(-1.5, 1, questions),
    )
    right = chance.random((count, questions)) < 1 / (1 + np.exp(-a * (theta[:, None] - b)))
    rows = [
        [float(x) if keep else None for x, keep in zip(row, chance.permutation(questions) < 6, strict=True)]
        for row in right
    ]
    curves = fit(matrix(of_shares(rows))).curves
    order = [int(column.question[1:]) - 1 for column in matrix(of_shares(rows)).columns]
    for true, values in ((a, [(c.a, c.a_error) for c in curves]), (b, [(c.b, c.b_error) for c in curves])):
        z = [(value - true[at]) / error for at, (value, error) in zip(order, values, strict=True)]
        assert max(map(abs, z)) < 3.5
        assert 0.5 < statistics.pstdev(z) < 1.6


def test_constant_items_and_small_samples_are_left_out_with_the_reason() -> None:
    rows = [[*row, 1.0] for row in lsat6()]
    fitted = fit(matrix(of_shares(rows)))
    assert (fitted.curves[5].a, fitted.curves[5].reason) == (None, "all were right")
    assert fitted.curves[0].a == pytest.approx(0.8257, abs=0.003)
    assert fitted.log_likelihood == pytest.approx(-2466.653, abs=0.001)
    few = fit(matrix(of_shares(lsat6()[:199])))
    assert (few.curves, few.reason) == (None, "needs 200 takers; there are 199")
    rare = fit(
        matrix(of_shares([[*row, float(at % 2) if at < 50 else None] for at, row in enumerate(lsat6())]))
    )
    assert rare.curves[5].reason == "needs 200 takers; 50 had it"


def test_partial_credit_counts_as_wrong_in_the_model_and_is_told() -> None:
    rows = [[row[0] or 0.5, *row[1:]] for row in lsat6()]
    first, second, *_ = fit(matrix(of_shares(rows))).curves
    assert (first.partial, second.partial) == (True, False)
    assert first.a == pytest.approx(0.8257, abs=0.003)


def test_a_guttman_scale_has_no_finite_slope_and_says_so() -> None:
    rows = [[float(at // 60 > n) for n in range(4)] for at in range(300)]
    curves = fit(matrix(of_shares(rows))).curves
    assert any(curve.a is None and "a step" in curve.reason for curve in curves)


shares = st.lists(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=4, max_size=4), min_size=5, max_size=30
)


@settings(max_examples=30)  # each of them resampled a thousand times
@given(shares)
def test_alpha_is_that_of_the_covariance_matrix(rows: list[list[float]]) -> None:
    table = np.cov(np.array(rows), rowvar=False)
    found = reliability(matrix(of_shares(rows)), 1).alpha
    if table.sum() < 1e-9:
        assert (found.value, found.reason) == (None, "the totals do not differ")
    else:
        assert found.value == pytest.approx(4 / 3 * (1 - np.trace(table) / table.sum()), abs=1e-9)


def test_alpha_of_drawn_papers_is_worked_out_pair_by_pair() -> None:
    rows = [
        [None if (taker + at) % 3 == 0 else share for at, share in enumerate(row)]
        for taker, row in enumerate(lsat6())
    ]
    data = matrix(of_shares(rows), [f"q{n}" for n in range(1, 6)])
    found = reliability(data, 1)
    columns = list(zip(*rows, strict=True))
    variances = [[x for x in column if x is not None] for column in columns]
    v = sum(len(c) * statistics.variance(c) for c in variances) / sum(map(len, variances))
    above = below = 0.0
    for one, other in itertools.combinations(columns, 2):
        both = [(x, y) for x, y in zip(one, other, strict=True) if x is not None and y is not None]
        above += len(both) * statistics.covariance(*zip(*both, strict=True))
        below += len(both)
    m = sum(x is not None for row in rows for x in row) / len(rows)
    assert found.alpha.value == pytest.approx(m * (above / below) / (v + (m - 1) * above / below), abs=1e-9)
    assert (found.pairwise, found.questions) == (True, pytest.approx(m))
    assert (found.kr20.value, found.kr20.reason) == (None, "defined for complete papers only")


def test_alpha_of_a_pool_is_that_of_its_papers_not_of_all_its_questions() -> None:
    """Of parallel questions, Spearman and Brown's formula gives that of half as many."""
    whole = takers(1, 800, wrong_key=None, lure=None)
    drawn = takers(1, 800, wrong_key=None, lure=None, drawn=10)
    long, short = reliability(matrix(whole), 1).alpha.value, reliability(matrix(drawn), 1).alpha.value
    assert short == pytest.approx(long / (2 - long), abs=0.03)


def test_a_question_that_was_not_drawn_counts_nowhere_and_one_not_answered_is_wrong() -> None:
    data = matrix(
        [
            attempt("a", response("q1", "a", 1.0), response("q2", None, 0.0)),
            attempt("b", response("q1", "b", 0.0), response("q3", "a", 1.0)),
            attempt("c", response("q3", "a", 0.5)),
        ]
    )
    assert [column.id for column in data.columns] == ["q1", "q2", "q3"]
    assert np.array_equal(
        data.shares, [[1, 0, np.nan], [0, np.nan, 1], [np.nan, np.nan, 0.5]], equal_nan=True
    )
    assert list(data.totals()) == [0.5, 0.5, 0.5]
    rests = [[0, 1, np.nan], [1, np.nan, 0], [np.nan, np.nan, np.nan]]
    assert np.array_equal(data.rests(), rests, equal_nan=True)
    assert [one.value for one in means(data.shares, 1)] == [0.5, 0, 0.75]
    assert [one.n for one in means(data.shares, 1)] == [2, 1, 2]


def test_leaving_questions_undrawn_at_random_hardly_moves_the_statistics() -> None:
    order = [f"q{n}" for n in range(20)]
    whole = matrix(takers(3, 600, wrong_key=None, lure=None), order)
    drawn = matrix(takers(3, 600, wrong_key=None, lure=None, drawn=10), order)
    for one, other in zip(means(whole.shares, 1), means(drawn.shares, 1), strict=True):
        assert (one.n, other.n) == (600, pytest.approx(300, rel=0.2))
        assert other.value == pytest.approx(one.value, abs=0.1)
    totals = np.repeat(drawn.totals()[:, None], 20, axis=1)
    uncorrected = correlations(drawn.shares, totals, 1)
    for one, other, high in zip(
        correlations(whole.shares, whole.rests(), 1), correlations(drawn.shares, drawn.rests(), 1), uncorrected, strict=True,
    ):  # fmt: skip
        assert 0 < other.value < one.value + 0.15  # a shorter rest is noisier
        assert other.value < high.value


def test_a_share_that_no_scoring_gives_is_refused() -> None:
    with pytest.raises(UsageError, match=r"ada's in q1 is a share of 1e\+300; score the quiz again"):
        matrix([attempt("ada", response("q1", "a", 1e300))])


def test_which_attempt_counts_is_asked_for() -> None:
    tried = [
        attempt("ada", response("q1", "b", 0.0), number=1),
        attempt("ada", response("q1", "a", 1.0), number=3),
        attempt("ada", response("q1", "a", 1.0), number=2),
        attempt("bob", response("q1", "a", 1.0), number=1),
        attempt("bob", response("q1", "b", 0.0), number=2),
    ]
    numbers = {which: [one.number for one in chosen(tried, which)] for which in ("first", "last", "best")}
    assert numbers == {"first": [1, 1], "last": [3, 2], "best": [2, 1]}


def test_a_new_rev_is_another_item_and_parameters_are_not() -> None:
    found = matrix(
        [
            attempt("a", response("q1", "2", 1.0, kind="numeric", values={"w": 1})),
            attempt("b", response("q1", "3", 1.0, kind="numeric", values={"w": 2})),
            attempt("c", response("q1", "3", 0.0, kind="numeric", rev=2)),
        ]
    )
    assert [column.id for column in found.columns] == ["q1 (rev 1)", "q1 (rev 2)"]
    assert np.array_equal(found.shares, [[1, np.nan], [1, np.nan], [np.nan, 0]], equal_nan=True)


def test_d27_shares_its_edge_among_all_who_tie() -> None:
    """Of 20 takers a tail has 5.4: here 4 above the edge and 1.4 places for the 6 who tie at it."""
    totals = np.array([10.0] * 4 + [8.0] * 6 + [5.0] * 4 + [1.0] * 6)
    item = np.array([1.0] * 4 + [1, 1, 1, 0, 0, 0] + [0.0] * 4 + [1.0, 0, 0, 0, 0, 0])
    expected = (4 + 1.4 / 6 * 3) / 5.4 - (5.4 / 6 * 1) / 5.4
    for shift in range(0, 20, 7):
        found = upper_less_lower(np.roll(item, shift), np.roll(totals, shift))
        assert found.value == pytest.approx(expected)
    few = upper_less_lower(item[:11], totals[:11])
    assert (few.value, few.reason) == (None, "27 % are fewer than 3 takers")


def test_what_is_not_defined_is_none_with_its_reason(tmp_path: Path) -> None:
    bank = choice_bank(tmp_path, 3)

    def reasons(rows: list[list[float | None]]) -> list[str]:
        return [item.discrimination.reason for item in analyse(bank, of_shares(rows)).items]

    assert reasons([[1.0, 1.0], [0.0, 1.0]]) == ["fewer than 3 takers"] * 2
    same = [[1.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    assert reasons(same)[0] == "all had the same share"
    assert reasons([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])[0] == "all did equally well on the rest"
    assert (
        analyse(bank, of_shares([[1.0], [0.0], [1.0]])).reliability.alpha.reason == "fewer than two questions"
    )
    assert analyse(bank, []).takers == 0
    assert analyse(bank, [attempt("nobody")]).items == ()


@settings(max_examples=30)  # each of them resampled a thousand times
@given(shares)
def test_no_estimate_is_ever_nan(rows: list[list[float]]) -> None:
    data = matrix(of_shares(rows))
    found = [*means(data.shares, 1), *correlations(data.shares, data.rests(), 1)]
    found += [reliability(data, 1).alpha, *reliability(data, 1).without]
    for one in found:
        assert (one.value is None) == bool(one.reason)
        assert one.value is None or one.value == one.value
        assert one.low is None or (one.value is not None and one.low <= one.high)


@pytest.mark.parametrize("seed", range(8))
def test_one_wrong_key_and_one_bad_distractor_are_flagged_and_nothing_else(tmp_path: Path, seed: int) -> None:
    found = analyse(choice_bank(tmp_path), takers(seed)).flags
    assert [(flag.item, flag.sign, flag.option) for flag in found] == [
        ("q3", "key", "b"),
        ("q7", "attracts", "c"),
    ]
    assert found[0].sentence.startswith("the key is probably wrong: what counts as right has r = ")
    assert "“c” attracts the best" in found[1].sentence


def test_a_sound_quiz_and_a_small_class_get_no_flag(tmp_path: Path) -> None:
    bank = choice_bank(tmp_path)
    assert analyse(bank, takers(1, wrong_key=None, lure=None)).flags == []
    assert analyse(bank, takers(1, 29)).flags == []


def test_easy_hard_flat_and_unchosen_are_told(tmp_path: Path) -> None:
    def changed(one: Scored, at: int) -> Scored:
        chance = np.random.default_rng(at)
        shown = {
            "q0": "b" if at % 50 == 0 else "a",
            "q1": "a" if at % 10 == 0 else str(chance.choice(["b", "c", "d"])),
            "q2": str(chance.choice(["a", "a", "a", "b", "c", "d"])),
        }
        kept = [r for r in one.responses if r.question not in (*shown, "q4")]
        kept += [response(name, answer, float(answer == "a")) for name, answer in shown.items()]
        old = next(r for r in one.responses if r.question == "q4")
        kept.append(response("q4", "a" if old.share else "b", old.share))
        return attempt(one.student, *kept)

    tried = takers(2, wrong_key=None, lure=None)
    found = analyse(choice_bank(tmp_path), [changed(one, at) for at, one in enumerate(tried)]).flags
    signs = {(flag.item, flag.sign, flag.option) for flag in found}
    assert signs == {
        ("q0", "easy", ""), ("q1", "hard", ""), ("q2", "flat", ""), ("q4", "unchosen", "c"), ("q4", "unchosen", "d"),
    }  # fmt: skip
