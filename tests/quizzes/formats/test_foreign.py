"""XML and archives that were made to do harm are refused, with a control each that shows the harm."""

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from lxml import etree

from quizzes.formats import foreign_xml, foreign_zip, moodle_xml, qti12, qti21
from quizzes.formats.base import FormatError
from quizzes.formats.foreign_xml import parse, tostring
from quizzes.formats.foreign_zip import packed, unpacked


def laughs(levels: int) -> bytes:
    """Nine of the entity before, at every level."""
    entities = ['<!ENTITY l0 "lol">']
    entities += [f'<!ENTITY l{n} "{f"&l{n - 1};" * 9}">' for n in range(1, levels + 1)]
    return f"<!DOCTYPE quiz [{''.join(entities)}]><quiz>&l{levels};</quiz>".encode()


BILLION = laughs(6)
QUADRATIC = f'<!DOCTYPE quiz [<!ENTITY a "{"a" * 2000}">]><quiz>{"&a;" * 2000}</quiz>'.encode()


@pytest.mark.parametrize("bomb", [BILLION, QUADRATIC], ids=["billion laughs", "quadratic"])
def test_entities_are_refused_before_they_blow_up(bomb: bytes) -> None:
    assert len(ElementTree.fromstring(bomb).text or "") > 100 * len(bomb)  # the control: a plain parser
    with pytest.raises(FormatError, match=r"line 1: a document type"):
        parse(bomb)


def test_entities_of_other_files_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the key")
    attack = f'<!DOCTYPE quiz [<!ENTITY x SYSTEM "{secret.as_uri()}">]>\n<quiz>&x;</quiz>'.encode()
    control = etree.fromstring(attack, etree.XMLParser(resolve_entities=True))
    assert control.text == "the key"
    with pytest.raises(FormatError, match="a document type"):
        parse(attack)


@pytest.mark.parametrize(
    "attack",
    [
        b'<!DOCTYPE quiz SYSTEM "http://127.0.0.1:9/x.dtd"><quiz/>',
        b'<!DOCTYPE quiz [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]><quiz/>',
        b"<!DOCTYPE quiz><quiz/>",
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE quiz [<!ENTITY a "b">]><quiz>&a;</quiz>'.encode(
            "utf-16"
        ),
    ],
)
@pytest.mark.parametrize("read", [moodle_xml.read, qti12.read, qti21.read])
def test_no_format_takes_a_document_type(read: Callable[[bytes, str], object], attack: bytes) -> None:
    with pytest.raises(FormatError, match="a document type"):
        read(attack, "quiz")


def test_depth_and_number_of_elements_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FormatError, match=r"line 2: elements are nested more than 100 deep"):
        parse(b"<a>\n" + b"<b>" * 200)
    monkeypatch.setattr(foreign_xml, "MAX_ELEMENTS", 10)
    assert parse(b"<a>" + b"<b/>" * 9 + b"</a>")
    with pytest.raises(FormatError, match=r"line 1: more than 10 elements"):
        parse(b"<a>" + b"<b/>" * 10 + b"</a>")


def test_larger_files_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_xml, "MAX_BYTES", 5)
    with pytest.raises(FormatError, match="larger than"):
        parse(b"<abcd/>")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<a>\n<b>\n</a>", "line 3: no XML: mismatched tag"),
        (b"", "no XML: no element found"),
        (b"<a>&nbsp;</a>", "line 1: no XML: undefined entity"),
        (b'<?xml version="1.0" encoding="nope"?><a/>', "unknown encoding"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "no XML that can be read"),
        (b"<a>\xff</a>", "line 1: no XML: not well-formed"),
    ],
)
def test_faults_are_told_with_their_line(data: bytes, told: str) -> None:
    with pytest.raises(FormatError, match=told):
        parse(data)


def test_a_tree_is_written_as_it_was_read() -> None:
    text = b'<a x="1 &lt;&quot;&#10;&#9;"><b>t&amp;<i>u</i> v&gt;<k/></b><c><d>&#13;</d></c></a>'
    root = parse(text)
    again = parse(tostring(root))
    assert again.get("x") == '1 <"\n\t'
    assert "".join(again.all("b")[0].pieces()) == "t&u v>"
    assert again.said("c", "d") == ""
    assert [one.text for one in again.every("d")] == ["\r"]


def archive(**members: bytes) -> bytes:
    return packed(members)


def named(*names: str, mode: int = stat.S_IFREG | 0o644) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of duplicates
        for name in names:
            member = zipfile.ZipInfo("x")
            member.filename = name
            member.external_attr = mode << 16
            made.writestr(member, b"/etc/passwd")
    return out.getvalue()


def test_an_archive_comes_back() -> None:
    files = {"imsmanifest.xml": b"<manifest/>", "a/b.png": b"\0" * 1000, "ü.xml": b""}
    assert unpacked(packed(files)) == files
    assert packed(files) == packed(files)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = archive(zeros=b"\0" * (40 << 20))
    assert len(bomb) < 50_000
    assert len(zipfile.ZipFile(io.BytesIO(bomb)).read("zeros")) == 40 << 20  # the control
    with pytest.raises(FormatError, match="can only be a bomb"):
        unpacked(bomb)


def test_what_all_files_unpack_to_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_zip, "MAX_UNPACKED", 100_000)
    assert unpacked(archive(a=b"\0" * 50_000, b=b"\0" * 50_000))
    with pytest.raises(FormatError, match="unpacks to too much"):
        unpacked(archive(a=b"\0" * 50_000, b=b"\0" * 50_000, c=b"\0"))


def test_a_size_that_is_a_lie_is_found_out() -> None:
    data = archive(zeros=b"\0" * (3 << 20))
    for sign, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(sign) + at
        data = data[:place] + struct.pack("<L", 10) + data[place + 4 :]
    assert zipfile.ZipFile(io.BytesIO(data)).getinfo("zeros").file_size == 10
    with pytest.raises(FormatError):
        unpacked(data)


@pytest.mark.parametrize(
    "name",
    [
        "../x.xml",
        "a/../../x.xml",
        "/etc/x.xml",
        "a//b.xml",
        "./x.xml",
        "C:/x.xml",
        "a\\..\\x.xml",
        "a\nb.xml",
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError):
        unpacked(named(name))


def test_the_control_of_names_leads_out(tmp_path: Path) -> None:
    (name,) = zipfile.ZipFile(io.BytesIO(named("../x.xml"))).namelist()
    assert not (tmp_path / name).resolve().is_relative_to(tmp_path)


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    for mode in (stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644, stat.S_IFCHR | 0o644):
        with pytest.raises(FormatError, match="a link or a device"):
            unpacked(named("media/x.png", mode=mode))


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.raises(FormatError, match="two files of this name"):
        unpacked(named("x.xml", "x.xml"))


def test_an_encrypted_file_is_refused() -> None:
    data = archive(quiz=b"secret")
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(sign) + at
        data = data[:place] + b"\x01\x00" + data[place + 2 :]
    with pytest.raises(FormatError, match="is encrypted"):
        unpacked(data)


def test_how_many_files_there_may_be_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_zip, "MAX_MEMBERS", 3)
    assert len(unpacked(named("a", "b", "c"))) == 3
    with pytest.raises(FormatError, match="more than 3 files"):
        unpacked(named("a", "b", "c", "d"))
