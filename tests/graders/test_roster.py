"""The roster says who is who; what is wrong in it is told line by line."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.errors import AuthorError
from graders.roster import Roster, Student, name_words, read_roster


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(AuthorError) as caught:
        read_roster(path)
    return [str(problem).replace(str(path), "roster.csv") for problem in caught.value.problems]


def test_everything_a_row_says(tmp_path: Path) -> None:
    roster = read_roster(
        written(
            tmp_path,
            "id,first_name,last_name,email,canvas_id,moodle_id,username,sid,login\n"
            "ada,Ada,Lovelace,Ada@Example.org,4711,1234567,alovelace,2026001,ada\n"
            "bob,Bob,,,,,,,\n",
        )
    )
    ada, bob = roster
    assert ada == Student(
        id="ada",
        name="Ada Lovelace",
        email="Ada@Example.org",
        aliases=(
            ("canvas_id", "4711"),
            ("moodle_id", "1234567"),
            ("username", "alovelace"),
            ("sid", "2026001"),
            ("login", "ada"),
        ),
        last_name="Lovelace",
    )
    assert (ada.first_name, bob.first_name) == ("Ada", "Bob")
    assert bob == Student(id="bob", name="Bob")
    assert [ada.known_as(column) for column in ("sid", "email", "name")] == ["2026001", "Ada@Example.org", ""]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, end: str, separator: str, encoding: str) -> None:
    lines = ["ID,Name,Email", 'jm1,"Müller, Jürgen",jm@example.org', ",,", ""]
    if separator == ";":
        lines = ["ID;Name;Email", "jm1;Müller, Jürgen;jm@example.org", ";;", ""]
    roster = read_roster(written(tmp_path, end.join(lines), encoding))
    assert list(roster) == [Student("jm1", "Müller, Jürgen", "jm@example.org")]


def test_a_student_is_found_by_whatever_identifies_them() -> None:
    ada = Student("ada", "Ada Lovelace", "Ada@Example.org", (("sid", "2026001"), ("login", "al")))
    roster = Roster([ada, Student("bob")])
    for text in ("ada", " ada ", "ada@example.ORG", "2026001", "al"):
        assert roster.find(text) == ada
    for text in ("Ada", "AL", "Ada Lovelace", "", "lovelace"):
        assert roster.find(text) is None
    assert roster.find("2026001", "sid", "id") == ada
    assert roster.find("2026001", "canvas_id") is None


@pytest.mark.parametrize(
    "text",
    [
        "Jürgen Müller",
        "Müller, Jürgen",
        "müller jürgen",
        "JURGEN  MULLER",
        "müllerjürgen",
        "Ju\u0308rgen Müller",
    ],
)
def test_a_name_is_found_in_any_order_case_and_accents(text: str) -> None:
    students = [Student("jm1", "Jürgen Müller"), Student("ol", "O'Leary-Smith, Áine"), Student("x", "")]
    assert Roster(students).by_name(text) == (students[0],)


def test_moodles_and_canvas_spelling_of_a_name_is_the_name() -> None:
    students = [Student("ol", "O'Leary-Smith, Áine"), Student("akl", "Ada King Lovelace")]
    roster = Roster(students)
    assert roster.by_name("Áine OLeary-Smith") == (students[0],)  # Moodle leaves the apostrophe out
    assert roster.by_name("olearysmithaine") == (students[0],)
    assert roster.by_name("lovelaceadaking") == roster.by_name("kinglovelaceada") == (students[1],)
    assert roster.by_name("Ada Lovelace") == (), "a name in part is no name"
    assert roster.by_name("") == ()


def test_a_name_of_several_means_several() -> None:
    students = [Student("mm1", "Max Müller"), Student("mm2", "Müller, Max"), Student("mm3", "Muller Max")]
    assert Roster(students).by_name("max muller") == tuple(students)
    turned = [Student("a", "James Thomas"), Student("b", "Thomas James")]
    assert Roster(turned).by_name("James Thomas") == tuple(turned), "which is the family name is not known"


@given(st.text(), st.text())
def test_any_text_may_be_looked_for(text: str, name: str) -> None:
    roster = Roster([Student("ada", name, "ada@example.org")])
    roster.find(text)
    assert roster.by_name(name) == ((roster.students[0],) if name_words(name) else ())


def test_two_students_of_one_identifier_are_no_roster() -> None:
    with pytest.raises(ValueError, match="two students"):
        Roster([Student("ada"), Student("bob", aliases=(("login", "ada"),))])


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "id,name,email,sid,canvas_id\n"
        "ada,Ada,ada@example.org,1,11\n"
        "../x,Eve,eve,2,12\n"
        ",Nobody,,3,13\n"
        "\n"
        'ada,"Ada\nagain",ADA@example.org,1,14\n'
        "ADA,A,,5,ada\n"
        "bob,Bob,bob@example.org,1,16,surplus\n"
        "col,C\x1b[31m,,,\n",
    )
    assert faults(path) == [
        "roster.csv:3: '../x' cannot be a student's id; use letters, digits and . _ @ + -",
        "roster.csv:3: 'eve' is no e-mail address; write it as name@host, or leave it empty",
        "roster.csv:4: no id; every student needs one",
        "roster.csv:6: id 'ada' is also the id in line 2; one must be another's",
        "roster.csv:6: email 'ADA@example.org' is also the email in line 2; one must be another's",
        "roster.csv:6: sid '1' is also the sid in line 2; one must be another's",
        "roster.csv:8: id 'ADA' is also the id in line 2; one must be another's",
        "roster.csv:8: canvas_id 'ada' is also the id in line 2; one must be another's",
        "roster.csv:9: a cell below no column; name its column, or quote what holds a separator",
        "roster.csv:9: sid '1' is also the sid in line 2; one must be another's",
        "roster.csv:10: name 'C\\x1b[31m' holds what cannot be shown; write it anew",
    ]


def test_a_student_may_be_called_the_same_in_several_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "id,username,login,email\nada,ada,ada,a@b\nbob,b@b,,b@b\n")
    assert [student.id for student in read_roster(path)] == ["ada", "bob"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "roster.csv: is empty; begin with a header: id, name, "),
        ("id,name\n", "roster.csv: has no student in it"),
        ("name,email\nAda,a@b\n", "roster.csv:1: no column 'id'; add one"),
        ("id,e_mail\nada,a@b\n", "roster.csv:1: unknown column 'e_mail'; did you mean 'email'?"),
        ("id,age\nada,3\n", "roster.csv:1: unknown column 'age'; columns are id, name"),
        ("id,sid,SID\nada,1,1\n", "roster.csv:1: a second column 'sid'; keep one"),
        ("id,name,last_name\nada,Ada,L\n", "roster.csv:1: 'name' and 'first_name' or 'last_name'"),
        ('id,name\nada,Ada\nbob,"Bob"x\n', "roster.csv:3: is no valid CSV: "),
        ('id,name\nada,"Ada\n', "roster.csv:2: is no valid CSV: "),
    ],
)
def test_a_file_that_is_no_roster_is_told(tmp_path: Path, text: str, fault: str) -> None:
    (found,) = faults(written(tmp_path, text))
    assert found.startswith(fault)


def test_another_encoding_is_told_with_the_mend(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name\nada,Ada\njm,Jürgen\n", "latin-1")
    assert faults(path) == ["roster.csv:3: is not UTF-8; save it as UTF-8 (in Excel: CSV UTF-8)"]
    assert "is not UTF-8" in faults(written(tmp_path, "id\nada\n", "utf-16"))[0]


def test_a_roster_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert faults(tmp_path / "roster.csv") == ["roster.csv: cannot be read: No such file or directory"]


@given(st.binary(max_size=200))
def test_any_file_is_a_roster_or_told_to_be_none(
    tmp_path_factory: pytest.TempPathFactory, body: bytes
) -> None:
    path = tmp_path_factory.mktemp("roster") / "roster.csv"
    path.write_bytes(b"id,name,email\nada,Ada,a@b\n" + body)
    with contextlib.suppress(AuthorError):
        assert len(read_roster(path)) >= 1
