"""What of a notebook is unanswered, and that it is the topic's: the grader's rules, and the students'."""

import json
from pathlib import Path

import pytest

from graders.answers import code_cells, place, recognise, unanswered, unchecked, written
from graders.assignment import Assignment, Manual, Question, Stub, read_assignment
from graders.course import Topic
from graders.errors import Rejected
from graders.intake import Cell
from graders.records import Limits

CODE = "# YOUR CODE HERE\nraise NotImplementedError()"
ASSIGNMENT = Assignment(
    topic="toy",
    questions=(Question("q1", 1, "q1-1", "q1"), Question("q2", 1, "q2-2", "q2")),
    manual=(Manual("q3", 2, "q3", "YOUR ANSWER HERE"),),
    cell_ids=frozenset({"text", "q1-1", "q1", "q2-1", "q2-2", "q2", "q3"}),
    imports=(),
    stubs=(Stub("q1-1", "q1", "def f():\n    ..."), Stub("q2-1", "q2", CODE), Stub("q2-2", "q2", CODE)),
)


def cells(*sources: tuple[str, str], ids: bool = True) -> list[Cell]:
    return [
        Cell(index, "code", source, name if ids else "", name if source.startswith("grader.check") else None)
        for index, (name, source) in enumerate(sources)
    ]


def notebook(one: str, two: str, three: str, essay: str = "Because.", *, ids: bool = True) -> list[Cell]:
    return cells(
        ("q1-1", one),
        ("q1", 'grader.check("q1")'),
        ("q2-1", two),
        ("q2-2", three),
        ("q2", 'grader.check("q2")'),
        ("q3", essay),
        ids=ids,
    )


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (notebook("def f(): 1", "x = 1", "y = 2"), []),
        (notebook("def f():\n    ...", CODE, CODE, "YOUR ANSWER HERE"), ["q1", "q2", "q3"]),
        (notebook("\ndef f():\n    ...  ", "x = 1", CODE, " "), ["q1", "q2 (1 of 2 cells)", "q3"]),
        (notebook("", "  ", "y", "YOUR ANSWER HERE\n"), ["q1", "q2 (1 of 2 cells)", "q3"]),
        # Without ids only texts can be compared, and of two that are alike nobody knows which one is left.
        (notebook("def f():\n    ...", CODE, CODE, ids=False), ["q1", "q2", "q3"]),
        (notebook("def f(): 1", "x = 1", CODE, ids=False), ["q3"]),
        (cells(("mine", "x = 1")), ["q3"]),
    ],
)
def test_what_is_as_it_was_released_or_empty_is_unanswered(found: list[Cell], left: list[str]) -> None:
    assert [str(one) for one in unanswered(ASSIGNMENT, found)] == left
    assert [one.answered for one in written(ASSIGNMENT, found)] == ["q3" not in left]


def test_a_cell_whose_release_is_not_known_is_unanswered_when_it_is_empty() -> None:
    stubs = tuple(Stub(stub.cell, stub.question, "") for stub in ASSIGNMENT.stubs)
    unknown = Assignment("toy", ASSIGNMENT.questions, (), ASSIGNMENT.cell_ids, (), stubs)
    assert [str(one) for one in unanswered(unknown, notebook(CODE, "", "x"))] == ["q2 (1 of 2 cells)"]


def test_a_notebook_with_a_question_or_a_cell_of_the_topic_is_of_it() -> None:
    recognise(ASSIGNMENT, cells(("text", "")))
    recognise(ASSIGNMENT, cells(("q2", 'grader.check("q2")'), ids=False))
    with pytest.raises(Rejected, match="this is not the notebook of toy"):
        recognise(ASSIGNMENT, cells(("other", "1"), ("q9", 'grader.check("q9")')))


def test_a_question_is_tested_at_its_check_or_its_last_cell_or_the_end() -> None:
    found = notebook("1", "2", "3")
    code = code_cells(ASSIGNMENT, found)
    assert (place("q1", code), place("q2", code)) == ((1, "check cell"), (4, "check cell"))
    assert unchecked(ASSIGNMENT, found) == ()
    code = code_cells(ASSIGNMENT, [found[0], found[3], found[5]])
    assert (place("q1", code), place("q2", code), place("q9", code)) == (
        (0, "last cell"), (3, "last cell"), (5, "end"),
    )  # fmt: skip
    assert unchecked(ASSIGNMENT, [found[0], found[4]]) == ("q1",)
    assert place("q1", []) == (-1, "end")


def test_a_worked_in_notebook_says_of_each_cell_whether_it_is_as_released() -> None:
    """By nbgrader's checksums, which are those of its own formula."""
    import nbformat
    from nbgrader.utils import compute_checksum

    path = Path(__file__).parents[2] / "assignments/cnn/cnn.ipynb"
    for cell in nbformat.read(path, as_version=4).cells:
        if "nbgrader" in cell.metadata:
            assert cell.metadata.nbgrader.checksum == compute_checksum(cell)
    topic = Topic(
        root=path.parents[2], id="cnn", title="", auto_points=20, manual_points=4, limits=Limits(), due=None
    )
    released = read_assignment(topic)
    assert [stub.cell for stub in released.stubs if stub.question == "q5"] == ["q5-1", "q5-2"]
    assert all(stub.source for stub in released.stubs)
    assert [manual.stub for manual in released.manual] == ["YOUR ANSWER HERE"]


def test_an_edited_cell_of_it_is_not_as_released(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    content = json.loads((root / "assignments/cnn/cnn.ipynb").read_bytes())
    for cell in content["cells"]:
        if cell["id"] in ("q2-1", "q8"):
            cell["source"] = "edited"
    worked_in = tmp_path / "cnn.ipynb"
    worked_in.write_text(json.dumps(content))
    topic = Topic(root=root, id="cnn", title="", auto_points=20, manual_points=4, limits=Limits())
    found = read_assignment(topic, worked_in)
    assert [stub.cell for stub in found.stubs if not stub.source] == ["q2-1"]
    assert [manual.stub for manual in found.manual] == [""]
