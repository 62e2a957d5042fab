"""What lateness costs, to the second."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.late import DAY_SECONDS, LatePolicy, away, lateness, reckoning

DUE = datetime(2026, 12, 18, 23, 59, tzinfo=UTC)
POLICY = LatePolicy(grace=900, per_day=0.1, cap=0.3)


@pytest.mark.parametrize(
    ("after", "seconds", "days", "penalty"),
    [
        (timedelta(hours=-5), 0, 0, 0),
        (timedelta(0), 0, 0, 0),
        (timedelta(minutes=15), 900, 0, 0),
        (timedelta(minutes=15, seconds=1), 901, 1, 2.4),
        (timedelta(days=1, minutes=15), 87_300, 1, 2.4),
        (timedelta(days=1, minutes=15, microseconds=1), 87_300.000001, 2, 4.8),
        (timedelta(days=2, hours=3), 183_600, 3, 7.2),
        (timedelta(days=30), 2_592_000, 30, 7.2),
    ],
)
def test_begun_days_past_grace_cost_up_to_the_cap(
    after: timedelta, seconds: float, days: int, penalty: float
) -> None:
    found = lateness(DUE + after, DUE, POLICY, 24)
    assert (found.seconds, found.days, found.extended) == (pytest.approx(seconds), days, False)
    assert found.penalty == pytest.approx(penalty)
    assert found.due == "2026-12-18T23:59:00+00:00"


def test_an_extension_takes_the_place_of_the_due_date() -> None:
    found = lateness(DUE + timedelta(days=3), DUE, POLICY, 24, extension=DUE + timedelta(days=3))
    assert (found.days, found.penalty, found.extended) == (0, 0, True)
    assert found.due == "2026-12-21T23:59:00+00:00"


def test_an_offset_is_heeded() -> None:
    berlin = timezone(timedelta(hours=1))
    assert lateness(datetime(2026, 12, 19, 0, 59, tzinfo=berlin), DUE, POLICY, 24).seconds == 0
    assert lateness(datetime(2026, 12, 19, 0, 59, tzinfo=UTC), DUE, POLICY, 24).seconds == 3600


def test_nobody_pays_for_what_is_not_known() -> None:
    assert lateness(None, DUE, POLICY, 24).penalty == 0
    assert lateness(DUE, None, POLICY, 24) == lateness(None, None, POLICY, 24)
    assert lateness(DUE + timedelta(days=9), DUE, LatePolicy(), 24).penalty == 0


@given(
    st.floats(0, 40 * DAY_SECONDS), st.floats(0, 40 * DAY_SECONDS), st.floats(0, 1), st.floats(0, 1), st.floats(0, 3600)
)  # fmt: skip
def test_later_never_costs_less_nor_more_than_the_cap(
    one: float, other: float, per_day: float, cap: float, grace: float
) -> None:
    policy = LatePolicy(grace=grace, per_day=per_day, cap=cap)
    early, late = (
        lateness(DUE + timedelta(seconds=s), DUE, policy, 24).penalty for s in sorted((one, other))
    )
    assert 0 <= early <= late <= cap * 24 + 1e-6


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(0), "On time."),
        (timedelta(minutes=14, seconds=1), "15 minutes late, within 15 minutes of grace."),
        (timedelta(days=1, hours=2), "2 days late: 2 × 10 % of 24 points = 4.8 points."),
        (timedelta(days=9), "9 days late: 9 × 10 %, at most 30 %, of 24 points = 7.2 points."),
    ],
)
def test_the_reckoning_is_told_with_its_arithmetic(after: timedelta, said: str) -> None:
    assert reckoning(lateness(DUE + after, DUE, POLICY, 24), POLICY, 24) == said


def test_lateness_that_costs_nothing_says_so() -> None:
    late = lateness(DUE + timedelta(hours=25), DUE, LatePolicy(), 24)
    assert reckoning(late, LatePolicy(), 24) == "1 day 1 hour late, which costs nothing."


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3 * 86_400 + 5, "in 3 days"),
        (86_400 - 1, "in 23 hours"),
        (3_600, "in 1 hour"),
        (59, "now"),
        (0, "now"),
        (-59, "now"),
        (-60, "1 minute ago"),
        (-2 * 86_400, "2 days ago"),
    ],
)
def test_how_far_away_a_moment_is(seconds: float, said: str) -> None:
    assert away(DUE + timedelta(seconds=seconds), DUE) == said
