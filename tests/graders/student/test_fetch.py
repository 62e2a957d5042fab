"""`sorcery fetch`: a release arrives whole, and nothing that a student changed is written over."""

import contextlib
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graders.errors import UsageError
from graders.release import read_release
from graders.store import portable_name
from tests.graders.student.conftest import COURSE, DUE, answer, sorcery

ALL = """\
added    assignments/course.yaml
added    assignments/toy/data/deep/note.txt
added    assignments/toy/data/numbers.npy
added    assignments/toy/tests/q1.py
added    assignments/toy/tests/q2.py
added    assignments/toy/toy.ipynb
"""

Repack = Callable[[dict[str, bytes | None]], None]


@pytest.fixture
def repack(archive: Path) -> Repack:
    """Changes files of the release, or takes them out of it."""

    def change(files: dict[str, bytes | None]) -> None:
        with zipfile.ZipFile(archive) as packed:
            content = {name: packed.read(name) for name in packed.namelist()}
        with zipfile.ZipFile(archive, "w") as packed:
            for name, body in (content | files).items():
                if body is not None:
                    packed.writestr(name, body)

    return change


def fetch(root: Path, archive: Path) -> str:
    run = sorcery(root, "fetch", "toy", "--from", str(archive))
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def content(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_a_course_begins_in_an_empty_folder(archive: Path, tmp_path: Path) -> None:
    root = tmp_path / "empty"
    root.mkdir()
    assert sorted(fetch(root, archive).splitlines()) == ALL.splitlines()
    with zipfile.ZipFile(archive) as packed:
        assert (root / "assignments/toy/toy.ipynb").read_bytes() == packed.read("toy/toy.ipynb")
        assert (root / "assignments/course.yaml").read_bytes() == packed.read("toy/course.yaml")
    assert not list(root.glob("assignments/toy/course.yaml"))
    before = content(root)
    assert fetch(root / "assignments/toy/tests", archive) == "toy is as it was released\n"
    assert content(root) == before


def test_what_was_not_changed_is_brought_up_to_date_and_what_was_deleted_comes_back(
    student: Path, archive: Path, repack: Repack
) -> None:
    repack({"toy/tests/q1.py": b"# new\n", "toy/data/extra.txt": b"more"})
    (student / "assignments/toy/tests/q2.py").unlink()
    assert sorted(fetch(student, archive).splitlines()) == [
        "added    assignments/toy/data/extra.txt",
        "added    assignments/toy/tests/q2.py",
        "updated  assignments/toy/tests/q1.py",
    ]
    assert (student / "assignments/toy/tests/q1.py").read_bytes() == b"# new\n"


def test_a_changed_notebook_stays_and_the_new_one_is_put_beside(
    student: Path, notebook: Path, archive: Path, repack: Repack
) -> None:
    answer(notebook, {"q1-1": "mine"})
    mine = notebook.read_bytes()
    assert fetch(student, archive) == (
        "kept     assignments/toy/toy.ipynb; you changed it; the release has nothing new\n"
    )
    with zipfile.ZipFile(archive) as packed:
        newer = json.loads(packed.read("toy/toy.ipynb"))
    newer["cells"][0]["source"] += "\n# new"
    repack({"toy/toy.ipynb": json.dumps(newer).encode()})
    assert fetch(student, archive) == (
        "kept     assignments/toy/toy.ipynb; you changed it; the new one is toy.new.ipynb\n"
    )
    beside = notebook.with_name("toy.new.ipynb")
    assert json.loads(beside.read_bytes()) == newer
    assert notebook.read_bytes() == mine
    fetch(student, archive)
    assert sorted(path.name for path in notebook.parent.glob("*.ipynb")) == ["toy.ipynb", "toy.new.ipynb"]

    # What was put beside is the student's too, once they change it.
    answer(beside, {"q1-1": "mine too"})
    newest = newer | {"cells": newer["cells"][:-1]}
    repack({"toy/toy.ipynb": json.dumps(newest).encode()})
    assert "the new one is toy.new2.ipynb" in fetch(student, archive)
    assert (notebook.read_bytes(), json.loads(notebook.with_name("toy.new2.ipynb").read_bytes())) == (
        mine,
        newest,
    )
    assert "mine too" in beside.read_text()


def test_files_that_nothing_is_known_of_are_the_students(archive: Path, tmp_path: Path) -> None:
    root = tmp_path / "cloned"
    (root / "assignments/toy").mkdir(parents=True)
    (root / "assignments/toy/toy.ipynb").write_text("my own")
    said = fetch(root, archive)
    assert "kept     assignments/toy/toy.ipynb; you changed it; the new one is toy.new.ipynb" in said
    assert (root / "assignments/toy/toy.ipynb").read_text() == "my own"


def test_a_changed_test_is_kept_where_nobody_takes_the_new_one_for_another_test(
    student: Path, archive: Path, repack: Repack
) -> None:
    (student / "assignments/toy/tests/q1.py").write_text("# mine\n")
    repack({"toy/tests/q1.py": b"# new\n"})
    assert "; the new one is q1.py.new\n" in fetch(student, archive)
    assert sorted(path.name for path in (student / "assignments/toy/tests").iterdir()) == [
        "q1.py", "q1.py.new", "q2.py",
    ]  # fmt: skip


def test_a_lost_record_costs_no_work(student: Path, notebook: Path, archive: Path) -> None:
    answer(notebook, {"q1-1": "mine"})
    mine = notebook.read_bytes()
    (student / ".sorcery/fetched.json").write_bytes(b"\xff{")
    assert "toy.new.ipynb" in fetch(student, archive)
    assert notebook.read_bytes() == mine


def test_an_older_release_does_not_bring_back_an_older_course_file(student: Path, archive: Path) -> None:
    folder = student.parent / "folder"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    old = (folder / "toy/course.yaml").read_text()
    (folder / "toy/course.yaml").write_text(old.replace("Toy", "Toys"))
    assert "updated  assignments/course.yaml\n" in fetch(student, folder)
    os.utime(folder / "toy/course.yaml", (0, 0))
    (folder / "toy/course.yaml").write_text(old)
    os.utime(folder / "toy/course.yaml", (0, 0))
    assert fetch(student, folder) == "kept     assignments/course.yaml; that of this release is older\n"
    assert "Toys" in (student / "assignments/course.yaml").read_text()


def test_an_exchange_is_fetched_from_without_naming_it(member: Path, shared: Path) -> None:
    assert sorcery(member, "fetch", "toy").stdout == "toy is as it was released\n"
    (shared / "deep/outbound/toy/tests/q1.py").write_text("# new\n")
    assert sorcery(member, "fetch", "toy").stdout == "updated  assignments/toy/tests/q1.py\n"
    far, unknown = sorcery(member, "fetch", "far"), sorcery(member, "fetch", "toi")
    assert (far.returncode, far.stderr) == (2, "far is not released yet\n")
    assert (unknown.returncode, unknown.stderr) == (
        2,
        "no topic 'toi'; did you mean 'toy'? (topics: toy, far)\n",
    )


def test_an_exchange_that_cannot_be_read_is_one_line(member: Path, shared: Path) -> None:
    before = content(member)
    shutil.rmtree(shared)
    shared.write_text("a file")
    run = sorcery(member, "fetch", "toy")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"the exchange cannot be used: {shared}/deep/outbound: Not a directory\n"
    assert content(member) == before


def test_a_link_in_an_exchange_leads_nowhere(member: Path, shared: Path) -> None:
    (shared / "deep/outbound/toy/data/passwords").symlink_to("/etc/passwd")
    run = sorcery(member, "fetch", "toy")
    assert (run.returncode, "is a link" in run.stderr) == (2, True)
    assert not (member / "assignments/toy/data/passwords").exists()


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"../../escaped.txt": b"x"}, "a file is called '../../escaped.txt'"),
        ({"/tmp/escaped.txt": b"x"}, "a file is called '/tmp/escaped.txt'"),
        ({"toy/data/..\\..\\escaped.txt": b"x"}, "not every system"),
        ({"C:/escaped.txt": b"x"}, "not every system"),
        ({"toy/data/nul.txt": b"x"}, "not every system"),
        ({"toy/data/Numbers.NPY": b"x"}, "one file on some systems"),
        ({"toy/toy.ipynb": None}, "no toy.ipynb in it"),
        ({"toy/toy.ipynb": b"{}"}, "the release is not whole: toy.ipynb is no notebook sorcery built"),
        ({"toy/course.yaml": b"schema: 2\n"}, "the release is not whole: course.yaml:1"),
        (
            {
                "toy/course.yaml": COURSE.replace("id: deep", "id: other")
                .format(due=DUE, exchange="x")
                .encode()
            },
            "this is a release of the course other, and here is deep",
        ),
    ],
)
def test_a_release_that_cannot_be_taken_changes_nothing(
    student: Path, archive: Path, repack: Repack, files: dict[str, bytes | None], says: str
) -> None:
    repack(files)
    before = content(student)
    run = sorcery(student, "fetch", "toy", "--from", str(archive))
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (2, "", 1)
    assert says in run.stderr
    assert content(student) == before
    assert not list(student.parent.rglob("escaped*"))


