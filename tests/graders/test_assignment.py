"""What is read out of a released notebook, and out of the text of any cell at all."""

import ast
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.assignment import (
    Manual,
    Question,
    imported_modules,
    read_assignment,
)
from graders.cells import checked_question, parse_cell
from graders.course import Topic
from graders.errors import AuthorError
from graders.records import Limits


@pytest.fixture
def topic(tmp_path: Path) -> Topic:
    (tmp_path / "assignments" / "toy").mkdir(parents=True)
    return Topic(
        root=tmp_path, id="toy", title="Toy", auto_points=3, manual_points=2, limits=Limits(), due=None
    )


def cell(kind: str, source: str | list[str], identity: str, **graded: object) -> dict[str, Any]:
    metadata = {"nbgrader": {"grade_id": identity, **graded}} if graded else {}
    return {"cell_type": kind, "id": identity, "source": source, "metadata": metadata}


def release(topic: Topic, *cells: dict[str, Any], about: object = None) -> None:
    about = {"schema": 1, "topic": topic.id} if about is None else about
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"sorcery": about}, "cells": cells}
    topic.notebook.write_text(json.dumps(notebook))


def test_a_released_notebook_says_its_questions_cells_and_imports(topic: Topic) -> None:
    release(
        topic,
        cell("markdown", "import nothing", "text"),
        cell("code", ["import torch.nn as nn, math\n", "%matplotlib inline\n", "import otter"], "start"),
        cell("code", 'grader.check("q0")', "q0", grade=True, solution=False, points=0.5),
        cell("code", "def f():\n    import json\n    # YOUR CODE HERE", "q1-1", grade=False, solution=True),
        cell("code", "from sklearn.datasets import load_digits", "q1-2", grade=False, solution=True),
        cell("code", "f()", "free"),
        cell("code", 'grader.check("q1")', "q1", grade=True, solution=False, points=2),
        cell("markdown", "YOUR ANSWER HERE", "q2", grade=True, solution=True, points=2),
    )
    found = read_assignment(topic)
    assert found.topic == "toy"
    assert found.questions == (Question("q0", 0.5, "q0", "q0"), Question("q1", 2.0, "q1-2", "q1"))
    assert found.manual == (Manual("q2", 2.0, "q2", "YOUR ANSWER HERE"),)
    assert found.cell_ids == {"text", "start", "q0", "q1-1", "q1-2", "free", "q1", "q2"}
    assert found.imports == ("torch.nn", "math", "otter", "sklearn.datasets")


def test_a_notebook_that_is_not_built_says_how_to_build_it(topic: Topic) -> None:
    with pytest.raises(AuthorError) as caught:
        read_assignment(topic)
    assert str(caught.value) == f"{topic.notebook}: is not built yet; run: sorcery build toy"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b'{"metadata": 3}',
        b'{"metadata": {"sorcery": {"schema": 2, "topic": "toy"}}, "cells": []}',
        b'{"metadata": {"sorcery": {"schema": 1, "topic": "other"}}, "cells": []}',
        b'{"metadata": {"sorcery": {"schema": 1, "topic": "toy"}}}',
        b'{"metadata": {"sorcery": {"schema": 1, "topic": "toy"}}, "cells": [1]}',
        b'{"metadata": {"sorcery": {"schema": 1, "topic": "toy"}}, "cells": [{"cell_type": "code"}]}',
        b"[" * 100_000,
    ],
)
def test_a_malformed_notebook_is_one_author_error(topic: Topic, body: bytes) -> None:
    topic.notebook.write_bytes(body)
    with pytest.raises(AuthorError) as caught:
        read_assignment(topic)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("run: sorcery build toy")


def test_two_cells_of_one_id_are_an_author_error(topic: Topic) -> None:
    release(topic, cell("code", "1", "a"), cell("code", "2", "a"))
    with pytest.raises(AuthorError, match="two cells have one id"):
        read_assignment(topic)


