"""course.yaml: found from below, read strictly, its faults told all at once."""

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graders.course import (
    COURSE_FILE,
    Course,
    CourseFile,
    find_course,
    load_course,
    seconds,
    size,
    unknown_in_concepts,
)
from graders.errors import AuthorError, UsageError
from graders.late import LatePolicy
from graders.records import Limits

SMALL = """\
schema: 1
course: {id: deep, title: Deep learning}
topics:
  - {id: cnn, title: Convolutions, points: {auto: 20, manual: 4}}
  - {id: rnn, title: Recurrence, points: {auto: 10}}
"""


def course(root: Path, text: str = SMALL) -> Course:
    file = root / COURSE_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return load_course(root)


def faults(root: Path, text: str) -> list[str]:
    with pytest.raises(AuthorError) as caught:
        course(root, text)
    return [str(problem).replace(str(root / COURSE_FILE), "course.yaml") for problem in caught.value.problems]


def test_everything_a_course_says(tmp_path: Path) -> None:
    found = course(
        tmp_path,
        """\
schema: 1
course: {id: deep, title: Deep learning, timezone: Europe/Berlin}
gradebook: postgresql://db.example.org/grades
limits: {cell: 90s, notebook: 1h30m, case: 500ms, memory: 1.5 GiB, output: 10 kB, processes: 8}
topics:
  - id: cnn
    title: Convolutions
    points: {auto: 20, manual: 4.5}
    due: 2026-12-18T23:59:00+00:00
    warm: [torch, sklearn.datasets]
    limits: {cell: 30s, scratch: 1 MiB}
  - {id: rnn, title: Recurrence, points: {auto: 10}, due: 2026-07-01 12:00}
""",
    )
    assert (found.id, found.title, found.gradebook) == (
        "deep",
        "Deep learning",
        "postgresql://db.example.org/grades",
    )
    assert found.limits == Limits(
        cell_seconds=90,
        notebook_seconds=5400,
        case_seconds=0.5,
        memory_bytes=3 << 29,
        output_bytes=10_000,
        processes=8,
    )
    cnn, rnn = found.topics
    assert (cnn.auto_points, cnn.manual_points, cnn.warm) == (20, 4.5, ("torch", "sklearn.datasets"))
    assert (cnn.limits.cell_seconds, cnn.limits.scratch_bytes) == (30, 1 << 20)
    assert cnn.limits.notebook_seconds == 5400, "what a topic does not say, the course says"
    assert rnn.limits == found.limits
    assert cnn.due == datetime(2026, 12, 18, 23, 59, tzinfo=UTC)
    assert rnn.due is not None
    assert rnn.due.utcoffset() == timedelta(hours=2), "without an offset, the course's timezone"
    assert cnn.points_line == 8


def test_paths_follow_from_the_root_and_the_id(tmp_path: Path) -> None:
    found = course(tmp_path)
    cnn = found.topic("cnn")
    paths = [
        cnn.folder,
        cnn.notebook,
        cnn.public_tests,
        cnn.hidden_tests,
        cnn.master,
        found.state,
        found.file,
    ]
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "assignments/cnn",
        "assignments/cnn/cnn.ipynb",
        "assignments/cnn/tests",
        "graders/hidden_tests/cnn",
        "solutions/cnn.py",
        ".sorcery",
        "assignments/course.yaml",
    ]


def test_a_course_is_frozen(tmp_path: Path) -> None:
    with pytest.raises(FrozenInstanceError):
        course(tmp_path).title = "x"  # type: ignore[misc]


def test_a_course_is_found_from_any_folder_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course(tmp_path)
    deep = tmp_path / "assignments" / "cnn" / "data"
    deep.mkdir(parents=True)
    assert find_course(deep).root == tmp_path
    monkeypatch.chdir(deep)
    assert find_course().topic("rnn").id == "rnn"


def test_the_nearest_course_is_meant(tmp_path: Path) -> None:
    course(tmp_path)
    inner = tmp_path / "archive" / "2025"
    course(inner)
    assert find_course(inner / "assignments").root == inner


def test_no_course_is_a_usage_error_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no course in .* or above it; run this inside a course"):
        find_course(tmp_path)


