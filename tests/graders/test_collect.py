"""Downloads as instructors get them become submissions of students; what is unclear is listed, not guessed."""

import contextlib
import os
import pwd
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import sources
from graders.collect import Collected, Unplaced, collect
from graders.errors import UsageError
from graders.intake import MAX_BYTES
from graders.layouts import is_notebook
from graders.roster import Roster, Student
from graders.untrusted import on_one_line

ME = pwd.getpwuid(os.getuid()).pw_name
EVENING = datetime(2026, 1, 30, 20, 30, 10, 123456, UTC)

ADA = Student("ada", "Ada Lovelace", "ada@example.org", (("canvas_id", "4711"), ("sid", "2026001")))
JM1 = Student("jm1", "Jürgen Müller-Lüdenscheidt", "jm@example.org", (("canvas_id", "4712"),))
OLE = Student("ole", "Áine O'Leary", "ole@example.org", (("moodle_id", "77"),))
MM1 = Student("mm1", "Max Weber", "mm1@example.org")
MM2 = Student("mm2", "Weber, Max", "mm2@example.org")
ROSTER = Roster([ADA, JM1, OLE, MM1, MM2])

Maker = Callable[[Path, dict[str, bytes | str]], Path]


def folder(path: Path, files: dict[str, bytes | str]) -> Path:
    path.mkdir(exist_ok=True)
    for name, data in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def zipped(path: Path, files: dict[str, bytes | str]) -> Path:
    path = path.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


both = pytest.mark.parametrize("made", [folder, zipped])


def taken(collected: Collected) -> list[tuple[str, str]]:
    return [(one.student, one.file) for one in collected.taken]


def listed(entries: tuple[Unplaced, ...]) -> list[tuple[str, str]]:
    """Where in its source, and the reason."""
    return [(one.place.partition(": ")[2], one.reason) for one in entries]


def nothing_else(collected: Collected, *but: str) -> None:
    for name in ("unknown", "ambiguous", "spoofed", "duplicate", "refused"):
        assert name in but or getattr(collected, name) == (), name


# Moodle


@both
def test_moodle_folders_are_placed_by_name(tmp_path: Path, made: Maker) -> None:
    source = made(
        tmp_path / "DL1-CNN-12",
        {
            "Ada Lovelace_1234567_assignsubmission_file_/cnn.ipynb": "a",
            "Ju\u0308rgen Mu\u0308ller-Lu\u0308denscheidt_2_assignsubmission_file_/My Notebook_1.ipynb": "b",
            "Áine OLeary_77_assignsubmission_file_/homework/cnn.ipynb": "c",
            "Áine OLeary_77_assignsubmission_file_/draft.ipynb": "d",
            "Áine OLeary_77_assignsubmission_onlinetext_/onlinetext.html": "see file",
        },
    )
    found = collect("cnn", [source], ROSTER)
    assert taken(found) == [
        ("ada", "cnn.ipynb"),
        ("jm1", "My Notebook_1.ipynb"),
        ("ole", "homework/cnn.ipynb"),
    ]
    nothing_else(found)
    ada = found.taken[0]
    assert (ada.submitted, ada.late, ada.version) == (None, False, 1), (
        "the times in a zip are of no submission"
    )
    assert ada.sha256 == sha256(b"a").hexdigest()


@both
@pytest.mark.parametrize("tail", ["_cnn.ipynb", "/cnn.ipynb", "_/cnn.ipynb"])
def test_moodle_names_with_and_without_folders_and_underscore(tmp_path: Path, made: Maker, tail: str) -> None:
    source = made(tmp_path / "moodle", {f"Ada Lovelace_1_assignsubmission_file{tail}": "a"})
    assert taken(collect("cnn", [source], ROSTER)) == [("ada", "cnn.ipynb")]


def test_moodle_blind_marking_is_placed_by_number(tmp_path: Path) -> None:
    source = zipped(
        tmp_path / "moodle",
        {
            "Participant_77_assignsubmission_file_/cnn.ipynb": "a",
            "Participant_78_assignsubmission_file_/cnn.ipynb": "b",
        },
    )
    found = collect("cnn", [source], ROSTER)
    assert taken(found) == [("ole", "cnn.ipynb")]
    assert listed(found.unknown) == [
        ("'Participant_78_assignsubmission_file_'", "'78', 'Participant': nobody in the roster")
    ]


def test_moodle_names_that_could_be_of_several_are_not_guessed(tmp_path: Path) -> None:
    source = zipped(
        tmp_path / "moodle",
        {
            "Max Weber_1_assignsubmission_file_/cnn.ipynb": "a",
            "Ada Lovelace_77_assignsubmission_file_/cnn.ipynb": "b",
            "Áine OLeary_3_assignsubmission_file_/cnn.ipynb": "c",
            "Group A_4_assignsubmission_file_/cnn.ipynb": "d",
        },
    )
    found = collect("cnn", [source], ROSTER)
    assert found.taken == ()
    nothing_else(found, "ambiguous", "unknown")
    assert listed(found.ambiguous) == [
        (
            "'Ada Lovelace_77_assignsubmission_file_'",
            "'77', 'Ada Lovelace': the number or address is that of ole, the name that of ada",
        ),
        ("'Max Weber_1_assignsubmission_file_'", "'1', 'Max Weber': mm1 and mm2 have that name"),
        (
            "'Áine OLeary_3_assignsubmission_file_'",
            "'3', 'Áine OLeary': the name is that of ole, whose moodle_id in the roster is '77'",
        ),
    ]
    assert listed(found.unknown) == [
        ("'Group A_4_assignsubmission_file_'", "'4', 'Group A': nobody in the roster")
    ]


