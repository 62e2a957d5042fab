"""nbgrader's gradebook: a real SQLite file and a real PostgreSQL database, each time a new one."""

import multiprocessing
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import object_session

from graders import gradebook, gradebook_rows
from graders.assignment import Assignment, Manual, Question
from graders.course import Course, Topic, load_course
from graders.errors import UsageError
from graders.gradebook import Gradebook
from graders.late import LatePolicy
from graders.records import Limits, ManualResult, Mark, QuestionResult, Result, Tier, Verdict
from graders.store import Marks

ASSIGNMENT = Assignment(
    topic="toy",
    questions=(Question("q1", 4, "q1-1", "q1"), Question("q2", 2, "q2-1", "q2")),
    manual=(Manual("q3", 3, "q3", "Your answer."),),
    cell_ids=frozenset({"q1", "q2", "q3"}),
    imports=(),
)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server of our own; the URL of its databases, without their name."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (found and str(found[-1]))
    if not initdb:
        pytest.skip("no PostgreSQL server is installed")
    with tempfile.TemporaryDirectory() as scratch:  # pytest's own folders are closed to other users
        place = Path(scratch)
        user: dict[str, Any] = {}
        if os.geteuid() == 0:  # whom it refuses to run as
            owner = pwd.getpwnam("postgres")
            user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            os.chown(place, owner.pw_uid, owner.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        control = [str(Path(initdb).with_name("pg_ctl")), "-D", str(place / "data")]
        quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": place, **user}
        subprocess.run([initdb, "-D", place / "data", "-U", "staff", "-A", "trust", "--no-sync"], **quiet)
        options = f"-h 127.0.0.1 -p {port} -k {place}"
        subprocess.run([*control, "-w", "-o", options, "-l", str(place / "log"), "start"], **quiet)
        try:
            yield f"postgresql://staff@127.0.0.1:{port}"
        finally:
            subprocess.run([*control, "-w", "-m", "immediate", "stop"], **quiet)


def made(root: Path, gradebook: str = "") -> Course:
    file = root / "assignments/course.yaml"
    file.parent.mkdir()
    file.write_text(
        f"schema: 1\ncourse: {{id: c, title: C}}\n{gradebook}"
        "topics: [{id: toy, title: T, points: {auto: 6, manual: 3}}]\n"
    )
    return load_course(root)


@pytest.fixture(params=["sqlite", "postgresql"])
def course(request: pytest.FixtureRequest, tmp_path: Path) -> Course:
    if request.param == "sqlite":
        return made(tmp_path)
    url, name = request.getfixturevalue("server"), f"grades_{secrets.token_hex(4)}"
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    return made(tmp_path, f"gradebook: {url}/{name}\n")


def lose(gradebook: str) -> None:
    if gradebook.startswith("sqlite:///"):
        Path(gradebook.removeprefix("sqlite:///")).unlink()
        return
    with psycopg.connect(gradebook, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def result(student: str, *points: float, verdict: Verdict = Verdict.GRADED, answered: bool = True) -> Result:
    return Result(
        topic="toy",
        student=student,
        file=f"{student}.ipynb",
        sha256="",
        key="",
        engine="0",
        tests_sha256="",
        isolation=Tier.NONE,
        limits=Limits(),
        seed=1,
        verdict=verdict,
        questions=tuple(
            QuestionResult(id=f"q{n}", points=p, possible=4, seed=1, cases=())
            for n, p in enumerate(points, 1)
        ),
        manual=(ManualResult(id="q3", possible=3, answered=answered),),
        started="2026-11-24T12:00:00+00:00",
    )


def test_a_result_becomes_a_row_and_a_reason_not_to_grade_does_not(course: Course) -> None:
    with Gradebook(course) as book:
        written = book.record(
            course.topic("toy"),
            ASSIGNMENT,
            [
                result("ada", 4, 1),
                result("bob", 0, 0, answered=False),
                result("eve", verdict=Verdict.REJECTED),
                result("una", verdict=Verdict.UNGRADED),
            ],
        )
        rows = book.rows("toy")
        assert book.rows("other") == []
    assert written == 2
    assert [(r.student, r.auto, r.possible, r.needs_manual) for r in rows] == [
        ("ada", 5, 9, True),
        ("bob", 0, 9, False),
    ]


def by_hand(book: Gradebook, student: str, score: float) -> None:
    grade = book._book.find_grade("q3", "toy", "toy", student)
    grade.manual_score, grade.needs_manual_grade = score, False
    book._book.find_comment("q3", "toy", "toy", student).manual_comment = "Well said."
    book._book.db.commit()


def test_what_a_person_gave_survives_another_batch(course: Course) -> None:
    with Gradebook(course) as book:
        book.record(course.topic("toy"), ASSIGNMENT, [result("ada", 4, 1)])
        by_hand(book, "ada", 2.5)
    with Gradebook(course) as book:
        book.record(course.topic("toy"), ASSIGNMENT, [result("ada", 0, 2)])
        (row,) = book.rows("toy")
        comment = book._book.find_comment("q3", "toy", "toy", "ada").comment
    assert (row.auto, row.manual, row.total, row.needs_manual) == (2, 2.5, 4.5, False)
    assert comment == "Well said."


def test_a_lost_gradebook_is_made_anew_with_what_a_person_gave(course: Course) -> None:
    topic, kept = course.topic("toy"), Marks(course.state, "toy")
    with Gradebook(course) as book:
        book.record(topic, ASSIGNMENT, [result("ada", 4, 1), result("bob", 4, 1)])
        by_hand(book, "ada", 2.5)
        assert kept.merge(book.marks("toy")) == {"ada": {"q3": Mark(points=2.5, comment="Well said.")}}
    lose(course.gradebook)
    with Gradebook(course) as book:
        known = kept.merge(book.marks("toy"))
        book.record(topic, ASSIGNMENT, [result("ada", 4, 1), result("bob", 4, 1)], marks=known)
        assert [(row.student, row.total, row.needs_manual) for row in book.rows("toy")] == [
            ("ada", 7.5, False),
            ("bob", 5, True),
        ]
        assert book.marks("toy") == {"ada": {"q3": Mark(points=2.5, comment="Well said.")}, "bob": {}}


def test_points_a_person_took_back_stay_away(course: Course) -> None:
    topic, kept = course.topic("toy"), Marks(course.state, "toy")
    with Gradebook(course) as book:
        book.record(topic, ASSIGNMENT, [result("ada", 4, 1)])
        by_hand(book, "ada", 2.5)
        kept.merge(book.marks("toy"))
        found = book._book.find_grade("q3", "toy", "toy", "ada")
        found.manual_score = None
        book._book.find_comment("q3", "toy", "toy", "ada").manual_comment = None
        book._book.db.commit()
        book.record(topic, ASSIGNMENT, [result("ada", 4, 1)], marks=kept.merge(book.marks("toy")))
        assert book.marks("toy") == {"ada": {}}


def test_extra_credit_and_dropped_questions_ask_for_nothing_and_lateness_costs(course: Course) -> None:
    due = datetime(2026, 12, 18, 12, tzinfo=UTC)
    policy = LatePolicy(per_day=0.1)
    topic = replace(course.topic("toy"), due=due, late=policy, extra_credit=("q2",), drop=("q3",))
    late = replace(result("ada", 4, 1), submitted=(due + timedelta(days=1, hours=1)).isoformat())
    longer = {("bob", "toy"): due + timedelta(days=3)}
    with Gradebook(course) as book:
        book.record(course.topic("toy"), ASSIGNMENT, [result("ada", 4, 1)])
        by_hand(book, "ada", 2.5)
        book.record(topic, ASSIGNMENT, [late, replace(late, student="bob")], extensions=longer)
        ada, bob = (book._book.find_submission("toy", student) for student in ("ada", "bob"))
        assert (ada.score, ada.max_score, ada.late_submission_penalty) == (5, 4, pytest.approx(0.8))
        assert ada.total_seconds_late == 25 * 3600
        assert (bob.score, bob.late_submission_penalty, bob.total_seconds_late) == (5, 0, 0)
        assert not ada.needs_manual_grade


def test_questions_may_change_between_batches(course: Course) -> None:
    changed = replace(
        ASSIGNMENT, questions=(Question("q1", 5, "q1-1", "q1"), Question("q4", 1, "q4-1", "q4"))
    )
    with Gradebook(course) as book:
        book.record(course.topic("toy"), ASSIGNMENT, [result("ada", 4, 2)])
        by_hand(book, "ada", 3)
        moved = result("ada", 5)
        extra = QuestionResult(id="q4", points=1, possible=1, seed=1, cases=())
        book.record(course.topic("toy"), changed, [replace(moved, questions=(*moved.questions, extra))])
        (row,) = book.rows("toy")
    assert (row.auto, row.manual, row.possible) == (6, 3, 9)


def _record_many(course: Course, start: int, count: int) -> None:
    with Gradebook(course) as book:
        book.record(course.topic("toy"), ASSIGNMENT, [result(f"s{start + n}", 1, 1) for n in range(count)])


def _die_in_the_fourth(course: Course) -> None:
    """In the second transaction, with half of it in the database."""
    gradebook.TRANSACTION = 2
    real: Callable[..., None] = gradebook_rows._score

    def score(
        notebook: Any, topic: Topic, assignment: Assignment, cells: Any, one: Result, *more: Any
    ) -> None:
        real(notebook, topic, assignment, cells, one, *more)
        if one.student == "s3":
            object_session(notebook).flush()
            os._exit(9)

    gradebook_rows._score = score
    _record_many(course, 0, 5)


def test_a_killed_batch_leaves_whole_submissions_and_is_completed(course: Course) -> None:
    spawn = multiprocessing.get_context("spawn")
    victim = spawn.Process(target=_die_in_the_fourth, args=(course,))
    victim.start()
    victim.join()
    assert victim.exitcode == 9
    with Gradebook(course) as book:
        assert [(row.student, row.auto) for row in book.rows("toy")] == [("s0", 2), ("s1", 2)]
    _record_many(course, 0, 5)
    with Gradebook(course) as book:
        assert [row.auto for row in book.rows("toy")] == [2] * 5


def test_several_processes_may_begin_an_empty_gradebook_at_once(course: Course) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_record_many, args=(course, 10 * n, 5)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    with Gradebook(course) as book:
        assert len(book.rows("toy")) == 15


@pytest.mark.parametrize(
    "url",
    ["nosuch://host/db", "postgresql://ada:secret@127.0.0.1:1/grades", "sqlite:////proc/nowhere/book.db"],
)
def test_a_gradebook_out_of_reach_is_one_line(course: Course, url: str) -> None:
    with pytest.raises(UsageError) as caught, Gradebook(replace(course, gradebook=url)):
        pass
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