def test_an_unknown_topic_is_told_with_the_ones_there_are(tmp_path: Path) -> None:
    found = course(tmp_path)
    with pytest.raises(UsageError) as caught:
        found.topic("cn")
    assert str(caught.value) == "no topic 'cn'; did you mean 'cnn'? (topics: cnn, rnn)"
    with pytest.raises(UsageError) as caught:
        found.topic("transformers")
    assert str(caught.value) == "no topic 'transformers' (topics: cnn, rnn)"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", "sqlite:///{root}/.sorcery/gradebook.db"),
        ("gradebook: sqlite:///grades.db?timeout=30\n", "sqlite:///{root}/grades.db?timeout=30"),
        ("gradebook: sqlite:////var/grades.db\n", "sqlite:////var/grades.db"),
        ("gradebook: sqlite:///C:/grades.db\n", "sqlite:///C:/grades.db"),
    ],
)
def test_a_relative_gradebook_is_relative_to_the_root(tmp_path: Path, written: str, meant: str) -> None:
    assert course(tmp_path, SMALL + written).gradebook == meant.format(root=tmp_path)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = """\
schema: 2
course: {id: con, timezone: Europe/Berln, titel: x}
gradebook: postgresql://me:secret@host/db
limts: {}
limits: {cell: 60, memory: 2 gib, processes: 0, mem: 2}
topics:
  - id: ../x
    title: 5
    points: {auto: "20", manul: 4}
    due: 2026-12-18
    warm: [torch, "a b"]
  - 7
"""
    found = faults(tmp_path, text)
    assert [fault.split(": ")[0] for fault in found] == [
        f"course.yaml:{place}"
        for place in (
            *("1:9", "2:9", "2:14", "2:29", "2:43", "3:12", "4:1", "5:16", "5:28", "5:46", "5:49"),
            *("7:9", "8:12", "9:20", "9:26", "10:10", "11:19", "12:5"),
        )
    ]
    for said in (
        "missing key 'title'; add `title:`",
        "no timezone 'Europe/Berln'; did you mean 'Europe/Berlin'?",
        "unknown key 'titel'; did you mean 'title'?",
        "must hold no password; keep it in ~/.pgpass",
        "unknown key 'limts'; did you mean 'limits'?",
        "limits.cell: 60 is no duration; write it with a unit, such as 90s",
        "'2 gib' is no size",
        "unknown key 'manul'; did you mean 'manual'?",
        "'2026-12-18' is no date with a time; write it as 2026-12-18T23:59:00+00:00",
    ):
        assert any(said in fault for fault in found), said


@pytest.mark.parametrize(
    "name", ["..", ".", "a/b", "a\\b", "", "-x", "NUL", "com1", "a b", "é", "a" * 65, "x.y"]
)
def test_a_topic_id_is_a_safe_name_of_a_folder_everywhere(tmp_path: Path, name: str) -> None:
    (fault,) = faults(tmp_path, SMALL.replace("rnn", json.dumps(name)))
    assert fault.startswith("course.yaml:5:10: topics.1.id: ")


def test_faults_between_keys_are_told_by_line(tmp_path: Path) -> None:
    text = """\
schema: 1
course: {id: c, title: T, timezone: Europe/Berlin}
limits: {cell: 1h, notebook: 10m}
topics:
  - {id: a, title: A, points: {auto: 1}, due: 2026-03-29 02:30, limits: {cell: 2h}}
  - {id: A, title: A, points: {auto: 1}, due: 2026-10-25 02:30}
"""
    assert faults(tmp_path, text) == [
        "course.yaml:3:1: a cell may take 3600 s and the notebook only 600 s; raise `notebook` or lower `cell`",
        "course.yaml:5:47: 2026-03-29 02:30:00 does not exist in Europe/Berlin, where clocks go forward; shift it",
        "course.yaml:5:65: a cell may take 7200 s and the notebook only 600 s; raise `notebook` or lower `cell`",
        "course.yaml:6:10: a second topic 'A' (first in line 5); rename one; upper and lower case are one folder",
    ]


def test_a_course_without_topics_is_told(tmp_path: Path) -> None:
    text = "schema: 1\ncourse: {id: c, title: T}\ntopics: []\n"
    assert "at least 1 item" in faults(tmp_path, text)[0]