def test_two_people_of_a_name_that_the_roster_has_once_are_not_that_student(tmp_path: Path) -> None:
    first = zipped(tmp_path / "one", {"Ada Lovelace_9_assignsubmission_file_/cnn.ipynb": "z"})
    source = zipped(
        tmp_path / "two",
        {
            "Ada Lovelace_1_assignsubmission_file_/cnn.ipynb": "a",
            "Ada Lovelace_2_assignsubmission_file_/cnn.ipynb": "b",
        },
    )
    found = collect("cnn", [first, source], ROSTER)
    assert found.taken == ()
    assert [(one.student, one.reason) for one in found.ambiguous] == [
        ("ada", "several in this download have the name of ada, which only one of them can be"),
        ("ada", "several in this download have the name of ada, which only one of them can be"),
        ("ada", "another submission has the name of ada too"),
    ]


# Canvas


@both
def test_canvas_files_are_placed_by_number_and_name(tmp_path: Path, made: Maker) -> None:
    source = made(
        tmp_path / "submissions",
        {
            "lovelaceada_4711_1_cnn-2.ipynb": "a",
            "lovelaceada_4711_2_plot_1.png": "p",
            "müllerlüdenscheidtjürgen_LATE_4712_3_my_cnn-final.ipynb": "b",
            "olearyáine_99_4_cnn.ipynb": "c",
        },
    )
    found = collect("cnn", [source], ROSTER)
    assert [(one.student, one.file, one.late, one.submitted) for one in found.taken] == [
        ("ada", "cnn-2.ipynb", False, None),
        ("jm1", "my_cnn-final.ipynb", True, None),
        ("ole", "cnn.ipynb", False, None),
    ]
    nothing_else(found)


def test_canvas_topics_may_end_as_re_uploads_do(tmp_path: Path) -> None:
    source = zipped(
        tmp_path / "submissions",
        {"lovelaceada_4711_1_cnn-2.ipynb": "a", "lovelaceada_4711_2_cnn-1.ipynb": "b"},
    )
    assert taken(collect("cnn-2", [source], ROSTER)) == [("ada", "cnn-2.ipynb")]


def test_canvas_files_of_one_attempt_have_no_order(tmp_path: Path) -> None:
    source = zipped(
        tmp_path / "submissions",
        {
            "lovelaceada_4711_1_cnn.ipynb": "a",
            "lovelaceada_4711_2_cnn-1.ipynb": "b",
            "oleary_99_4_cnn.ipynb": "x",
            "müllerlüdenscheidtjürgen_4712_5_cnn.ipynb": "c",
            "müllerlüdenscheidtjürgen_4712_6_cnn-1.ipynb": "c",
        },
    )
    found = collect("cnn", [source], ROSTER)
    assert taken(found) == [("jm1", "cnn-1.ipynb")]
    assert [(one.student, one.reason) for one in found.ambiguous] == [
        ("ada", "2 different files, and nothing says which is the latest"),
        ("ada", "2 different files, and nothing says which is the latest"),
    ]
    assert [one.student for one in found.duplicate] == ["jm1"]
    assert "byte-identical" in found.duplicate[0].reason
    assert listed(found.unknown) == [("'oleary_99_4_cnn.ipynb'", "'99', 'oleary': nobody in the roster")]


def test_what_canvas_holds_beside_notebooks_is_told(tmp_path: Path) -> None:
    source = zipped(
        tmp_path / "submissions",
        {
            "lovelaceada_4711_text.html": "<p>",
            "müllerlüdenscheidtjürgen_4712_1_a.ipynb": "a",
            "müllerlüdenscheidtjürgen_4712_2_b.ipynb": "b",
            "anon_x1Y2z_3_cnn.ipynb": "c",
            "stray.ipynb": "d",
            "grades.csv": "e",
        },
    )
    found = collect("cnn", [source], ROSTER)
    assert found.taken == ()
    nothing_else(found, "unknown", "refused")
    assert listed(found.refused) == [
        ("'lovelaceada_4711_text.html'", "no notebook is in it, but 'text.html'"),
        (
            "'müllerlüdenscheidtjürgen_4712_1_a.ipynb'",
            "no notebook in it is named cnn.ipynb, of 2: 'a.ipynb', 'b.ipynb'",
        ),
    ]
    assert [one.student for one in found.refused] == ["ada", "jm1"]
    assert listed(found.unknown) == [
        ("'stray.ipynb'", "it is not named as by Canvas, lovelaceada_4711_998877_cnn.ipynb"),
        ("'anon_x1Y2z_3_cnn.ipynb'", "'anon_x1Y2z': nobody in the roster"),
    ]


def test_names_in_utf_8_are_read_without_the_flag_that_says_so(tmp_path: Path) -> None:
    source = zipped(tmp_path / "submissions", {"mxxllerlxxdenscheidtjxxrgen_4712_1_cnn.ipynb": "a"})
    source.write_bytes(source.read_bytes().replace(b"xx", "ü".encode()))
    assert taken(collect("cnn", [source], Roster([JM1]))) == [("jm1", "cnn.ipynb")]


