"""What of a cell's code counts, and that any text at all is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.code_tokens import (
    CELL_CHARACTERS,
    CELL_TOKENS,
    CHARACTERS,
    KIND_CHARACTERS,
    TOKENS,
    CodeTokens,
    code_tokens,
    code_words,
    lines,
)

NUMPY = "import numpy as np\n"


def kinds(*cells: str) -> list[list[str]]:
    return [[token.kind for token in unit] for unit in code_tokens(enumerate(cells)).units]


def test_a_statement_from_the_outside_in() -> None:
    total = ["call", "numpy.sum", "Mult", "Subscript", "name", "Slice", "number", "name", "axis=", "number"]
    (unit,) = kinds("import numpy as np\nloss += reg * np.sum(W[1:] * W, axis=0)")
    assert unit == ["=", "name", "Add", "name", "Mult", "name", *total]


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [
        ("x = 1", "loss = 2.5"),
        ("x = 'a'", 'x = """b"""'),
        ("x = f'{y:.3f}'", "print_this = f'the loss is {y!r}'"),
        ("x = -1", "x = 1"),
        ("x = (a + b) * c", "x=(a+b)*c  # the sum"),
        ("x += 1", "x = x + 1"),
        ("x: int = 1", "x = 1"),
        ("def f(x): return x", "def g(a: int, /, *, b=None) -> int:\n    '''Doc.'''\n    pass\n    return a"),
        ("lambda x: x", "lambda *y: y"),
        ("import numpy as np\nnp.sum(x)", "import numpy\nnumpy.sum(x)"),
        ("import numpy as np\nnp.sum(x)", "from numpy import sum as total\ntotal(x)"),
        ("import torch\ntorch.nn.functional.relu(x)", "from torch.nn import functional as F\nF.relu(x)"),
        ("def f(a): ...\nf(a=1)", "def g(b): ...\ng(b=1)"),
        ("self.weight = x", "self.w = y"),
        (
            "class A:\n    def f(self): return self.x",
            "class B:\n    def g(this): return this.y",
        ),
        ("sum = 0\nsum + 1", "total = 0\ntotal + 1"),
        ("%matplotlib inline\nx = 1", "%load_ext autoreload\ny = 2"),
        ("%%time\nx = 1", "x = 1"),
        ("x = 1\r\ny = 2", "x = 1\ny = 2"),
    ],
)
def test_how_it_is_written_does_not_count(written: str, otherwise: str) -> None:
    assert kinds(written) == kinds(otherwise) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x + y", "x - y"),
        ("x.sum()", "x.mean()"),
        ("x.sum(axis=0)", "x.sum(dim=0)"),
        (NUMPY + "np.maximum(x, 0)", NUMPY + "np.minimum(x, 0)"),
        ("len(x)", "sum(x)"),
        ("x = 1", "x = '1'"),
        ("x = True", "x = 1"),
        ("for i in x:\n    a = 1\n    b = 2", "for i in x:\n    a = 1\nb = 2"),
        ("[a for a in b]", "{a for a in b}"),
    ],
)
def test_what_it_does_counts(one: str, other: str) -> None:
    assert kinds(one) != kinds(other)


def test_each_definition_is_a_unit_and_so_is_what_stands_between_two() -> None:
    text = "a = 1\nb = 2\ndef f(): return a\nclass A: x = 1\nc = 3\nd = 4\n"
    assert [len(unit) for unit in kinds(text)] == [6, 4, 5, 6]
    assert kinds("a = 1\nb = 2", "def f(): return a", "class A: x = 1", "c = 3\nd = 4") == kinds(text)


def test_a_token_knows_its_lines() -> None:
    text = 'if a:\n    b = (c\n         .sum()\n         + """d\n"""\n    )\n'
    (unit,) = code_tokens([(7, text)]).units
    assert [(token.kind, token.first, token.last) for token in unit] == [
        ("If", 1, 1),
        ("name", 1, 1),
        ("=", 2, 2),
        ("name", 2, 2),
        ("Add", 2, 2),
        ("call", 2, 2),
        (".sum", 3, 3),
        ("name", 2, 2),
        ("str", 4, 5),
        ("end of block", 6, 6),
    ]
    assert {token.cell for token in unit} == {7}


def test_a_cell_that_does_not_parse_is_taken_word_by_word() -> None:
    assert kinds('def f(x):\n    """Doc."""\n    return x.sum(1 "a"  # so\n') == [
        ["def", "name", "(", "name", ")", ":", "return", "name", ".", ".sum", "(", "number", "str"]
    ]


def test_cells_of_other_languages_and_without_code_have_no_tokens() -> None:
    assert kinds("%%bash\nls", "", "   \n", "# nothing", "'''text'''", "import numpy") == []


def test_what_is_read_of_a_cell_is_bounded() -> None:
    assert not code_tokens([(0, "x = y\n" * (CELL_CHARACTERS // 6))]).units[0][CELL_TOKENS:]
    assert not code_tokens([(0, "-x\n" * (CELL_TOKENS // 2))]).cut
    assert code_tokens([(0, "-x\n" * (CELL_TOKENS // 2) + "x")]).cut
    assert code_tokens([(0, "x" + " " * CELL_CHARACTERS)]).cut


def test_a_long_name_is_not_kept_at_each_use() -> None:
    long = "a" * 30_000
    for text in (
        f"import {long} as x\n" + "x.y\n" * 100,
        f"x.{long}",
        f"f(**x).y({long}=1)",
        f"x = {long} ((",
    ):
        assert all(len(kind) <= KIND_CHARACTERS for unit in kinds(text) for kind in unit)


def test_what_is_read_of_a_notebook_is_bounded() -> None:
    full = [(index, "-x\n" * (CELL_TOKENS // 2)) for index in range(TOKENS // CELL_TOKENS)]
    assert not code_tokens(full).cut
    taken = code_tokens([*full, (9, "x")])
    assert taken.cut
    assert sum(map(len, taken.units)) == TOKENS
    long = [(index, "#" * CELL_CHARACTERS) for index in range(CHARACTERS // CELL_CHARACTERS)]
    assert not code_tokens(long).cut
    assert code_tokens([*long, (9, "x")]) == CodeTokens((), cut=True)


def test_a_cell_over_the_bound_is_cut_at_a_line() -> None:
    line = "a" * 99 + "\n"
    assert len(lines(line * 1000)) == CELL_CHARACTERS // 100
    assert lines("a" * (CELL_CHARACTERS + 1)) == [""]
    assert lines("a\r\nb\rc\nd\x0ce\u2028f") == ["a", "b", "c", "d\x0ce\u2028f"]


@given(st.lists(st.text()))
def test_any_text_is_taken(cells: list[str]) -> None:
    for taken in (code_tokens(enumerate(cells)), code_words(enumerate(cells))):
        for token in (token for unit in taken.units for token in unit):
            assert 1 <= token.first <= token.last <= len(lines(cells[token.cell]))


@given(st.text(alphabet="ab.()[]{}'\"f:=,\n \\#%!?0_é\x0c\r@*-"))
def test_what_looks_like_code_is_taken(cell: str) -> None:
    for token in (token for unit in code_tokens([(0, cell)]).units for token in unit):
        assert 1 <= token.first <= token.last <= len(lines(cell))