def test_what_a_release_may_not_hold_does_not_arrive(student: Path, archive: Path, repack: Repack) -> None:
    repack({
        "toy/sitecustomize.py": b"x", "toy/tests/deep/more.py": b"x", "toy/tests/.hidden.py": b"x",
        "toy/__pycache__/x.pyc": b"x", "__MACOSX/toy/._toy.ipynb": b"x", "other/readme.txt": b"x",
    })  # fmt: skip
    assert fetch(student, archive) == "toy is as it was released\n"


def test_a_zip_file_that_holds_a_link_or_more_than_it_says_is_refused(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as packed:
        info = zipfile.ZipInfo("toy/data/link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(info, "/etc/passwd")
    with pytest.raises(UsageError, match="toy/data/link is a link"):
        read_release(archive, "toy")


def test_a_zip_bomb_is_refused(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as packed:
        for number in range(5):
            packed.writestr(f"toy/data/zeros{number}", bytes(60 << 20))
    with pytest.raises(UsageError, match="more than 256 MiB"):
        read_release(archive, "toy")


def test_many_files_are_refused(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as packed:
        for number in range(10_001):
            packed.writestr(f"toy/data/{number}", b"")
    with pytest.raises(UsageError, match="more than 10,000 files"):
        read_release(archive, "toy")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_zip_file_is_refused_or_read_and_nothing_else(archive: Path, data: st.DataObject) -> None:
    whole = archive.read_bytes()
    body = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    damaged = archive.with_name("damaged.zip")
    damaged.write_bytes(bytes(body))
    with contextlib.suppress(UsageError):
        release = read_release(damaged, "toy")
        assert all(portable_name(part) for name in release.files for part in name.split("/"))


@given(st.text(max_size=300))
def test_a_portable_name_is_a_name_of_one_file_everywhere(name: str) -> None:
    if portable_name(name):
        assert not set(name) & set('<>:"/\\|?*')
        assert name.rstrip(". ") == name
        assert name not in ("", ".", "..")


@pytest.mark.parametrize(
    "name", ["con", "NUL.txt", "Com1", "lpt9.tar.gz", "a/b", "..", "", "a\0", "a ", "x" * 256, "é" * 128]
)
def test_what_windows_cannot_have_is_no_portable_name(name: str) -> None:
    assert not portable_name(name)


@pytest.mark.parametrize("name", ["toy.ipynb", "digits.npz", "console", "é", "a b", "a..b"])
def test_what_every_system_can_have_is_one(name: str) -> None:
    assert portable_name(name)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("fetch", "toy"), "no course in"),
        (("fetch", "toy", "--from", "missing.zip"), "no such file or folder"),
        (("fetch", "../toy", "--from", "."), "is no topic's id"),
        (("fetch", "toy", "--from", "."), "no toy.ipynb in it"),
    ],
)
def test_a_wrong_command_is_one_line(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    run = sorcery(tmp_path, *arguments)
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (2, "", 1)
    assert says in run.stderr
    assert not list(tmp_path.iterdir())


def test_without_an_exchange_a_release_has_to_be_named(student: Path) -> None:
    run = sorcery(student, "fetch", "toy")
    assert run.returncode == 2
    assert (
        run.stderr == "this course has no exchange to fetch from; name a release with --from FOLDER_OR_ZIP\n"
    )


def test_a_disk_that_is_full_loses_nothing(
    student: Path, notebook: Path, archive: Path, repack: Repack
) -> None:
    answer(notebook, {"q1-1": "mine"})
    (student / "assignments/toy/data/more").write_text("a file, where a folder comes")
    repack({"toy/data/more/file": b"x", "toy/tests/q1.py": b"# new\n"})
    before = notebook.read_bytes()
    run = sorcery(student, "fetch", "toy", "--from", str(archive))
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
    (student / "assignments/toy/data/more").unlink()
    assert "updated  assignments/toy/tests/q1.py\n" in fetch(student, archive)
    assert notebook.read_bytes() == before