def test_names_in_cp437_are_read_as_such(tmp_path: Path) -> None:
    source = zipped(
        tmp_path / "moodle", {"Jxrgen Mxller-Lxdenscheidt_1_assignsubmission_file_/cnn.ipynb": "a"}
    )
    source.write_bytes(
        source.read_bytes().replace(b"Jx", b"J\x81").replace(b"Mx", b"M\x81").replace(b"Lx", b"L\x81")
    )
    assert taken(collect("cnn", [source], ROSTER)) == [("jm1", "cnn.ipynb")]


# Gradescope

METADATA = """\
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :sid: '2026001'
    :email: ADA@example.org
  - :name: Jürgen Müller-Lüdenscheidt
    :sid:
    :email: jm@example.org
  :created_at: 2026-01-30 20:30:10.123456000 Z
submission_2:
  :submitters:
  - :name: Max Weber
    :email: mm1@example.org
    :sid: mm1
  :created_at: 2026-01-30 12:30:11.123456000 -08:00
submission_3:
  :submitters:
  - :name: Nobody
    :email: n@example.org
  :created_at: 2026-01-30 20:30:10.123456000 Z
submission_4:
  :submitters:
  - :name: Áine O'Leary
    :email: ada@example.org
  :created_at: 2026-01-30 20:30:10.123456000 Z
submission_5:
  :submitters:
  - :name: Áine O'Leary
    :email: ole@example.org
"""


@both
@pytest.mark.parametrize("around", ["", "assignment_1234_export/"])
def test_gradescope_submissions_are_of_all_their_submitters(tmp_path: Path, made: Maker, around: str) -> None:
    files: dict[str, bytes | str] = {f"submission_{n}/cnn.ipynb": f"{n}" for n in range(1, 5)}
    files |= {"submission_9/cnn.ipynb": "x", "submission_metadata.yml": METADATA}
    source = made(tmp_path / "export", {around + name: data for name, data in files.items()})
    found = collect("cnn", [source], ROSTER)
    assert [(one.student, one.submitted, one.sha256 == sha256(b"1").hexdigest()) for one in found.taken] == [
        ("ada", EVENING, True),
        ("jm1", EVENING, True),
        ("mm1", EVENING.replace(second=11), False),
    ]
    nothing_else(found, "unknown", "ambiguous", "refused")
    assert listed(found.unknown) == [
        (
            f"'{around}submission_9'",
            "it is not named as by Gradescope, submission_98765/cnn.ipynb beside submission_metadata.yml",
        ),
        (f"'{around}submission_3'", "'n@example.org', 'Nobody': nobody in the roster"),
    ]
    whose = "the number or address is that of ada, the name that of ole"
    assert [one.reason for one in found.ambiguous] == [f"'ada@example.org', 'Áine O'Leary': {whose}"]
    assert listed(found.refused) == [(f"'{around}submission_5'", "the export holds no file of it")]


def test_gradescope_students_who_contradict_themselves_are_not_guessed(tmp_path: Path) -> None:
    metadata = """\
submission_1:
  :submitters:
  - :name: Somebody
    :sid: '2026001'
    :email: jm@example.org
  :created_at: 2026-01-30 20:30:10.123456000 Z
submission_2:
  :submitters: []
  :created_at: 2026-01-30 20:30:10.123456000 Z
submission_3:
  :submitters:
  - :name: Jürgen Müller-Lüdenscheidt
    :sid: '999'
"""
    files = {f"submission_{n}/cnn.ipynb": f"{n}" for n in (1, 2, 3)} | {"submission_metadata.yml": metadata}
    found = collect("cnn", [zipped(tmp_path / "export", files)], ROSTER)
    nothing_else(found, "ambiguous", "unknown")
    assert taken(found) == [("jm1", "cnn.ipynb")], "the roster has no number that would contradict the name"
    assert [one.reason for one in found.ambiguous] == [
        "'jm@example.org', '2026001', 'Somebody': in the roster these are ada and jm1"
    ]
    assert listed(found.unknown) == [("'submission_2'", "without a name: nobody in the roster")]


def test_a_name_is_not_enough_where_its_student_is_there_already(tmp_path: Path) -> None:
    metadata = """\
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :email: ada@example.org
submission_2:
  :submitters:
  - :name: Ada Lovelace
"""
    files = {f"submission_{n}/cnn.ipynb": f"{n}" for n in (1, 2)} | {"submission_metadata.yml": metadata}
    found = collect("cnn", [zipped(tmp_path / "export", files)], ROSTER)
    nothing_else(found, "ambiguous")
    assert [one.student for one in found.ambiguous] == ["ada", "ada"]


def test_gradescope_without_its_metadata_says_nothing(tmp_path: Path) -> None:
    source = zipped(tmp_path / "export", {"submission_1/cnn.ipynb": "a", "submission_metadata.yml": "a: ["})
    with pytest.raises(UsageError, match=r"submission_metadata.yml is not as Gradescope writes it"):
        collect("cnn", [source], ROSTER)
    bare = zipped(tmp_path / "bare", {"submission_1/cnn.ipynb": "a", "submission_2/cnn.ipynb": "b"})
    with pytest.raises(UsageError, match=r"no submission_metadata.yml is in it"):
        collect("cnn", [bare], ROSTER, scheme="gradescope")
    linked = folder(tmp_path / "linked", {"submission_1/cnn.ipynb": "a", "yml": METADATA})
    (linked / "submission_metadata.yml").symlink_to(linked / "yml")
    with pytest.raises(UsageError, match=r"submission_metadata.yml: this is a link"):
        collect("cnn", [linked], ROSTER)


