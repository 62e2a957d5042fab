"""Texts between Markdown and HTML: the same meaning there, the same text back, and nothing foreign let in."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.formats.base import FormatError
from quizzes.formats.html import to_html, to_markdown, to_plain

THERE = {
    "`a` and **b** and *c*": "<code>a</code> and <strong>b</strong> and <em>c</em>",
    "$a < b$": r"\(a &lt; b\)",
    "so\n\n$$\\sum_i x_i$$": "<p>so</p>\n<p>$$\\sum_i x_i$$</p>",
    "costs \\$5, or $6": "costs $5, or $6",
    "`$x$`": "<code>$x$</code>",
    "<b>no</b>": "&lt;b&gt;no&lt;/b&gt;",
    "[x](javascript:alert(1))": "[x](javascript:alert(1))",
    "![a](b.png)": '<img src="b.png" alt="a" />',
    "```python\na < b\n```": '<pre><code class="language-python">a &lt; b\n</code></pre>',
}


@pytest.mark.parametrize("text", THERE)
def test_markdown_becomes_html_that_mathjax_can_show(text: str) -> None:
    assert to_html(text) == THERE[text]


BACK = {
    "a*b*c _d_": r"a\*b\*c \_d\_",
    "1. is no list<br>- nor this": "1\\. is no list\\\n\\- nor this",
    "# no heading": r"\# no heading",
    "$5 and $6": r"\$5 and \$6",
    r"\(x\)5 and \[y\] and $$z$$": "$x$&#53; and $$y$$ and $$z$$",
    r"\( a\ \)": r"$a\ {}$",
    "H<sub>2</sub>O, 10<sup>-3</sup>": "H$_{2}$O, 10$^{-3}$",
    "<p>one</p><p>two <b> three </b>four</p>": "one\n\ntwo **three** four",
    "<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>": "- a\n  1. b\n- c",
    '<ol start="3"><li>c</li></ol>': "3. c",
    "<table><tr><th>a</th><th>b</th></tr><tr><td>1|2</td></tr></table>": "| a | b |\n| --- | --- |\n| 1\\|2 |  |",
    "<pre>  a\n\nb</pre>": "```\n  a\n\nb\n```",
    "<pre>```</pre>": "````\n```\n````",
    "<code>a`b</code>": "``a`b``",
    "<code></code>": "",
    "<b>Note:</b>so <b>Note:</b> so": "**Note**:so **Note:** so",
    "<table><tr><td>a<table><tr><td>b</td></tr></table></td></tr></table>": "| a b |\n| --- |",
    "<blockquote><p>a</p><p>b</p></blockquote>": "> a\n>\n> b",
    "<h2>a</h2>b": "## a\n\nb",
    '<img class="equation_image" src="https://x/y" data-equation-content="\\alpha">': r"$\alpha$",
    '<math><semantics><mi>a</mi><annotation encoding="application/x-tex">\\alpha</annotation></semantics></math>': r"$\alpha$",
    "a<script>alert(1)</script><style>x</style><!-- y --><iframe>z</iframe>b": "ab",
    '<span onclick="x">a</span><font color="red">b</font>': "ab",
    '<a href="javascript:alert(1)">a</a> <a href=" JAVASCRIPT:x">b</a> <a href="https://c">d</a>': "a b [d](https://c)",
    '<img src="javascript:alert(1)" alt="a"><img src="data:text/html,x" alt="b">': "ab",
    '<img src="my cat.png" alt="c">': "![c](my%20cat.png)",
    "&lt;b&gt; &amp;lt; &eacute;": r"\<b> \&lt; é",
    "a\n\n  b": "a\nb",
}


@pytest.mark.parametrize("markup", BACK)
def test_html_becomes_markdown(markup: str) -> None:
    assert to_markdown(markup) == BACK[markup]
    assert to_markdown(to_html(BACK[markup])) == BACK[markup] or "&#53;" in BACK[markup]


ODD = st.text(alphabet='ab *_`$[]()<>#-+=.1|~!"\n\t{};\\&', max_size=40)


@given(ODD)
def test_plain_text_keeps_its_characters(text: str) -> None:
    """Escaped as HTML, it is shown the same after the way through Markdown."""
    if re.search(r"\$\$.+\$\$|\\\(.+\\\)|\\\[.+\\\]", text, re.DOTALL):
        return  # mathematics
    shown = html.unescape(re.sub("<br />", "\n", to_html(to_markdown(html.escape(text, quote=False)))))
    assert shown.split() == text.split()


@given(ODD)
def test_markdown_is_settled_after_one_way_through_html(text: str) -> None:
    once = to_markdown(to_html(text))
    assert to_markdown(to_html(once)) == to_markdown(to_html(to_markdown(to_html(once))))


TAGS = [
    "p",
    "b",
    "ul",
    "li",
    "pre",
    "code",
    "table",
    "tr",
    "td",
    "a",
    "sub",
    "h1",
    "blockquote",
    "math",
    "div",
]
SOUP = st.lists(
    st.one_of(
        st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
        st.sampled_from(["<br>", "<img src=a>", "&lt;", "&#0;", "&#55296;", "<!--", "\\(", "\\)", "$", "x", " ", "\n", "\x00", "\ue000", "1. ", "<a href=b>"]),
    ),
    max_size=25,
).map("".join)  # fmt: skip


@given(SOUP)
def test_no_html_is_too_broken(markup: str) -> None:
    assert isinstance(to_html(to_markdown(markup)), str)


def test_deep_html_is_read_whole_or_refused() -> None:
    assert to_markdown("<div>" * 1000 + "x") == "x"
    assert to_markdown("<b>" * 1000 + "x").replace("*", "") == "x"
    with pytest.raises(FormatError, match="too deep"):
        to_markdown("<div>" * 100_000 + "x")


def test_plain_text_has_no_marks() -> None:
    assert to_plain("**a** `b`\nc $x^2$\n\n- d ![e](f.png)") == "a b c x² d e"
