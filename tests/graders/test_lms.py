"""Names as other systems make them say what they say there; every other name says nothing."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.lms import (
    Named,
    Submitter,
    Upload,
    canvas,
    exchange,
    gradescope,
    moodle,
    plain,
    split_suffix,
    timestamp,
    utc,
)

EVENING = datetime(2026, 1, 30, 20, 30, 10, 123456, UTC)


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("Ada Lovelace_1234567_assignsubmission_file_", Named("1234567", "Ada Lovelace")),
        ("Ada Lovelace_1234567_assignsubmission_file", Named("1234567", "Ada Lovelace")),
        ("Jürgen Müller-Lüdenscheidt_7_assignsubmission_file_", Named("7", "Jürgen Müller-Lüdenscheidt")),
        (
            "Ada Lovelace_12_assignsubmission_file_my_cnn-2.ipynb",
            Named("12", "Ada Lovelace", "my_cnn-2.ipynb"),
        ),
        ("Participant_1234567_assignsubmission_file_", Named("1234567", "Participant")),
        ("Ada Lovelace_12_assignsubmission_onlinetext_", Named("12", "Ada Lovelace")),
        ("Group A_12_assignsubmission_file_", Named("12", "Group A")),
        ("Default group_assignsubmission_file_", Named("", "Default group")),
        (
            "a_1_2_assignsubmission_file_x_3_assignsubmission_file_",
            Named("2", "a_1", "x_3_assignsubmission_file_"),
        ),
        ("Ada Lovelace_1234567_submission_file_", None),
        ("_assignsubmission_file_", None),
        ("lovelaceada_4711_998877_cnn.ipynb", None),
    ],
)
def test_moodle(name: str, named: Named | None) -> None:
    assert moodle(name) == named


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("lovelaceada_4711_998877_cnn.ipynb", Named("4711", "lovelaceada", "cnn.ipynb")),
        (
            "lovelaceada_LATE_4711_998877_cnn-2.ipynb",
            Named("4711", "lovelaceada", "cnn-2.ipynb", late=True, attempt=2),
        ),
        ("müllerjürgen_1_2_my_cnn_3.ipynb", Named("1", "müllerjürgen", "my_cnn_3.ipynb")),
        ("doe_x_1_2_3_cnn.ipynb", Named("1", "doe_x", "3_cnn.ipynb")),
        ("anon_x1Y2z_998877_cnn.ipynb", Named("anon_x1Y2z", "", "cnn.ipynb")),
        ("LATE_anon_12345_998877_5_cnn.ipynb", Named("anon_12345", "", "5_cnn.ipynb", late=True)),
        ("lovelaceada_4711_text.html", Named("4711", "lovelaceada", "text.html")),
        ("lovelaceada_LATE_4711_link.html", Named("4711", "lovelaceada", "link.html", late=True)),
        ("4711_998877_cnn.ipynb", Named("4711", "", "cnn.ipynb")),
        ("lovelaceada_4711_cnn.ipynb", None),
        ("Ada Lovelace_4711_998877_cnn.ipynb", None),
        ("ada.ipynb", None),
    ],
)
def test_canvas(name: str, named: Named | None) -> None:
    assert canvas(name) == named


@pytest.mark.parametrize(
    ("name", "named"),
    [
        (
            "ada+cnn+2026-01-30 20:30:10.123456 UTC+d2Vpcm8tMTIz",
            Named("ada", submitted=EVENING, assignment="cnn"),
        ),
        ("ada+cnn+2026-01-30 20:30:10.123456 UTC", Named("ada", submitted=EVENING, assignment="cnn")),
        ("a+b+cnn+2026-01-30 21:30:10.123456 +01", Named("a+b", submitted=EVENING, assignment="cnn")),
        ("ada+cnn+2026-01-30 20:30:10.123456 CET+d2Vpcm8tMTIz", Named("ada", assignment="cnn")),
        ("ada+cnn+2026-13-30 20:30:10.123456 UTC", Named("ada", assignment="cnn")),
        ("ada+cnn+2026-01-30-20-30-10", None),
        ("cnn+2026-01-30 20:30:10.123456 UTC", None),
        ("+cnn+2026-01-30 20:30:10.123456 UTC", None),
    ],
)
def test_exchange(name: str, named: Named | None) -> None:
    assert exchange(name) == named


def test_plain() -> None:
    assert plain("ada.ipynb") == Named("ada", file="ada.ipynb")
    assert plain("ada.tar.gz") == Named("ada", file="ada.tar.gz")
    assert plain("ada.txt") is None
    assert plain(".ipynb") is None


def test_gradescope() -> None:
    metadata = """\