# nbgrader


def inbound(
    *moments: str, user: str = ME, topic: str = "cnn", tail: str = "+d2Vpcm8tMTIz"
) -> dict[str, bytes | str]:
    return {f"{user}+{topic}+{moment}{tail}/{topic}.ipynb": moment for moment in moments}


def test_an_exchange_gives_every_version_in_time(tmp_path: Path) -> None:
    files = inbound("2026-01-30 20:30:11.000000 UTC", "2026-01-30 20:30:09.000000 UTC")
    files |= inbound("2026-01-30 21:30:10.000000 +01", tail="")
    files |= inbound("2026-01-30 20:30:09.000000 UTC", topic="rnn") | {"notes.txt": "x"}
    source = folder(tmp_path / "inbound", files)
    found = collect("cnn", [source], Roster([Student("me", aliases=(("login", ME),))]))
    assert [(one.student, one.submitted, one.version) for one in found.taken] == [
        ("me", datetime(2026, 1, 30, 20, 30, second, tzinfo=UTC), version)
        for version, second in enumerate((9, 10, 11), 1)
    ]
    nothing_else(found)
    bare = collect("cnn", [source])
    assert [one.student for one in bare.taken] == [ME] * 3, "logins are ids without a roster"


def test_an_exchange_is_found_in_its_course(tmp_path: Path) -> None:
    files = {f"inbound/{name}": data for name, data in inbound("2026-01-30 20:30:11.000000 UTC").items()}
    files |= {"outbound/cnn/cnn.ipynb": "released", "feedback/x/cnn.html": "f"}
    folder(tmp_path / "exchange", {f"dl/{name}": data for name, data in files.items()})
    for source in (tmp_path / "exchange" / "dl", tmp_path / "exchange"):
        assert taken(collect("cnn", [source])) == [(ME, "cnn.ipynb")]


def test_a_folder_of_another_owner_is_spoofed(tmp_path: Path) -> None:
    files = inbound("2026-01-30 20:30:11.000000 UTC", user="mallory")
    files |= inbound("2026-01-30 20:30:12.000000 UTC")
    source = folder(tmp_path / "inbound", files)
    roster = Roster([Student("mallory"), Student("me", aliases=(("login", ME),))])
    found = collect("cnn", [source], roster)
    assert taken(found) == [("me", "cnn.ipynb")]
    nothing_else(found, "spoofed")
    assert listed(found.spoofed) == [
        (
            "'mallory+cnn+2026-01-30 20:30:11.000000 UTC+d2Vpcm8tMTIz'",
            f"it claims to be of 'mallory', but belongs to '{ME}'",
        )
    ]
    assert [one.student for one in collect("cnn", [source], roster, check_owner=False).taken] == [
        "mallory",
        "me",
    ]


@pytest.mark.parametrize(("second", "versions", "ambiguous"), [("a", 1, 0), ("b", 0, 2)])
def test_two_folders_of_one_moment_are_two_submissions(
    tmp_path: Path, second: str, versions: int, ambiguous: int
) -> None:
    moment = "2026-01-30 20:30:11.000000 UTC"
    files: dict[str, bytes | str] = {
        f"{ME}+cnn+{moment}+aaaaaaaaaaaa/cnn.ipynb": "a",
        f"{ME}+cnn+{moment}+bbbbbbbbbbbb/cnn.ipynb": second,
    }
    found = collect("cnn", [folder(tmp_path / "inbound", files)])
    assert (len(found.taken), len(found.duplicate), len(found.ambiguous)) == (versions, versions, ambiguous)
    places = {one.place for one in (*found.duplicate, *found.ambiguous)}
    assert len(places) == len(found.duplicate) + len(found.ambiguous)


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_file_of_another_owner_in_ones_folder_is_spoofed(tmp_path: Path) -> None:
    source = folder(tmp_path / "inbound", inbound("2026-01-30 20:30:11.000000 UTC"))
    os.chown(next(source.glob("*/cnn.ipynb")), 12345, 12345)
    (spoofed,) = collect("cnn", [source]).spoofed
    assert spoofed.reason == f"it claims to be of '{ME}', but its notebook belongs to 'user 12345'"


def test_an_exchange_without_a_time_in_utc_is_refused(tmp_path: Path) -> None:
    source = folder(tmp_path / "inbound", inbound("2026-01-30 20:30:11.000000 CET"))
    found = collect("cnn", [source])
    assert [(one.student, one.reason) for one in found.refused] == [
        (ME, "its name says no time in UTC or with an offset")
    ]


def test_an_exchange_in_a_zip_file_has_lost_its_owners(tmp_path: Path) -> None:
    source = zipped(tmp_path / "inbound", inbound("2026-01-30 20:30:11.000000 UTC"))
    with pytest.raises(UsageError, match="name the inbound folder itself"):
        collect("cnn", [source])
    assert taken(collect("cnn", [source], check_owner=False)) == [(ME, "cnn.ipynb")]


def test_an_exchange_without_the_topic_is_told(tmp_path: Path) -> None:
    source = folder(tmp_path / "inbound", inbound("2026-01-30 20:30:11.000000 UTC"))
    with pytest.raises(UsageError, match=r"inbound: no submission of rnn is in it"):
        collect("rnn", [source])


