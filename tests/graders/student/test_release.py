"""What is handed out is what students need, and nothing of the staff's."""

import json
import stat
import zipfile
from pathlib import Path

import pytest

from graders.course import find_course
from graders.errors import AuthorError
from graders.release import make_release
from tests.graders.student.conftest import COURSE, DUE, MASTER, sorcery, write

FILES = {
    "toy/toy.ipynb",
    "toy/course.yaml",
    "toy/tests/q1.py",
    "toy/tests/q2.py",
    "toy/data/numbers.npy",
    "toy/data/deep/note.txt",
}


@pytest.fixture
def released(staff: Path, tmp_path: Path) -> Path:
    """An exchange into which the topic was released."""
    root = tmp_path / "exchange"
    root.mkdir()
    write(staff, {"assignments/course.yaml": COURSE.format(due=DUE, exchange=root)})
    run = sorcery(staff, "release", "toy")
    assert run.returncode == 0, run.stderr
    return root


def below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_a_zip_file_holds_the_topic_and_nothing_of_the_staffs(staff: Path, tmp_path: Path) -> None:
    run = sorcery(staff, "release", "toy", "--zip", str(tmp_path / "out/toy.zip"))
    assert run.returncode == 0, run.stderr
    with zipfile.ZipFile(tmp_path / "out/toy.zip") as archive:
        assert set(archive.namelist()) == FILES
        assert archive.read("toy/toy.ipynb") == (staff / "assignments/toy/toy.ipynb").read_bytes()
        everything = b"".join(map(archive.read, archive.namelist()))
    assert b"4242" not in everything
    assert b"commutative" not in everything


def test_a_folder_holds_the_same_and_nothing_there_is_lost(staff: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert sorcery(staff, "release", "toy", "--to", str(out)).returncode == 0
    assert below(out) == FILES
    (out / "toy/mine.txt").write_text("of somebody")
    before = (out / "toy/course.yaml").stat().st_mtime_ns
    run = sorcery(staff, "release", "toy", "--to", str(out))
    assert (run.returncode, run.stdout) == (2, "")
    assert "mine.txt is not of the release" in run.stderr
    assert (out / "toy/course.yaml").stat().st_mtime_ns == before


def test_an_exchange_gets_it_in_nbgraders_places_with_nbgraders_permissions(
    staff: Path, released: Path
) -> None:
    course = released / "deep"
    assert below(course / "outbound") == FILES
    modes = {
        name: stat.S_IMODE((course / name).stat().st_mode)
        for name in (
            "outbound",
            "inbound",
            "outbound/toy",
            "outbound/toy/data/deep",
            "outbound/toy/toy.ipynb",
        )
    }
    assert modes == {
        "outbound": 0o755,
        "inbound": 0o2733,
        "outbound/toy": 0o755,
        "outbound/toy/data/deep": 0o755,
        "outbound/toy/toy.ipynb": 0o644,
    }


def test_a_release_takes_the_place_of_the_one_before(staff: Path, released: Path) -> None:
    place = released / "deep/outbound/toy"
    (place / "leaked/solution.py").parent.mkdir()
    (place / "leaked/solution.py").write_text("x")
    (staff / "assignments/toy/data/deep/note.txt").rename(staff / "assignments/toy/data/note.txt")
    assert sorcery(staff, "release", "toy").returncode == 0
    assert below(place.parent) == (FILES - {"toy/data/deep/note.txt"}) | {"toy/data/note.txt"}
    assert not (place / "leaked").exists()
    assert not (place / "data/deep").exists()


def test_every_topic_in_an_exchange_gets_the_course_file_of_now(staff: Path, released: Path) -> None:
    write(staff, {"solutions/far.py": MASTER.replace("toy", "far")})
    for name in ("tests/q1.py", "tests/q2.py"):
        write(staff, {f"assignments/far/{name}": (staff / "assignments/toy" / name).read_text()})
    for name in ("q1.py", "q3.py"):
        hidden = staff / "graders/hidden_tests"
        write(staff, {f"graders/hidden_tests/far/{name}": (hidden / "toy" / name).read_text()})
    text = COURSE.format(due="2031-01-01T00:00", exchange=released)
    write(staff, {"assignments/course.yaml": text.replace("auto: 1}", "auto: 10, manual: 2}")})
    assert sorcery(staff, "build", "far").returncode == 0
    run = sorcery(staff, "release", "far")
    assert run.returncode == 0, run.stderr
    for topic in ("toy", "far"):
        assert "2031-01-01" in (released / f"deep/outbound/{topic}/course.yaml").read_text()


def test_a_stale_notebook_is_not_released(staff: Path, tmp_path: Path) -> None:
    write(staff, {"solutions/toy.py": MASTER.replace("return 2 * x", "return x + x")})
    assert sorcery(staff, "release", "toy", "--zip", str(tmp_path / "ok.zip")).returncode == 0
    write(
        staff,
        {"solutions/toy.py": MASTER.replace("def double(x)", "def double(y)").replace("2 * x", "2 * y")},
    )
    run = sorcery(staff, "release", "toy", "--zip", str(tmp_path / "toy.zip"))
    assert run.returncode == 2
    assert run.stderr == (
        "toy is not released: assignments/toy/toy.ipynb is not what solutions/toy.py builds; run: sorcery build toy\n"
    )
    assert not (tmp_path / "toy.zip").exists()


def test_without_an_exchange_it_says_what_else_there_is(staff: Path) -> None:
    run = sorcery(staff, "release", "toy")
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
    assert "--to or --zip" in run.stderr
    assert sorcery(staff, "release", "toy", "--to", "a", "--zip", "b").returncode == 2
    write(staff, {"assignments/course.yaml": COURSE.format(due=DUE, exchange="nowhere")})
    run = sorcery(staff, "release", "toy")
    assert (run.returncode, "no such folder" in run.stderr) == (2, True)
    assert not (staff / "nowhere").exists()


@pytest.mark.parametrize("name", ["aux.txt", "what?.txt", "trailing.", "a:b"])
def test_a_file_that_not_every_student_could_have_is_its_authors_error(staff: Path, name: str) -> None:
    (staff / "assignments/toy/data" / name).write_text("x")
    course = find_course(staff)
    with pytest.raises(AuthorError, match="not every system"):
        make_release(course, course.topic("toy"))


def test_a_link_is_its_authors_error(staff: Path) -> None:
    (staff / "assignments/toy/data/more").symlink_to(staff / "solutions")
    course = find_course(staff)
    with pytest.raises(AuthorError, match="more: is a link"):
        make_release(course, course.topic("toy"))


def test_the_notebook_of_a_release_is_the_built_one(staff: Path) -> None:
    course = find_course(staff)
    made = make_release(course, course.topic("toy"))
    assert {f"toy/{name}" for name in made.files} == FILES
    assert json.loads(made.files["toy.ipynb"])["metadata"]["sorcery"] == {"schema": 1, "topic": "toy"}
