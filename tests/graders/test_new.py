"""`sorcery new` makes a topic that is whole from the first moment, and harms nothing that is there."""

import json
from pathlib import Path

import pytest

from graders.course import load_course
from graders.errors import UsageError
from graders.new import new_topic
from tests.graders.test_grade import sorcery

COURSE = """\
schema: 1
# Ours.
course: {id: c, title: C}
topics:
  # The first.
  - id: first
    title: First
    points: {auto: 1}

# How strict we are.
proof: {repeats: 1}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "assignments/course.yaml"
    path.parent.mkdir()
    path.write_text(COURSE)
    return tmp_path


def test_a_new_topic_is_proven_as_it_stands(root: Path) -> None:
    made = sorcery(root, "new", "attention", "--title", 'Attention: "all" you need')
    assert made.returncode == 0, made.stderr
    assert made.stdout.split() == [
        "solutions/attention.py",
        "solutions/attention_variants.yaml",
        "assignments/attention/tests/q1.py",
        "graders/hidden_tests/attention/q1.py",
        "assignments/attention/attention.ipynb",
        "assignments/course.yaml",
    ]
    run = sorcery(root, "prove", "attention", "--json")
    (proof,) = json.loads(run.stdout)
    assert (run.returncode, proof["holds"], proof["problems"]) == (0, True, [])
    assert (proof["solution"], proof["blank"], proof["possible"]) == (2, 0, 2)
    assert [proof[kind] for kind in ("alternatives", "mistakes", "repeats")] == [
        {"right": 2, "of": 2},
        {"right": 2, "of": 2},
        {"right": 1, "of": 1},
    ]


def test_course_yaml_keeps_everything_else_as_it_was(root: Path) -> None:
    new_topic(load_course(root), "attention")
    text = (root / "assignments/course.yaml").read_text()
    entry = '  - id: attention\n    title: "Attention"\n    points: {auto: 2, manual: 1}\n'
    assert text == COURSE.replace("{auto: 1}\n", "{auto: 1}\n" + entry)
    new_topic(load_course(root), "graph-nets")
    assert [topic.title for topic in load_course(root).topics] == ["First", "Attention", "Graph nets"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("first", "there is a topic first already"),
        ("FIRST", "a second topic"),
        ("a/b", "cannot name a folder"),
        ("con", "cannot name a folder"),
        ("taken", "solutions/taken.py is there already"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_written(root: Path, name: str, says: str) -> None:
    (root / "solutions").mkdir()
    (root / "solutions/taken.py").write_text("# mine\n")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match=says):
        new_topic(load_course(root), name)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_a_title_is_one_line(root: Path) -> None:
    with pytest.raises(UsageError, match="one line"):
        new_topic(load_course(root), "attention", "one\ntwo")


def test_topics_in_one_line_are_left_to_their_author(root: Path) -> None:
    path = root / "assignments/course.yaml"
    path.write_text("schema: 1\ncourse: {id: c, title: C}\ntopics: [{id: a, title: A, points: {auto: 1}}]\n")
    with pytest.raises(UsageError, match="write them below each other"):
        new_topic(load_course(root), "attention")