@both
@pytest.mark.parametrize("around", ["", "submitted/"])
def test_nbgraders_folders_say_when(tmp_path: Path, made: Maker, around: str) -> None:
    files: dict[str, bytes | str] = {
        "ada/cnn/cnn.ipynb": "a",
        "ada/cnn/timestamp.txt": "2026-01-30 20:30:10.123456 UTC\n",
        "ada/rnn/rnn.ipynb": "x",
        "jm1/cnn/solution.ipynb": "b",
        "ole/cnn/cnn.ipynb": "c",
        "ole/cnn/timestamp.txt": "2026-01-30-20-30-10",
        "eve/cnn/cnn.ipynb": "d",
        "mm1/rnn/rnn.ipynb": "y",
        "mm2/cnn.ipynb": "z",
    }
    files = {around + name: data for name, data in files.items()}
    if around:
        files |= {"source/cnn/cnn.ipynb": "s", "release/cnn/cnn.ipynb": "r"}
    found = collect("cnn", [made(tmp_path / "course", files)], ROSTER)
    assert [(one.student, one.submitted, one.file) for one in found.taken] == [
        ("ada", EVENING, "cnn.ipynb"),
        ("jm1", None, "solution.ipynb"),
    ]
    nothing_else(found, "unknown", "refused")
    assert [one.reason for one in found.refused] == [
        "its timestamp.txt says '2026-01-30-20-30-10'; write it as 2026-01-30 20:30:10.123456 UTC"
    ]
    assert listed(found.unknown) == [
        (f"'{around}mm2'", "it is not named as by nbgrader, ada/cnn/cnn.ipynb"),
        (f"'{around}eve'", "'eve': nobody in the roster"),
    ]


# By hand


@both
def test_plain_names_are_students_ids(tmp_path: Path, made: Maker) -> None:
    files: dict[str, bytes | str] = {
        "ada.ipynb": "a",
        "bob_x-1/cnn.ipynb": "b",
        "bob_x-1/other.ipynb": "b2",
        "bob_x-1/cnn.zip": "b3",
        "cat/whatever.IPYNB": "c",
        "dan/deep/er/cnn.ipynb": "d",
        "eve.tar.gz": "e",
        "fay/hand-in.zip": "f",
        "fay/.cnn.ipynb": "f2",
        "gus/.ipynb_checkpoints/cnn.ipynb": "g",
        "hal/a.ipynb": "h1",
        "hal/b.ipynb": "h2",
        "ida/rnn/rnn.ipynb": "i",
        "notes.txt": "n",
        ".git/x.ipynb": "n",
    }
    found = collect("cnn", [made(tmp_path / "submissions", files)])
    assert taken(found) == [
        ("ada", "ada.ipynb"),
        ("bob_x-1", "cnn.ipynb"),
        ("cat", "whatever.IPYNB"),
        ("dan", "deep/er/cnn.ipynb"),
        ("eve", "eve.tar.gz"),
        ("fay", "hand-in.zip"),
    ]
    nothing_else(found, "refused")
    hidden = "'.ipynb_checkpoints' (this is a hidden folder)"
    checkpoint = hidden if made is folder else "'.ipynb_checkpoints/cnn.ipynb'"
    assert listed(found.refused) == [
        ("'gus'", f"no notebook is in it, but {checkpoint}"),
        ("'hal'", "no notebook in it is named cnn.ipynb, of 2: 'a.ipynb', 'b.ipynb'"),
        ("'ida'", "no notebook in it is named cnn.ipynb, of 1: 'rnn/rnn.ipynb'"),
    ]


def test_a_student_who_is_there_as_file_and_folder_has_two_versions(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "ada.ipynb": "a",
        "ada/cnn.ipynb": "b",
        "bob.ipynb": "c",
        "bob/x.ipynb": "c",
    }
    found = collect("cnn", [folder(tmp_path / "all", files)])
    assert taken(found) == [("bob", "x.ipynb")]
    assert [one.student for one in found.ambiguous] == ["ada", "ada"]
    assert [one.student for one in found.duplicate] == ["bob"]


def test_one_notebook_is_a_source_too(tmp_path: Path) -> None:
    folder(tmp_path, {"ada.ipynb": "a", "bob.ipynb": "b"})
    assert taken(collect("cnn", [tmp_path / "ada.ipynb"])) == [("ada", "ada.ipynb")]


def test_a_zipped_folder_of_students_is_no_student(tmp_path: Path) -> None:
    source = zipped(
        tmp_path / "all", {"all/ada.ipynb": "a", "all/bob.ipynb": "b", "__MACOSX/all/._ada.ipynb": "x"}
    )
    assert taken(collect("cnn", [source])) == [("ada", "ada.ipynb"), ("bob", "bob.ipynb")]
    one = zipped(tmp_path / "one", {"ada/cnn.ipynb": "a", "ada/draft.ipynb": "b"})
    assert taken(collect("cnn", [one])) == [("ada", "cnn.ipynb")]


