"""What students chose is harmless wherever a person reads it."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.untrusted import for_csv, for_html, for_terminal, on_one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;cm0gLXJm\x07x", "x"),
        ("\x9b2Jx", "x"),
        ("\x1bcx", "x"),
        ("100\b\b\b999", "100���999"),
        ("a\rb", "a�b"),
        ("ada\u202ebad", "ada�bad"),
        ("σ = 1\n\tok", "σ = 1\n\tok"),
        ("\x1b", "�"),
    ],
)
def test_a_terminal_obeys_nothing(text: str, shown: str) -> None:
    assert for_terminal(text) == shown


@given(st.text())
def test_no_text_holds_a_command_for_a_terminal(text: str) -> None:
    assert not re.search(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", for_terminal(text)
    )
    assert len(on_one_line(text).splitlines()) <= 1
    on_one_line(text).encode()


def test_a_path_that_is_no_text_can_be_printed() -> None:
    assert printable("a\udcffb\nc") == "a\N{REPLACEMENT CHARACTER}b c"


@pytest.mark.parametrize(
    "field", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r\n=1", "＝1", "|x", "%0A"]
)
def test_a_spreadsheet_runs_nothing(field: str) -> None:
    row = io.StringIO()
    csv.writer(row).writerow([for_csv(field), "18"])
    first = next(csv.reader(io.StringIO(row.getvalue())))[0]
    assert first[0] in "'01%"
    assert not first.startswith(tuple("=+-@|\t\r%"))


@pytest.mark.parametrize(
    ("field", "written"),
    [("x;=1+1", "x;'=1+1"), ('x;"=1+1', "x;'\"=1+1"), ("x;-1;y", "x;'-1;y"), ("x; y", "x; y")],
)
def test_no_formula_begins_where_a_spreadsheet_splits_cells_at_semicolons(field: str, written: str) -> None:
    assert for_csv(field) == written


@pytest.mark.parametrize("number", ["-1", "+2.5", "18", "1e-3"])
def test_numbers_stay_numbers(number: str) -> None:
    assert for_csv(number) == number


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
        "<img src='http://host/track.png'>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<form action='http://host'><input name=p></form>",
        "<style>@import 'http://host/x.css'</style>",
        "<meta http-equiv=refresh content='0;url=http://host'>",
        "<div style='background:url(http://host/x)'>x</div>",
    ],
)
def test_no_script_and_no_request_stays_in_html(markup: str) -> None:
    clean = for_html(markup)
    for active in ("script", "onerror", "srcdoc", "http", "data:", "<form", "<style", "style=", "<meta"):
        assert active not in clean.lower()


def test_formatting_tables_and_embedded_images_stay_in_html() -> None:
    markup = '<table><tr><td>1</td></tr></table><img src="data:image/png;base64,iVBO" alt="loss">'
    clean = for_html(markup)
    assert "<td>1</td>" in clean
    assert 'src="data:image/png;base64,iVBO"' in clean
    assert 'href="https://pytorch.org"' in for_html('<a href="https://pytorch.org">docs</a>')