@pytest.mark.parametrize(
    ("source", "question"),
    [
        ('grader.check("q1")', "q1"),
        ("grader.check('q1');", "q1"),
        ('grader.check("q1")  # at last', "q1"),
        ('grader.check(\n    "q1"\n)', "q1"),
        ('x = 1; grader.check("q1")', "q1"),
        ('grader.check("q2")\ngrader.check("q1")', "q2"),
        ('%time\n!ls\nfoo?\nx = !ls\ngrader.check("q1")', "q1"),
        ('%%time\ngrader.check("q1")', "q1"),
        ('await thing\ngrader.check("q1")', "q1"),
        # The cell does not parse, but the line stands alone.
        ('def f(:\ngrader.check("q1")', "q1"),
        ('def f(:\ngrader.check("q1")\r\n', "q1"),
        ('x = "\ud800"\ngrader.check("q1")', "q1"),
        ("(" * 500 + '\ngrader.check("q1")', "q1"),
        ("-" * 9000 + '1\ngrader.check("q1")', "q1"),
        ("a" + ".b" * 4900 + '\ngrader.check("q1")', "q1"),
        ("# " + "x" * 20_000 + '\ngrader.check("q1")', "q1"),
        ('"""\ngrader.check("q1")\n"""', None),
        ('# grader.check("q1")', None),
        ('if True:\n    grader.check("q1")', None),
        ('x = grader.check("q1")', None),
        ('grader.check("q1", 1)', None),
        ("grader.check(q1)", None),
        ('grader.check("../q1")', None),
        ('grader.check(f"q1")', None),
        ("grader.check_all()", None),
        ('%%bash\ngrader.check("q1")', None),
        ('def f(:\n    grader.check("q1")', None),
        ("", None),
        ("\0grader check", None),
    ],
)
def test_the_checked_question_is_found_in_any_text(source: str, question: str | None) -> None:
    assert checked_question(source) == question


@settings(deadline=None)
@given(
    pieces=st.lists(
        st.sampled_from(
            [
                "grader",
                ".check(",
                '"q1"',
                ")",
                "\n",
                "'''",
                "%%time",
                "!",
                "?",
                " ",
                "(",
                "\\",
                "\0",
                "\ud800",
            ]
        )
        | st.text(max_size=5)
    )
)
def test_no_text_makes_it_raise(pieces: list[str]) -> None:
    assert checked_question("grader check" + "".join(pieces)) in (None, "q1")
    assert checked_question("".join(pieces)) in (None, "q1")


@pytest.mark.parametrize(
    "piece",
    [
        'grader.check("q1"',
        'grader.check("',
        "grader.check(" + " " * 50,
        "grader check ?",
        "(",
        "grader check\n%",
    ],
)
def test_a_megabyte_takes_no_longer_than_its_length(piece: str) -> None:
    source = "grader check" + piece * (1_000_000 // len(piece))
    started = time.perf_counter()
    checked_question(source)
    assert time.perf_counter() - started < 1


def test_imports_are_those_that_run_with_the_cell() -> None:
    source = """
import a, b.c as d
from .here import near
try:
    import fast
except ImportError:
    import slow
finally:
    with open("x"):
        from e.f import g
if True:
    for _ in []:
        import looped
match 1:
    case 1:
        import matched
class C:
    import inner
def f():
    import later
"""
    assert list(imported_modules(source)) == [
        "a",
        "b.c",
        "fast",
        "slow",
        "e.f",
        "looped",
        "matched",
        "inner",
    ]
    assert list(imported_modules("import (")) == []
    assert list(imported_modules("%%bash\nimport a")) == []


def test_a_parsed_cell_keeps_the_lines_of_its_source() -> None:
    tree = parse_cell("%matplotlib inline\nif True:\n    !pip list\n    x = %who\n    torch.nn?\n    y = 1")
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assign)] == [4, 6]
    with pytest.raises(SyntaxError) as caught:
        parse_cell("!ls\nx = = 1")
    assert caught.value.lineno == 2