def test_what_is_no_file_is_refused_and_never_read(tmp_path: Path) -> None:
    source = folder(tmp_path / "submissions", {"ada.ipynb": "a", "huge.ipynb": "", "empty/x/y": ""})
    secret = tmp_path / "secret.ipynb"
    secret.write_text("secret")
    (source / "link.ipynb").symlink_to(secret)
    (source / "dirlink").symlink_to(tmp_path)
    folder(source / "inner", {"cnn.ipynb": "x"})
    (source / "inner" / "cnn.ipynb").unlink()
    (source / "inner" / "cnn.ipynb").symlink_to(secret)
    os.mkfifo(source / "pipe.ipynb")
    os.truncate(source / "huge.ipynb", MAX_BYTES + 1)
    (source / "empty" / "x" / "y").unlink()
    found = collect("cnn", [source])
    assert taken(found) == [("ada", "ada.ipynb")]
    nothing_else(found, "refused")
    link = "this is a link to a file, not the file"
    assert sorted(listed(found.refused)) == [
        ("'dirlink'", link),
        ("'empty'", "no notebook is in it, but 'x' (this is an empty folder)"),
        (
            "'huge.ipynb'",
            "the file has 64 MiB; at most 64 are accepted. Clear its outputs and save it again",
        ),
        ("'inner'", link),
        ("'link.ipynb'", link),
        ("'pipe.ipynb'", "this is no file but a device, a pipe or a socket"),
    ]


def test_a_student_whose_folders_have_no_end_is_refused(tmp_path: Path) -> None:
    source = folder(tmp_path / "submissions", {"bob.ipynb": "b", f"ada/{'d/' * 40}cnn.ipynb": "a"})
    found = collect("cnn", [source])
    assert taken(found) == [("bob", "bob.ipynb")]
    nested = "/".join("d" * 32)
    reason = f"no notebook is in it, but '{nested}' (folders are nested more than 32 deep)"
    assert listed(found.refused) == [("'ada'", reason)]


# Hostile names

HOSTILE = {
    "Ada Lovelace_1_assignsubmission_file_/cnn.ipynb": "good",
    "../../Ada Lovelace_1_assignsubmission_file_/cnn.ipynb": "slip",
    "/etc/cnn.ipynb": "absolute",
    "Jürgen Müller-Lüdenscheidt_2_assignsubmission_file_/c\nnn.ipynb": "newline",
    "Max \x1b[31mWeber_3_assignsubmission_file_/cnn.ipynb": "ansi",
    f"Áine OLeary_77_assignsubmission_file_/{'x' * 300}.ipynb": "long",
    "Eve\u202e_5_assignsubmission_file_/cnn.ipynb": "bidi",
}


def test_hostile_names_in_a_zip_lead_nowhere_and_are_told_harmlessly(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    source = zipped(tmp_path / "a" / "b" / "moodle", HOSTILE)
    before = sorted(tmp_path.rglob("*"))
    found = collect("cnn", [source], ROSTER)
    assert sorted(tmp_path.rglob("*")) == before
    assert taken(found) == [("ada", "cnn.ipynb")]
    assert found.taken[0].sha256 == sha256(b"good").hexdigest()
    nothing_else(found, "unknown", "refused", "ambiguous")
    assert listed(found.refused) == [
        ("''", "its path leads out of the download"),
        ("'..'", "its path leads out of the download"),
        ("'Jürgen Müller-Lüdenscheidt_2_assignsubmission_file_'", "a name holds what is no text"),
        ("'Áine OLeary_77_assignsubmission_file_'", "a name is longer than 255 characters"),
    ]
    told = [*found.unknown, *found.refused, *found.ambiguous]
    assert all(one.place.isprintable() and one.reason.isprintable() for one in told)
    assert len(told) == 6


@pytest.mark.parametrize("name", ["a\nb", "x\x1b[2Jy", "ü", "a b", "-rf", "~", "a" * 120, "\udcff"])
def test_hostile_names_in_a_folder_are_refused_as_ids(tmp_path: Path, name: str) -> None:
    source = folder(tmp_path / "submissions", {f"{name}.ipynb": "x", "ada.ipynb": "a"})
    found = collect("cnn", [source])
    assert taken(found) == [("ada", "ada.ipynb")]
    (refused,) = found.refused
    assert refused.place.isprintable()
    assert refused.reason.isprintable()


# Zip files


def test_a_link_or_a_device_in_a_zip_file_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "submissions.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for name, kind in (("link", stat.S_IFLNK), ("device", stat.S_IFCHR), ("file", stat.S_IFREG)):
            member = zipfile.ZipInfo(f"{name}.ipynb")
            member.external_attr = (kind | 0o644) << 16
            archive.writestr(member, "/etc/passwd")
    found = collect("cnn", [source])
    assert taken(found) == [("file", "file.ipynb")]
    assert listed(found.refused) == [
        ("'device.ipynb'", "this is no file but a device, a pipe or a socket"),
        ("'link.ipynb'", "this is a link to a file, not the file"),
    ]


def test_a_member_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    source = zipped(
        tmp_path / "all", {"ada.ipynb": "a", "bomb.ipynb": bytes(8 << 20), "big.ipynb": bytes(MAX_BYTES + 1)}
    )
    found = collect("cnn", [source])
    assert taken(found) == [("ada", "ada.ipynb")]
    assert [one.reason for one in found.refused] == ["it unpacks to more than 500 times its size"] * 2


def test_a_member_that_is_too_large_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "all.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("big.ipynb", bytes(MAX_BYTES + 1))
    (refused,) = collect("cnn", [source]).refused
    assert refused.reason.startswith("the file has 64 MiB; at most 64 are accepted")


def test_a_size_that_lies_is_a_damaged_file(tmp_path: Path) -> None:
    source = zipped(tmp_path / "all", {"ada.ipynb": os.urandom(5000)})
    body = bytearray(source.read_bytes())
    place = body.rindex(b"PK\1\2")
    body[place + 24 : place + 28] = (10).to_bytes(4, "little")
    source.write_bytes(body)
    with pytest.raises(UsageError, match="a damaged one"):
        collect("cnn", [source])


def test_an_encrypted_or_damaged_zip_file_is_told(tmp_path: Path) -> None:
    good = zipped(tmp_path / "good", {"ada.ipynb": "a" * 1000}).read_bytes()
    bad = tmp_path / "bad.zip"
    encrypted = bytearray(good)
    encrypted[good.index(b"PK\3\4") + 6] |= 1
    encrypted[good.index(b"PK\1\2") + 8] |= 1
    for body, told in (
        (bytes(encrypted), r"bad.zip: it is encrypted. Unpack it and name the folder"),
        (good[:-30], r"bad.zip: no zip file, or a damaged one"),
        (good.replace(b"ada.ipynb", b"eve.ipynb", 1), r"bad.zip: no zip file, or a damaged one"),
        (b"", r"bad.zip: no zip file, or a damaged one"),
        (b"PK\5\6" + bytes(18), r"bad.zip: nothing is in it"),
    ):
        bad.write_bytes(body)
        with pytest.raises(UsageError, match=told) as caught:
            collect("cnn", [bad])
        assert "\n" not in str(caught.value)


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 400))
def test_any_damage_is_told_as_such(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, start: int, cut: int
) -> None:
    path = tmp_path_factory.mktemp("zip") / "all"
    source = zipped(path, {"ada.ipynb": "a" * 100, "bob/cnn.ipynb": "b" * 100})
    body = source.read_bytes()
    source.write_bytes(body[:start] + noise + body[start + cut :])
    with contextlib.suppress(UsageError):
        collect("cnn", [source])


