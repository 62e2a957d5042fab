"""Who has longer, and what is wrong with a file that says so."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from graders.course import Course, load_course
from graders.errors import AuthorError
from graders.extensions import EXTENSIONS_FILE, read_extensions


@pytest.fixture
def course(tmp_path: Path) -> Course:
    file = tmp_path / "assignments/course.yaml"
    file.parent.mkdir()
    file.write_text(
        "schema: 1\ncourse: {id: c, title: C, timezone: Europe/Berlin}\ntopics:\n"
        "  - {id: cnn, title: T, points: {auto: 1}, due: 2026-12-18T23:59}\n"
        "  - {id: free, title: F, points: {auto: 1}}\n"
    )
    return load_course(tmp_path)


def write(course: Course, *entries: str) -> None:
    path = course.root / EXTENSIONS_FILE
    path.parent.mkdir()
    path.write_text("schema: 1\nextensions:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries))


def test_nobody_has_longer_without_a_file(course: Course) -> None:
    assert read_extensions(course) == {}


def test_a_time_without_an_offset_is_the_courses(course: Course) -> None:
    write(
        course,
        "student: ada, topic: cnn, due: 2026-12-21T23:59",
        "student: bob, topic: cnn, due: 2026-12-21T23:59:00Z",
    )
    found = read_extensions(course)
    assert found["ada", "cnn"].astimezone(UTC) == datetime(2026, 12, 21, 22, 59, tzinfo=UTC)
    assert found["bob", "cnn"] == datetime(2026, 12, 21, 23, 59, tzinfo=UTC)


def test_every_fault_is_told_with_its_line(course: Course) -> None:
    write(
        course,
        "student: ada, topic: cnn, due: 2026-12-21T23:59",
        "student: ada, topic: cnn, due: 2026-12-22T23:59",
        "student: bob, topic: cmn, due: 2026-12-22T23:59",
        "student: bob, topic: free, due: 2026-12-22T23:59",
        "student: cy, topic: cnn, due: 2026-12-18T23:58",
    )
    with pytest.raises(AuthorError) as caught:
        read_extensions(course)
    assert [str(p).replace(str(course.root) + "/", "") for p in caught.value.problems] == [
        "graders/extensions.yaml:4:15: a second extension of cnn for ada; remove one",
        "graders/extensions.yaml:5:27: no topic 'cmn'; did you mean 'cnn'?",
        "graders/extensions.yaml:6:27: free has no due time to be extended; give it one in course.yaml",
        (
            "graders/extensions.yaml:7:36: cy would have less time than all others "
            "(2026-12-18T23:59:00+01:00); write a later time"
        ),
    ]
