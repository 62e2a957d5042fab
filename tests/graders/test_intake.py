"""A file is read as the notebook it is, or rejected with a reason; nothing else ever comes out."""

import contextlib
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.errors import Rejected
from graders.intake import MAX_CELLS, read_notebook


def notebook(*cells: object) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}).encode()


def code(source: object, **more: object) -> dict[str, object]:
    return {"cell_type": "code", "source": source, "outputs": [], "metadata": {}, **more}


def test_cells_are_read_in_order_with_their_sources_joined() -> None:
    data = notebook(code(["a = 1\n", "b = 2"], id="x1"), {"cell_type": "markdown", "source": "# T"})
    assert [(c.index, c.kind, c.source, c.id) for c in read_notebook(data)] == [
        (0, "code", "a = 1\nb = 2", "x1"),
        (1, "markdown", "# T", ""),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_usual_encodings_are_accepted(encoding: str) -> None:
    data = notebook(code("σ = 1")).decode().encode(encoding)
    assert read_notebook(data)[0].source == "σ = 1"


def test_a_source_with_half_a_surrogate_can_still_be_sent() -> None:
    data = b'{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'"}]}'
    read_notebook(data)[0].source.encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\0\0", "is empty"),
        (b"\x89PNG\r\n\xff", "not text in UTF-8"),
        (notebook(code("x"))[:-20], "cut off"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[]", "no list of cells"),
        (b'{"cells": 3}', "no list of cells"),
        (b'{"worksheets": []}', "old format"),
        (notebook(3), "cell 1 of the notebook is damaged"),
        (notebook(code("x"), {"cell_type": "widget"}), "cell 2 of the notebook is of no known type"),
        (notebook(code(5)), "no text"),
        (notebook(code(["a", 5])), "no text"),
        (notebook(code("x" * 2_000_000)), "characters"),
        (notebook(*[code("")] * (MAX_CELLS + 1)), "cells; at most"),
        (b"1" * 10_000, "no list of cells"),
    ],
)
def test_what_cannot_be_graded_is_rejected_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        read_notebook(data)


def test_an_archive_with_a_member_of_no_name_is_damaged() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x", notebook())
        archive.filelist[0].filename = ""  # as its directory will have it
    with pytest.raises(Rejected, match="damaged"):
        read_notebook(packed.getvalue())


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["code", "markdown"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["cells", "cell_type", "source", "id", "metadata"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(st.binary(max_size=200) | trees.map(lambda tree: json.dumps(tree).encode()))
def test_any_bytes_are_read_or_rejected(data: bytes) -> None:
    with contextlib.suppress(Rejected):
        assert all(type(cell.source) is str for cell in read_notebook(data))