@pytest.mark.parametrize("url", ["grades.db", "sqlite://", "sqlite:///:memory:", "sqlite:"])
def test_a_gradebook_that_keeps_nothing_is_refused(tmp_path: Path, url: str) -> None:
    (fault,) = faults(tmp_path, SMALL + f"gradebook: '{url}'\n")
    assert fault.startswith("course.yaml:6:12: gradebook: ")


def test_durations_and_sizes_need_a_unit() -> None:
    assert [seconds(text) for text in ("250ms", "90s", "10 m", "1h 30m", "0.5s")] == [
        0.25,
        90,
        600,
        5400,
        0.5,
    ]
    assert [size(text) for text in ("1 B", "2KiB", "1.5 GiB", "3 MB")] == [1, 2048, 3 << 29, 3_000_000]
    for bad in (60, "60", "s", "-1s", "0s", "1 day", "", None, "1s2", "9" * 400 + "h"):
        with pytest.raises(ValueError, match="is no"):
            seconds(bad)
    for bad in (5, "5", "2 gib", "-1 MiB", "0 B", "1 TiB", None, "9" * 400 + " B"):
        with pytest.raises(ValueError, match="is no"):
            size(bad)


def test_the_schema_for_editors_shows_limits_as_people_write_them() -> None:
    limits = CourseFile.model_json_schema()["$defs"]["_Limits"]["properties"]
    assert limits["cell"]["anyOf"][0]["type"] == limits["memory"]["anyOf"][0]["type"] == "string"


def test_reading_a_course_imports_nothing_heavy(tmp_path: Path) -> None:
    course(tmp_path)
    code = (
        "import sys; from graders.course import find_course; find_course(); import graders.assignment, graders.build;"
        "print([m for m in ('torch', 'otter', 'nbgrader', 'numpy', 'IPython', 'jupytext', 'nbformat') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr


def test_a_late_policy_of_the_course_holds_where_a_topic_has_none(tmp_path: Path) -> None:
    found = course(
        tmp_path,
        SMALL.replace(
            "topics:",
            "late: {grace: 15m, per_day: 10%, cap: 50%}\nversions: latest_on_time\ntopics:",
        ).replace(
            "points: {auto: 10}",
            "points: {auto: 10}, late: {per_day: 2.5%}, versions: latest, drop: [q2], extra_credit: [q3]",
        ),
    )
    first, second = found.topics
    assert (first.late, first.versions, first.drop) == (
        LatePolicy(grace=900, per_day=0.1, cap=0.5),
        "latest_on_time",
        (),
    )
    assert (second.late, second.versions) == (LatePolicy(per_day=0.025), "latest")
    assert (second.drop, second.extra_credit) == (("q2",), ("q3",))


def test_faults_of_a_late_policy_are_told_with_their_mend(tmp_path: Path) -> None:
    assert faults(tmp_path, SMALL + "late: {per_day: 0.1, cap: 120%}\n") == [
        "course.yaml:6:17: late.per_day: 0.1 is no share; write it in percent, such as 10%",
        "course.yaml:6:27: late.cap: '120%' is no share; write it in percent, such as 10%",
    ]
    both = SMALL.replace("points: {auto: 10}", "points: {auto: 10}, drop: [q2], extra_credit: [q2]")
    assert faults(tmp_path, both) == [
        "course.yaml:5:54: q2 is extra credit and dropped at once; leave it in one of the two"
    ]


def test_concepts_of_questions_keep_their_lines(tmp_path: Path) -> None:
    tagged = SMALL.replace("points: {auto: 10}", "points: {auto: 10}, concepts: {q1: [a, b], q2: [b]}")
    topic = course(tmp_path, tagged).topics[-1]
    assert topic.concepts == {"q1": ("a", "b"), "q2": ("b",)}
    assert topic.concept_lines == {"q1": 5, "q2": 5}
    (problem,) = unknown_in_concepts(topic, ["q1", "q3"])
    assert str(problem).endswith(
        f"{COURSE_FILE}:5: {topic.id} has no question 'q2' to be about a concept; its questions are q1, q3"
    )
    bad = SMALL.replace("points: {auto: 10}", "points: {auto: 10}, concepts: {q1: a, q2: []}")
    assert [fault.partition(": topics.")[2].partition(": ")[0] for fault in faults(tmp_path, bad)] == [
        "1.concepts.q1",
        "1.concepts.q2",
    ]