def test_a_download_without_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, bytes | str] = {f"s{n}.ipynb": "x" * n for n in range(1, 5)}
    monkeypatch.setattr(sources, "MAX_ENTRIES", 3)
    for made in (folder, zipped):
        with pytest.raises(UsageError, match=r"all(.zip)?: holds more than 3 files"):
            collect("cnn", [made(tmp_path / "all", files)])
    monkeypatch.setattr(sources, "MAX_ENTRIES", 4)
    monkeypatch.setattr(sources, "MAX_READ", 9)
    with pytest.raises(UsageError, match=r"all.zip: more than .* are in it"):
        collect("cnn", [tmp_path / "all.zip"])
    monkeypatch.setattr(sources, "MAX_READ", 10)
    assert len(collect("cnn", [tmp_path / "all.zip"]).taken) == 4


# Which scheme


@pytest.mark.parametrize("scheme", ["moodl", "", "nothing"])
def test_names_of_two_schemes_are_unclear(tmp_path: Path, scheme: str) -> None:
    files: dict[str, bytes | str] = {
        "Ada Lovelace_1_assignsubmission_file_/cnn.ipynb": "a",
        "lovelaceada_4711_1_cnn.ipynb": "b",
    }
    source = folder(tmp_path / "mixed", files)
    with pytest.raises(UsageError) as caught:
        collect("cnn", [source], ROSTER, scheme=scheme)
    if scheme:
        mend = "; did you mean 'moodle'?" if scheme == "moodl" else ""
        schemes = "moodle, canvas, gradescope, exchange, nbgrader, plain"
        assert str(caught.value) == f"no scheme {scheme!r}{mend} (schemes: {schemes})"
    else:
        assert str(caught.value).startswith(
            f"{source}: how its files are named is unclear ('Ada Lovelace_1_assignsubmission_file_', "
            "'lovelaceada_4711_1_cnn.ipynb', 1 of 2 as Moodle names them, 1 of 2 as Canvas names them). "
            "Name a scheme, one of moodle: Ada Lovelace_1234567_assignsubmission_file_/cnn.ipynb; canvas: "
        )


def test_a_scheme_that_few_names_follow_is_unclear(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"lovelaceada_4711_1_cnn.ipynb": "a", "bob.ipynb": "b"}
    with pytest.raises(UsageError, match="1 of 2 as Canvas names them"):
        collect("cnn", [folder(tmp_path / "all", files)], ROSTER)


def test_only_canvas_numbers_what_is_uploaded_again(tmp_path: Path) -> None:
    source = folder(tmp_path / "all", {"ada/cnn-2.ipynb": "a", "ada/other.ipynb": "b"})
    (refused,) = collect("cnn", [source]).refused
    assert refused.reason == "no notebook in it is named cnn.ipynb, of 2: 'cnn-2.ipynb', 'other.ipynb'"


def test_a_scheme_may_be_said(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "Ada Lovelace_1_assignsubmission_file_/cnn.ipynb": "a",
        "lovelaceada_4711_1_cnn.ipynb": "b",
    }
    source = folder(tmp_path / "mixed", files)
    found = collect("cnn", [source], ROSTER, scheme="canvas")
    assert taken(found) == [("ada", "cnn.ipynb")]
    assert found.taken[0].sha256 == sha256(b"b").hexdigest()
    assert [one.place.partition(": ")[2] for one in found.unknown] == [
        "'Ada Lovelace_1_assignsubmission_file_'"
    ]
    plain = collect("cnn", [source], scheme="plain")
    assert [one.reason.partition(" cannot")[0] for one in plain.refused] == [
        "'Ada Lovelace_1_assignsubmission_file_'"
    ]
    assert taken(plain) == [("lovelaceada_4711_1_cnn", "lovelaceada_4711_1_cnn.ipynb")]


