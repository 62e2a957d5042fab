"""A submission as it ran: ours in its ids and metadata, the student's in its text, harmless in its outputs."""

import base64
import itertools
import json

import nbformat
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html
from nbconvert import HTMLExporter

from graders.executed import LEFT_OUT, NOT_KEPT, executed_notebook, harmless
from graders.intake import Cell

GRADED = {
    "nbgrader": {"schema_version": 3, "grade": True, "solution": False, "locked": True, "grade_id": "q1"}
}
RELEASED = {
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "cells": [
        {"cell_type": "code", "id": "q1-1", "source": "stub", "metadata": {"tags": ["a"]}},
        {"cell_type": "code", "id": "q1", "source": 'grader.check("q1")', "metadata": GRADED},
    ],
}
PIXEL = base64.b64encode(b"\x89PNG").decode()


def outputs(*found: dict[str, object]) -> bytes:
    return json.dumps(found).encode()


def test_ids_and_metadata_are_those_of_the_released_notebook() -> None:
    cells = [
        Cell(0, "code", "x = 1", "q1-1"),
        Cell(1, "code", "'a copy'", "q1"),
        Cell(2, "markdown", "mine", "odd id / with blanks"),
        Cell(3, "code", "grader.check('q1')", "q1"),
        Cell(4, "markdown", "no code any more", "q1-1"),
    ]
    made = nbformat.reads(executed_notebook(RELEASED, cells, {}).decode(), as_version=4)
    nbformat.validate(made)
    assert [cell.id for cell in made.cells] == ["q1-1", "q1", "own-2", "own-3", "own-4"]
    assert [cell.source for cell in made.cells] == [cell.source for cell in cells]
    assert [cell.metadata for cell in made.cells] == [{"tags": ["a"]}, GRADED, {}, {}, {}]
    assert made.metadata == RELEASED["metadata"]


def test_a_released_code_cell_that_became_text_is_graded_no_more() -> None:
    made = json.loads(executed_notebook(RELEASED, [Cell(0, "markdown", "text", "q1")], {}))
    assert made["cells"][0]["metadata"] == {}


def test_known_outputs_stay_and_do_no_harm() -> None:
    found = harmless(
        outputs(
            {"output_type": "stream", "name": "stdout", "text": "loss 0.1\n\x1b]0;title\x07"},
            {
                "output_type": "error",
                "ename": "ValueError",
                "evalue": "\x1b[2Jx",
                "traceback": ["\x1b[31mTrace"],
            },
            {
                "output_type": "execute_result",
                "execution_count": 3,
                "data": {
                    "text/plain": "<Figure>",
                    "text/html": "<table><tr><td onclick='x()'>1</td></tr></table><script>steal()</script>",
                    "image/png": PIXEL,
                    "image/jpeg": '"><script>',
                    "image/svg+xml": "<svg onload='x()'/>",
                    "application/javascript": "x()",
                    "text/latex": r"\href{javascript:x()}{y}",
                },
                "metadata": {"isolated": True},
            },
            {"output_type": "display_data", "data": {"text/plain": ["no", "text"]}},
            {"output_type": "update_display_data", "data": {"text/plain": "x"}},
        )
    )
    assert found == [
        {"output_type": "stream", "name": "stdout", "text": "loss 0.1\n"},
        {"output_type": "error", "ename": "ValueError", "evalue": "x", "traceback": ["Trace"]},
        {
            "output_type": "execute_result",
            "data": {
                "text/plain": "<Figure>",
                "text/html": "<table><tbody><tr><td>1</td></tr></tbody></table>",
                "image/png": PIXEL,
            },
            "metadata": {},
            "execution_count": 3,
        },
        {"output_type": "display_data", "data": {"text/plain": NOT_KEPT}, "metadata": {}},
    ]


def test_outputs_that_were_not_kept_say_so() -> None:
    made = json.loads(executed_notebook(RELEASED, [Cell(0, "code", "x", "q1")], {0: None}))
    assert made["cells"][0]["outputs"] == [{"output_type": "stream", "name": "stderr", "text": LEFT_OUT}]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
_fields = st.fixed_dictionaries(
    {"output_type": st.sampled_from(["stream", "error", "display_data", "execute_result", "other"])},
    optional={
        "name": st.text() | _json, "text": st.text() | _json, "ename": st.text(), "evalue": st.text() | _json,
        "traceback": st.lists(st.text(), max_size=3) | _json, "execution_count": st.integers() | st.none() | _json,
        "data": st.dictionaries(st.sampled_from(["text/plain", "text/html", "image/png", "x"]), st.text() | _json),
    },
)  # fmt: skip


@given(
    st.binary()
    | _json.map(lambda v: json.dumps(v).encode())
    | st.lists(_fields).map(lambda v: json.dumps(v).encode())
)
def test_whatever_a_process_says_its_outputs_are_the_notebook_is_one(data: bytes) -> None:
    made = executed_notebook(RELEASED, [Cell(0, "code", "x", "q1")], {0: data})
    nbformat.validate(nbformat.reads(made.decode(), as_version=4))
    assert b"\\u001b" not in made


def test_no_html_of_a_student_is_left_for_a_renderer_that_passes_it_on() -> None:
    """As nbgrader's formgrader renders them: nbconvert, its HTML template for notebooks."""
    texts = [
        "*fine* <script>x()</script> 1 < 2",
        "<img src=x onerror=x()>",
        "[link](javascript:x()) [other](JaVaScRiPt&#58;x())",
        "<!-- <script>x()</script> -->",
        r"$\href{javascript:x()}{y}$",
    ]
    cells = [
        Cell(n, kind, text) for n, (kind, text) in enumerate(itertools.product(("markdown", "raw"), texts))
    ]
    made = nbformat.reads(executed_notebook(RELEASED, cells, {}).decode(), as_version=4)
    exporter = HTMLExporter(template_name="basic")
    shown, _ = exporter.from_notebook_node(made)
    tree = lxml_html.fromstring(f"<div>{shown}</div>")
    assert not tree.xpath("//script[not(@type)] | //img | //*[@onerror]")
    assert not [link for link in tree.xpath("//@href") if link.lower().startswith("javascript:")]
    assert "javascript:" not in shown.lower()
    assert "1 &lt; 2" in shown
