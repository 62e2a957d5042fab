"""What is written again when something changed, and what is left alone."""

import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from graders import gradebook, published
from graders.course import Course, load_course
from graders.gradebook import Gradebook
from graders.publish import give_feedback, look, publish, record
from graders.records import Limits, ManualResult, Mark, QuestionResult, Result, Tier, Verdict
from graders.store import ResultStore
from tests.graders.test_grade import cell

STUDENTS = ("ada", "bob", "cyd")
YAML = """schema: 1
course: {id: c, title: C}
topics:
  - {id: toy, title: Toy, points: {auto: 4, manual: 2}, due: 2026-12-18T12:00:00Z}
  - {id: more, title: More, points: {auto: 4, manual: 2}}
"""
PAGE, REPORT = ".sorcery/feedback/{0}/toy/toy.html", ".sorcery/reports/toy.html"
LAID_OUT = (".sorcery/submitted/{0}/toy/toy.ipynb", ".sorcery/submitted/{0}/toy/timestamp.txt")


def notebook(topic: str, answer: str) -> bytes:
    cells = [
        cell("code", "import otter\ngrader = otter.Notebook()", "start"),
        cell("code", answer, "q1-1", grade=False, solution=True),
        cell("code", 'grader.check("q1")', "q1", grade=True, solution=False, points=4),
        cell("markdown", "YOUR ANSWER HERE", "q2", grade=True, solution=True, points=2),
    ]
    about = {"sorcery": {"schema": 1, "topic": topic}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": cells}).encode()


def result(student: str, data: bytes, topic: str = "toy", points: float = 4) -> Result:
    return Result(
        topic=topic,
        student=student,
        file=f"{student}.ipynb",
        sha256=sha256(data).hexdigest(),
        key="",
        engine="0",
        tests_sha256="",
        isolation=Tier.NONE,
        limits=Limits(),
        seed=1,
        verdict=Verdict.GRADED,
        points=points,
        possible=4,
        questions=(QuestionResult(id="q1", points=points, possible=4, seed=1, cases=()),),
        manual=(ManualResult(id="q2", possible=2, answered=True),),
        started="2026-11-24T12:00:00+00:00",
        submitted="2026-12-18T13:00:00+00:00",
    )


def store(course: Course, student: str, topic: str = "toy", points: float = 4) -> None:
    """As grading leaves it."""
    kept, data = ResultStore(course.state, topic), notebook(topic, f"answer = 'of {student}'")
    found = result(student, data, topic, points)
    kept.keep(found.sha256, data)
    kept.write_notebook(student, data)
    kept.write(found)


def publish_all(course: Course, students: tuple[str, ...] = STUDENTS, topic: str = "toy") -> None:
    """As `sorcery grade` does when all is graded."""
    reread = load_course(course.root)
    publish(record(reread, reread.topic(topic), students), students)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    for topic in ("toy", "more"):
        folder = tmp_path / "assignments" / topic
        folder.mkdir(parents=True)
        (folder / f"{topic}.ipynb").write_bytes(notebook(topic, "answer = ..."))
    (tmp_path / "assignments/course.yaml").write_text(YAML)
    (tmp_path / "graders").mkdir()
    loaded = load_course(tmp_path)
    for student in STUDENTS:
        store(loaded, student)
    publish_all(loaded)
    return loaded


def files(course: Course) -> dict[str, tuple[int, int]]:
    found = {}
    for path in course.state.rglob("*"):
        status = path.stat()
        if path.is_file():
            found[path.relative_to(course.root).as_posix()] = (status.st_ino, status.st_mtime_ns)
    return found


def written(course: Course, action: Callable[[Course], object] = publish_all) -> set[str]:
    """The files that `action` writes, without what is only for sorcery itself."""
    before = files(course)
    action(course)
    after = files(course)
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    return {path for path in changed if "/published/" not in path and not path.endswith(".lock")}


def of(*students: str) -> set[str]:
    """All that is made for these."""
    return {path.format(student) for student in students for path in (PAGE, *LAID_OUT)}


GRADEBOOK = ".sorcery/gradebook.db"


def points_in_gradebook(course: Course) -> dict[str, float]:
    with Gradebook(course) as book:
        return {row.student: row.total for row in book.rows("toy")}


def mark_by_hand(course: Course, student: str, points: float, cell: str = "q2") -> None:
    with Gradebook(course) as book:
        given = book._book.find_grade(cell, "toy", "toy", student)
        given.manual_score, given.needs_manual_grade = points, False
        book._book.find_comment("q2", "toy", "toy", student).manual_comment = "Well said."
        book._book.db.commit()


class Opened(Exception):
    pass


@pytest.fixture
def closed(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens the gradebook fails."""

    def refuse(*_: object) -> None:
        raise Opened

    monkeypatch.setattr(gradebook.Gradebook, "__enter__", refuse)


@pytest.mark.usefixtures("closed")
def test_when_nothing_changed_nothing_is_written_and_the_gradebook_stays_closed(course: Course) -> None:
    before = files(course)
    publish_all(course)
    look(course, course.topic("toy"))
    assert files(course) == before


def test_a_changed_result_is_one_row_one_page_and_the_report(course: Course) -> None:
    store(course, "bob", points=1)
    assert written(course) == of("bob") | {REPORT, GRADEBOOK}
    assert points_in_gradebook(course) == {"ada": 4, "bob": 1, "cyd": 4}
    assert "1 of 6 points" in (course.root / PAGE.format("bob")).read_text()
    assert written(course) == set()


def test_a_result_that_says_the_same_is_left_as_it_is(course: Course) -> None:
    kept = ResultStore(course.state, "toy")
    later = replace(kept.read("ada"), started="2027-01-01T00:00:00+00:00")
    assert written(course, lambda _: kept.write(later)) == set()
    assert written(course, lambda _: kept.write(replace(later, seconds=9))) == {
        ".sorcery/results/toy/ada.json"
    }


def test_what_a_person_gave_in_the_gradebook_comes_on_that_page(course: Course) -> None:
    mark_by_hand(course, "ada", 1.5)
    assert look(course, course.topic("toy")).grades["ada"].earned == 5.5
    assert written(course) == of("ada") | {REPORT}
    page = (course.root / PAGE.format("ada")).read_text()
    assert "5.5 of 6 points" in page
    assert "Well said." in page
    assert written(course) == set()


def test_points_a_person_took_back_leave_the_page(course: Course) -> None:
    mark_by_hand(course, "ada", 1.5)
    publish_all(course)
    mark_by_hand(course, "ada", 0)
    assert written(course) == of("ada") | {REPORT, ".sorcery/marks/toy.json"}
    assert "4 of 6 points" in (course.root / PAGE.format("ada")).read_text()


def test_an_extension_is_its_students_row_and_page(course: Course) -> None:
    (course.root / "graders/extensions.yaml").write_text(
        "schema: 1\nextensions:\n  - {student: cyd, topic: toy, due: 2026-12-20T12:00:00Z}\n"
    )
    assert written(course) == of("cyd") | {REPORT, GRADEBOOK}
    assert "(extended for you)" in (course.root / PAGE.format("cyd")).read_text()


def test_a_new_roster_is_the_report_alone(course: Course) -> None:
    (course.root / "graders/roster.csv").write_text("id\nada\nbob\ncyd\ndan\n")
    assert written(course) == {REPORT}
    assert "3 of 4 students have a grade" in (course.root / REPORT).read_text()


def test_what_is_gone_or_was_edited_is_made_again(course: Course) -> None:
    changes: list[tuple[str, Callable[[bytes], bytes] | None]] = [
        (PAGE.format("bob"), None),
        (PAGE.format("bob"), lambda before: before.replace(b"a", b"b")),
        (PAGE.format("bob"), lambda before: b""),
        (LAID_OUT[0].format("bob"), None),
        (LAID_OUT[1].format("bob"), lambda before: before.replace(b"2", b"3")),
        (REPORT, None),
    ]
    for path, change in changes:
        page = course.root / path
        before = page.read_bytes()
        if change is None:
            page.unlink()
        else:
            page.write_bytes(change(before))
        assert written(course) == ({REPORT} if path == REPORT else of("bob"))
        assert page.read_bytes() == before


def test_what_all_depends_on_makes_everything_again(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    yaml, released = course.file, course.topic("toy").notebook
    everything = of(*STUDENTS) | {REPORT}
    monkeypatch.setattr(published, "__version__", "next")
    assert written(course) == everything
    yaml.write_text(yaml.read_text().replace("title: C", "title: D"))
    assert written(course) == everything
    yaml.write_text(yaml.read_text().replace("title: Toy,", "title: Toy, drop: [q2],"))
    assert written(course) == everything | {GRADEBOOK}
    released.write_bytes(released.read_bytes().replace(b"answer = ...", b"answer = None"))
    assert everything < written(course)  # formgrader's copy of it too
    assert written(course) == set()


def test_pages_that_are_asked_for_are_written_and_then_stand(course: Course) -> None:
    view = look(course, course.topic("toy"))
    assert written(course, lambda _: give_feedback(view, ["ada"])) == of("ada")
    assert written(course, lambda _: publish(view, (), force=True)) == {REPORT}
    assert written(course) == set()


def test_a_lost_gradebook_is_made_anew_whoever_is_graded_next(course: Course) -> None:
    """Also with the rows of those who are graded again only after that."""
    mark_by_hand(course, "ada", 1.5)
    publish_all(course)
    (course.root / GRADEBOOK).unlink()
    publish_all(course, ("ada",))
    assert points_in_gradebook(course) == {"ada": 5.5}
    publish_all(course)
    assert points_in_gradebook(course) == {"ada": 5.5, "bob": 4, "cyd": 4}


def test_the_rows_of_another_topic_are_no_reason_to_look_for_marks(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(course, "ada", "more")
    publish_all(course, ("ada",), "more")
    monkeypatch.setattr(gradebook.Gradebook, "__enter__", lambda *_: pytest.fail("it was opened"))
    assert written(course) == set()


def test_who_grades_by_hand_while_rows_are_written_is_not_overlooked(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Gradebook.marks

    def marks(book: Gradebook, topic: str) -> dict[str, dict[str, Mark]]:
        found = real(book, topic)
        book._book.db.rollback()  # or it could not write
        code = (
            f"import sqlite3\nwith sqlite3.connect({str(course.root / GRADEBOOK)!r}) as book:\n"
            "    book.execute('UPDATE grade SET manual_score = 2 WHERE auto_score IS NULL')"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
        return found

    store(course, "bob", points=1)
    monkeypatch.setattr(Gradebook, "marks", marks)
    publish_all(course)
    monkeypatch.setattr(Gradebook, "marks", real)
    publish_all(course)
    for student, points in {"ada": 6, "bob": 3, "cyd": 6}.items():
        assert f"{points} of 6 points" in (course.root / PAGE.format(student)).read_text()


def test_without_a_record_of_it_all_is_published_once_more(course: Course) -> None:
    before = (course.root / PAGE.format("ada")).read_bytes()
    for name, text in [("toy", "{"), ("toy", '{"rows": 3}'), ("gradebook", ""), ("gradebook", "\x00")]:
        (course.state / "published" / f"{name}.json").write_text(text)
        assert written(course) == (of(*STUDENTS) | {REPORT} if name == "toy" else set())
        assert (course.root / PAGE.format("ada")).read_bytes() == before
    assert written(course) == set()


def results_in_memory() -> int:
    return sum(type(found) is Result for found in gc.get_objects())


def test_results_are_read_one_by_one_and_let_go(course: Course) -> None:
    for number in range(20):
        store(course, f"s{number:02}")
    view = look(course, course.topic("toy"))
    others = results_in_memory()  # of tests that ran before in this process
    for student, grade in view.grades.items():
        assert view.results[student].student == grade.student
        assert results_in_memory() <= others + 2
    assert len(view.grades) == 23


IMPORTED = """
import sys
from graders.cli import main
try:
    main()
finally:
    heavy = ("torch", "numpy", "nbgrader", "otter", "sqlalchemy", "pandas", "matplotlib", "jinja2", "rich")
    print(*(name for name in heavy if name in sys.modules), file=sys.stderr)
"""


def test_an_unchanged_batch_is_known_without_anything_heavy_and_nothing_is_written(course: Course) -> None:
    """Through the command itself; of a file that was rejected as well."""
    shutil.rmtree(course.state)
    tests = course.root / "assignments/toy/tests"
    tests.mkdir()
    (tests / "q1.py").write_text(
        "from otter.test_files import test_case\nOK_FORMAT = False\npoints = None\nname = 'q1'\n"
        "@test_case(points=4)\ndef test_one(answer):\n    assert answer == 'ada'\n"
    )
    handed = course.root / "in"
    handed.mkdir()
    (handed / "ada.ipynb").write_bytes(notebook("toy", "answer = 'ada'"))
    (handed / "bob.ipynb").write_bytes(notebook("toy", "answer = 'bob'")[:-9])
    os.mkfifo(handed / "cyd.ipynb")

    def grade(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", IMPORTED, "grade", "toy", "in", *more]
        return subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=True)

    first = grade("--json")
    assert {one["student"]: (one["verdict"], one["points"]) for one in json.loads(first.stdout)} == {
        "ada": ("graded", 4), "bob": ("rejected", 0), "cyd": ("rejected", 0),
    }  # fmt: skip
    before = files(course)
    second = grade("--json")
    assert second.stdout == first.stdout
    assert second.stderr == "\n"
    told = grade()
    assert told.stderr == "\n"
    assert "│ ada     │ graded   │ 4/4    │" in told.stdout
    assert files(course) == before
    (handed / "bob.ipynb").write_bytes(notebook("toy", "answer = 'bob'"))
    third = json.loads(grade("--json").stdout)
    assert {one["student"]: (one["verdict"], one["points"]) for one in third} == {
        "ada": ("graded", 4), "bob": ("graded", 0), "cyd": ("rejected", 0),
    }  # fmt: skip
    changed = {path for path, found in files(course).items() if before.get(path) != found}
    assert not [path for path in changed if "/ada" in path or "/cyd" in path]