---
submission_98765:
  :submitters:
  - :name: Jürgen Müller
    :sid: '0017'
    :email: jm@example.org
  :created_at: 2026-01-30 12:30:10.123456789 -08:00
  :score: 2.0
  :results:
    score: 2.0
    output: |-
      :created_at: 1999-01-01 00:00:00 Z
    tests:
    - name: q1
      :submitters:
      - :name: Eve
  :history:
  - :id: 1
    :created_at: 2026-01-01 00:00:00.000000000 Z
submission_2:
  :submitters:
  - :name: &1 Ada
    :sid: 7
    :email: ada@example.org
  - :name: *1
    :sid:
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: &2 2026-01-30 20:30:10.123456000 Z
    zone: !ruby/object:ActiveSupport::TimeZone
      name: Etc/UTC
    time: *2
submission_3:
  :submitters: []
  :created_at: yesterday
"""
    assert gradescope(metadata.encode()) == {
        "submission_98765": Upload((Submitter("Jürgen Müller", "0017", "jm@example.org"),), EVENING),
        "submission_2": Upload((Submitter("Ada", "7", "ada@example.org"), Submitter("Ada")), EVENING),
        "submission_3": Upload((), None),
    }


@pytest.mark.parametrize(
    "metadata",
    [b"", b"a: [", b"\xff\xfe\xff", b"a: 1", b"- :submitters: x", b"[" * 100_000, b"a: \0", b"? [a]\n: b"],
)
def test_a_file_of_another_kind_is_no_metadata(metadata: bytes) -> None:
    assert gradescope(metadata) is None


def test_metadata_that_would_grow_or_run_does_neither() -> None:
    grows = b"a: &a [x,x]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (n, n, n - 1, n - 1) for n in range(98, 123))
    assert gradescope(grows) is None
    runs = b"s:\n  :submitters:\n  - :name: !!python/object/apply:os.system ['exit 1']\n    :sid: '1'\n"
    assert gradescope(runs) == {"s": Upload((Submitter("", "1"),))}


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-30 20:30:10.123456 UTC",
        "2026-01-30 20:30:10.123456",
        "2026-01-30T20:30:10.123456Z",
        "2026-01-30 20:30:10.123456000 Z",
        "2026-01-30 21:30:10.123456 +0100",
        "2026-01-30T15:00:10.123456-05:30",
    ],
)
def test_a_time_is_read_as_utc(text: str) -> None:
    assert utc(text) == EVENING


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-30-20-30-10",
        "2026-01-30",
        "2026-02-30 20:30:10",
        "2026-01-30 20:30:10 CET",
        "30.01.2026 20:30:10",
        "",
        "2026-01-30 20:30:10 UTC\n",
        "٢٠٢٦-01-30 20:30:10",
        "0001-01-01 00:00:00 +05:00",
    ],
)
def test_a_time_that_is_nearly_understood_is_none(text: str) -> None:
    assert utc(text) is None


def test_a_timestamp_is_as_nbgrader_writes_it() -> None:
    assert timestamp(EVENING) == "2026-01-30 20:30:10.123456 UTC"
    there = datetime(999, 1, 1, tzinfo=timezone(timedelta(hours=-1)))
    assert timestamp(there) == "0999-01-01 01:00:00.000000 UTC"


MOMENTS = st.datetimes(timezones=st.just(UTC))
NUMBERS = st.integers(0, 10**12).map(str)
# Names of files as an upload leaves them, and of people as a system keeps them.
FILES = st.text(min_size=1)
PEOPLE = st.text(min_size=1).filter(lambda text: "_" not in text)
LOWER = st.from_regex(r"[a-zäöüß]{1,12}", fullmatch=True)


@given(st.builds(Named, NUMBERS, PEOPLE, FILES | st.just("")), st.sampled_from(["", "_"]))
def test_every_moodle_name_is_read_back(named: Named, tail: str) -> None:
    prefix = f"{named.person}_{named.key}_assignsubmission_file"
    assert moodle(f"{prefix}_{named.file}" if named.file else prefix + tail) == named


@given(NUMBERS, LOWER, FILES, st.booleans(), st.integers(0, 99), NUMBERS)
def test_every_canvas_name_is_read_back(
    key: str, person: str, stem: str, late: bool, attempt: int, upload: str
) -> None:
    file = f"{stem}-{attempt}.ipynb" if attempt else f"{stem}x.ipynb"
    name = f"{person}{'_LATE' if late else ''}_{key}_{upload}_{file}"
    assert canvas(name) == Named(key, person, file, late=late, attempt=attempt)


@given(st.text(min_size=1), PEOPLE.filter(lambda text: "+" not in text), MOMENTS, st.booleans())
def test_every_exchange_name_is_read_back(user: str, topic: str, moment: datetime, random: bool) -> None:
    name = f"{user}+{topic}+{timestamp(moment)}" + ("+-_aAzZ019abc" if random else "")
    assert exchange(name) == Named(user, submitted=moment, assignment=topic)


@given(FILES.filter(lambda text: not split_suffix(text)))
def test_every_plain_name_is_read_back(stem: str) -> None:
    assert plain(f"{stem}.ipynb") == Named(stem, file=f"{stem}.ipynb")


@given(MOMENTS)
def test_every_timestamp_is_read_back(moment: datetime) -> None:
    assert utc(timestamp(moment)) == moment


@given(st.lists(st.builds(Submitter, LOWER, NUMBERS, LOWER), max_size=3), MOMENTS)
def test_every_gradescope_submission_is_read_back(submitters: list[Submitter], moment: datetime) -> None:
    people = "".join(f"  - :name: {s.name}\n    :sid: '{s.sid}'\n    :email: {s.email}\n" for s in submitters)
    metadata = f"submission_1:\n  :submitters:\n{people}  :created_at: {timestamp(moment)}\n"
    assert gradescope(metadata.encode()) == {"submission_1": Upload(tuple(submitters), moment)}


PIECES = (
    st.sampled_from(["_", "+", "-", "1", "42", "LATE", "anon", "UTC", " ", "/", ".ipynb", ".tar.gz", ".."])
    | st.sampled_from(["_assignsubmission_file_", "text.html", "ü", "\n", "\x1b[31m", "\ud800"])
    | st.sampled_from(["2026-01-30 20:30:10.123456", "2026-99-30 20:30:10"])
)


@given(st.text() | st.lists(PIECES).map("".join))
def test_any_text_is_a_name_or_none(text: str) -> None:
    for read in (moodle, canvas, exchange, plain):
        named = read(text)
        assert named is None or type(named) is Named
    split_suffix(text)
    assert utc(text) is None or utc(text).utcoffset() == timedelta(0)  # type: ignore[union-attr]


@given(
    st.binary()
    | st.lists(
        st.sampled_from(
            ["a", ":", " ", "\n", "- ", "  ", "[", "]", "{", "}", ":submitters:", "&x", "*x", "!t"]
        )
    )
    .map("".join)
    .map(str.encode)
)
def test_any_file_is_metadata_or_none(body: bytes) -> None:
    found = gradescope(body)
    assert found is None or found