def test_a_folder_without_notebooks_is_unclear(tmp_path: Path) -> None:
    source = folder(tmp_path / "photos", {"a.png": "", "b.png": "", "c.png": "", "d.png": ""})
    with pytest.raises(UsageError, match=r"unclear \('a.png', 'b.png', 'c.png' and others\)"):
        collect("cnn", [source])
    with pytest.raises(UsageError, match="nothing is in it"):
        collect("cnn", [folder(tmp_path / "empty", {})])
    with pytest.raises(UsageError, match="no such file or folder"):
        collect("cnn", [tmp_path / "absent"])


@pytest.mark.parametrize(
    "name", ["Ada Lovelace_1_assignsubmission_file_/cnn.ipynb", "lovelaceada_4711_1_cnn.ipynb"]
)
def test_names_of_people_need_a_roster(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="names people; only a roster says which students they are"):
        collect("cnn", [zipped(tmp_path / "all", {name: "a"})])


# Versions in time


def versions(tmp_path: Path, *contents: tuple[str, str]) -> Collected:
    """One student's, from as many downloads: `contents` are pairs of a time (or none) and a text."""
    sources = []
    for number, (moment, text) in enumerate(contents):
        files: dict[str, bytes | str] = {"ada/cnn/cnn.ipynb": text}
        if moment:
            files["ada/cnn/timestamp.txt"] = f"2026-01-{moment} 12:00:00.000000 UTC"
        sources.append(folder(tmp_path / f"download{number}", files))
    return collect("cnn", sources)


def days(collected: Collected) -> list[tuple[int, int]]:
    return [(one.submitted.day if one.submitted else 0, one.version) for one in collected.taken]


def test_versions_are_numbered_in_time(tmp_path: Path) -> None:
    found = versions(tmp_path, ("12", "b"), ("14", "c"), ("10", "a"))
    assert days(found) == [(10, 1), (12, 2), (14, 3)]
    nothing_else(found)


def test_handing_in_the_same_again_keeps_the_first_time(tmp_path: Path) -> None:
    found = versions(tmp_path, ("12", "a"), ("10", "a"), ("", "a"))
    assert days(found) == [(10, 1)]
    assert [one.reason.partition(" in ")[0] for one in found.duplicate] == [
        "byte-identical to the version of 2026-01-10 12:00:00.000000 UTC"
    ] * 2


def test_going_back_to_an_earlier_version_is_a_version(tmp_path: Path) -> None:
    found = versions(tmp_path, ("10", "a"), ("12", "b"), ("14", "a"))
    assert days(found) == [(10, 1), (12, 2), (14, 3)]
    nothing_else(found)


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ([("10", "a"), ("10", "b")], "different files were handed in at the same moment"),
        ([("10", "a"), ("12", "b"), ("12", "c")], "different files were handed in at the same moment"),
        ([("", "a"), ("", "b")], "2 different files, and nothing says which is the latest"),
        ([("10", "a"), ("", "b")], "2 different files, and nothing says which is the latest"),
    ],
)
def test_without_an_order_nothing_is_taken(
    tmp_path: Path, contents: list[tuple[str, str]], reason: str
) -> None:
    found = versions(tmp_path, *contents)
    assert found.taken == ()
    assert [(one.student, one.reason) for one in found.ambiguous] == [("ada", reason)] * len(contents)


# Whatever is in a download

NAMES = st.lists(
    st.sampled_from(["ada", "jm1", "cnn", "cnn.ipynb", "a.ipynb", "x.zip", ".hid", "..", "b.txt"])
    | st.sampled_from(["timestamp.txt", "inbound", "submitted"])
    | st.sampled_from(["", "\n", "\x1b[31m", "Max Weber", "Ada Lovelace_1_assignsubmission_file_"])
    | st.sampled_from(["lovelaceada_4711_1_cnn.ipynb", "submission_metadata.yml", "submission_1"])
    | st.just("ada+cnn+2026-01-30 20:30:10.123456 UTC"),
    min_size=1,
    max_size=4,
).map("/".join)


def outcome(source: Path, roster: Roster | None, scheme: str) -> Collected | str:
    try:
        return collect("cnn", [source], roster, scheme=scheme, check_owner=False)
    except UsageError as error:
        return str(error)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(
    st.lists(NAMES, max_size=8), st.sampled_from(["", "moodle", "canvas", "gradescope", "nbgrader", "plain"])
)
def test_every_download_is_read_or_told_to_be_unclear(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], scheme: str
) -> None:
    source = tmp_path_factory.mktemp("zip") / "all.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(name or "x", METADATA if name.endswith(".yml") else str(number))
    for roster in (ROSTER, None):
        found = outcome(source, roster, scheme)
        if isinstance(found, str):
            assert found.isprintable()
            continue
        told = [*found.unknown, *found.ambiguous, *found.spoofed, *found.duplicate, *found.refused]
        assert all(one.place.isprintable() and one.reason.isprintable() for one in told)
        assert all(one.file.isprintable() for one in found.taken)
        assert found.taken or told
        if scheme in ("moodle", "canvas", "gradescope", "plain"):  # the others pass over other topics
            tops = {one.entry.parts[0] for one in found.taken}
            for name in filter(is_notebook, (tuple(name.split("/")) for name in names)):
                assert name[0] in tops or any(f"'{on_one_line(name[0])}" in one.place for one in told)
