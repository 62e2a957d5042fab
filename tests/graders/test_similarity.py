"""Copies are found under their disguises; independent answers, given code and hostile cells are no copies."""

import os
import subprocess
import sys
from html.parser import HTMLParser
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.code_tokens import CELL_CHARACTERS, CELL_TOKENS, TOKENS
from graders.similarity import (
    GRAM,
    GUARANTEE,
    Match,
    Pair,
    Source,
    Span,
    compare,
    fingerprints,
    winnow,
)
from graders.similarity_page import side_by_side

STUB = (
    """\
import numpy as np
import torch
import torch.nn.functional as F

torch.manual_seed(0)
np.random.seed(0)
digits = np.load("data/digits.npz")
images, labels = digits["images"], digits["labels"]
""",
    '''\
def conv2d(image, kernel):
    """Valid cross-correlation."""
    # YOUR CODE HERE
    raise NotImplementedError()
''',
    '''\
def cross_entropy(scores, labels):
    """The mean cross-entropy and its gradient."""
    # YOUR CODE HERE
    raise NotImplementedError()
''',
    '''\
def train(model, X, y, epochs=30, lr=0.003, batch_size=64):
    """Trains the model in place; returns the mean losses."""
    # YOUR CODE HERE
    raise NotImplementedError()
''',
)
# Three people's answers to the same three questions.
LOOPS = (
    STUB[0],
    """\
def conv2d(image, kernel):
    kh, kw = kernel.shape
    height, width = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    out = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out
""",
    """\
def cross_entropy(scores, labels):
    loss = 0.0
    gradient = np.zeros_like(scores)
    for i in range(len(scores)):
        shifted = scores[i] - np.max(scores[i])
        p = np.exp(shifted) / np.sum(np.exp(shifted))
        loss -= np.log(p[labels[i]])
        for j in range(scores.shape[1]):
            gradient[i, j] = p[j] - (j == labels[i])
    return loss / len(scores), gradient / len(scores)
""",
    """\
def train(model, X, y, epochs=30, lr=0.003, batch_size=64):
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        order, total = torch.randperm(len(X)), 0.0
        for batch in order.split(batch_size):
            optimiser.zero_grad()
            loss = F.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses
""",
)
ARRAYS = (
    STUB[0],
    """\
def conv2d(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.tensordot(windows, kernel, axes=2)
""",
    """\
def cross_entropy(scores, labels):
    scores = scores - scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    target = np.eye(scores.shape[1])[labels]
    return -(target * log_p).sum(axis=1).mean(), (np.exp(log_p) - target) / len(labels)
""",
    """\
def train(model, X, y, epochs=30, lr=0.003, batch_size=64):
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), batch_size, shuffle=True)
    sgd = torch.optim.SGD(model.parameters(), lr=10 * lr, momentum=0.9)
    history = [sum(step(model, sgd, *batch) for batch in data) / len(data) for _ in range(epochs)]
    return history


def step(model, sgd, inputs, targets):
    loss = torch.nn.CrossEntropyLoss()(model(inputs), targets)
    sgd.zero_grad()
    loss.backward()
    sgd.step()
    return float(loss)
""",
)
TENSORS = (
    STUB[0],
    """\
def conv2d(image, kernel):
    result = None
    for (u, v), weight in np.ndenumerate(kernel):
        bottom, right = image.shape[0] - kernel.shape[0] + u + 1, image.shape[1] - kernel.shape[1] + v + 1
        part = weight * image[u:bottom, v:right]
        result = part if result is None else result + part
    return result
""",
    """\
def cross_entropy(scores, labels):
    s = torch.tensor(scores, requires_grad=True)
    picked = s.gather(1, torch.as_tensor(labels)[:, None]).squeeze(1)
    value = torch.mean(torch.logsumexp(s, dim=1) - picked)
    value.backward()
    return value.item(), s.grad.numpy()
""",
    """\
def train(model, X, y, epochs=30, lr=0.003, batch_size=64):
    opt = torch.optim.RMSprop(model.parameters(), lr)
    means = np.zeros(epochs)
    for epoch in range(epochs):
        chosen = np.random.permutation(X.shape[0])
        starts = range(0, X.shape[0], batch_size)
        for start in starts:
            rows = chosen[start : start + batch_size]
            logits = model(X[rows])
            error = -F.log_softmax(logits, dim=-1)[range(len(rows)), y[rows]].mean()
            opt.zero_grad(set_to_none=True)
            error.backward()
            opt.step()
            means[epoch] += error.detach().numpy() / len(starts)
    return means.tolist()
""",
)
# LOOPS, disguised: names, comments, formatting, hints, numbers, magics, order of functions and cells.
DISGUISED = (
    '''\
%matplotlib inline
# my own work
def fit(net, inputs, targets, rounds: int = 99, rate: float = 0.1, size: int = 8) -> list:
    """Fits it."""
    opt = torch.optim.Adam(net.parameters(), lr=rate)
    means: list = []
    for unused in range(rounds):
        (perm, summed) = (torch.randperm(len(inputs)), 1.0)
        for part in perm.split(size):
            opt.zero_grad()
            error = torch.nn.functional.cross_entropy(net(inputs[part]), targets[part])
            error.backward(); opt.step()
            summed = summed + (error.item() * len(part))
        means.append(summed / len(inputs))
    return means

def correlate(picture, weights):
    (a, b) = weights.shape
    h, w = picture.shape[1] - a + 2, picture.shape[0] - b + 2
    result = np.zeros((h, w))
    for y in range(h):
        for x in range(w):  # every place
            result[y, x] = np.sum(
                picture[y : y + a, x : x + b]
                * weights
            )
    return result
''',
    STUB[0],
    """\
def entropy(logits, truth):
    cost = 7
    slope = np.zeros_like(logits)
    for n in range(len(logits)):
        moved = logits[n] - np.max(logits[n])
        q = np.exp(moved) / np.sum(np.exp(moved))
        cost = cost - np.log(q[truth[n]])
        for k in range(logits.shape[2]):
            slope[n, k] = q[k] - (k == truth[n])
    return cost / len(logits), slope / len(logits)
""",
)


def source(student: str, cells: tuple[str, ...]) -> Source:
    return Source(student, tuple(enumerate(cells)))


TEMPLATE = source("the stub", STUB)


def found(*sources: Source, template: Source | None = TEMPLATE) -> list[tuple[str, str, float]]:
    return [(pair.first, pair.second, pair.similarity) for pair in compare(sources, template).pairs]


def test_a_copy_is_found_under_its_disguise() -> None:
    assert found(source("ada", LOOPS), source("bob", DISGUISED)) == [("ada", "bob", 1.0)]


def test_a_copy_among_other_code_is_found_by_the_share_of_the_shorter() -> None:
    mixed = (*ARRAYS, *LOOPS[1:3])
    ((first, second, similarity),) = found(source("ada", LOOPS[:3]), source("bob", mixed))
    assert (first, second, similarity) == ("ada", "bob", 1.0)


def test_independent_answers_share_little() -> None:
    people = [source("ada", LOOPS), source("bob", ARRAYS), source("cyd", TENSORS)]
    assert found(*people) == []
    everything = compare(people, TEMPLATE, least_similarity=0, least_shared=1).pairs
    assert all(pair.similarity <= 0.15 for pair in everything)


def test_who_hands_in_what_was_given_has_copied_from_nobody() -> None:
    assert found(source("ada", STUB), source("bob", STUB)) == []
    blank, solved = source("ada", STUB), source("bob", LOOPS)
    assert compare([blank, solved], TEMPLATE, least_similarity=0, least_shared=1).pairs == ()
    assert len(compare([blank, solved], least_similarity=0, least_shared=1).pairs) == 1


def test_given_code_in_a_cell_that_does_not_parse_is_given_all_the_same() -> None:
    broken = (STUB[0] + "\nx = = 1\n",)
    assert found(source("ada", broken), source("bob", broken)) == []


def test_cells_that_do_not_parse_are_compared_with_each_other() -> None:
    torn = [cell.replace("return", "return )") for cell in LOOPS[1:]]
    renamed = [cell.replace("loss", "cost").replace("out", "result") for cell in torn]
    assert found(source("ada", (*torn,)), source("bob", (*renamed,))) == [("ada", "bob", 1.0)]


@pytest.mark.parametrize(("holders", "submissions", "counts"), [(5, 10, True), (6, 10, False), (6, 9, True)])
def test_what_more_than_half_of_ten_have_is_common_knowledge(
    holders: int, submissions: int, counts: bool
) -> None:
    people = [source(f"holder {n}", LOOPS) for n in range(holders)]
    people += [source(f"other {n}", STUB) for n in range(submissions - holders)]
    pairs = found(*people)
    assert pairs == (
        [(f"holder {a}", f"holder {b}", 1.0) for a, b in combinations(range(holders), 2)] if counts else []
    )


def test_the_share_and_the_number_that_make_code_common_can_be_chosen() -> None:
    people = [source(f"{n}", LOOPS if n < 3 else STUB) for n in range(4)]
    assert compare(people, TEMPLATE, common_from=4).pairs == ()
    assert len(compare(people, TEMPLATE, common_from=4, common=0.75).pairs) == 3


def test_too_little_code_to_tell_gives_no_pair() -> None:
    line = (
        "def output_size(n, kernel, stride, padding):\n    return (n + 2 * padding - kernel) // stride + 1\n",
    )
    assert found(source("ada", line), source("bob", line)) == []
    (pair,) = compare([source("ada", line), source("bob", line)], least_shared=1).pairs
    assert pair.similarity == 1.0


def test_all_pairs_at_once_are_those_of_two_at_a_time() -> None:
    cells = [*LOOPS[1:], *ARRAYS[1:], *TENSORS[1:]]
    people = [
        source(f"{n:02}", (STUB[0], cells[n % 9], cells[(2 * n) % 9], cells[(n * n + 1) % 9]))
        for n in range(30)
    ]
    at_once = compare(people, TEMPLATE, least_similarity=0.2, least_shared=2, common_from=99).pairs
    by_twos = [
        pair
        for two in combinations(people, 2)
        for pair in compare(two, TEMPLATE, least_similarity=0.2, least_shared=2).pairs
    ]
    assert len(at_once) > 100
    assert sorted(at_once, key=lambda pair: (pair.first, pair.second)) == by_twos


def test_the_most_similar_come_first_and_the_order_given_does_not_matter() -> None:
    people = [
        source("dan", (*LOOPS[:3], *TENSORS[3:])),
        source("bob", DISGUISED),
        source("cyd", LOOPS[:3]),
        source("ada", LOOPS),
    ]
    pairs = compare(people, TEMPLATE)
    assert [(pair.first, pair.second) for pair in pairs.pairs] == [
        ("ada", "bob"),  # all three answers
        ("ada", "cyd"),  # all of the two that cyd has
        ("bob", "cyd"),
        ("cyd", "dan"),
        ("ada", "dan"),  # two of three
        ("bob", "dan"),
    ]
    assert [pair.similarity == 1.0 for pair in pairs.pairs] == [True, True, True, True, False, False]
    assert compare(reversed(people), TEMPLATE) == pairs


def test_a_student_is_compared_with_others_only() -> None:
    with pytest.raises(ValueError, match="given twice"):
        compare([source("ada", LOOPS), source("ada", LOOPS)])
    assert compare([]).pairs == ()
    assert compare([source("ada", LOOPS)]).pairs == ()


def test_the_places_of_what_is_shared() -> None:
    before = "first = second.third(4)[5] or [6]\n\n\n"
    (pair,) = compare(
        [Source("ada", ((4, LOOPS[1]),)), Source("bob", ((2, "x = 1"), (9, before + LOOPS[1])))]
    ).pairs
    assert pair.matches == (Match((Span(4, 1, 8),), (Span(9, 4, 11),)),)
    assert (pair.first, pair.second, pair.similarity) == ("ada", "bob", 1.0)
    assert pair.shared == len({value for value, _ in fingerprints_of(LOOPS[1])})


def fingerprints_of(cell: str) -> list[tuple[int, int]]:
    from graders.code_tokens import code_tokens

    (unit,) = code_tokens([(0, cell)]).units
    return fingerprints([token.kind for token in unit])


def test_who_has_more_code_than_is_read_is_told() -> None:
    padding = tuple(f"x.a{n}(y.b)\n" * (CELL_TOKENS // 4) for n in range(TOKENS // CELL_TOKENS))
    people = [
        source("ada", (*padding, *LOOPS)),
        source("bob", LOOPS),
        source("cyd", ("#" * CELL_CHARACTERS + "\n",)),
    ]
    compared = compare(people, TEMPLATE)
    assert compared.cut == ("ada", "cyd")
    assert compared.pairs == ()


# Winnowing


def test_the_example_of_the_paper() -> None:
    hashes = [77, 74, 42, 17, 98, 50, 17, 98, 8, 88, 67, 39, 77, 74, 42, 17, 98]
    assert winnow(hashes, 4) == [3, 6, 8, 11, 15]


def test_a_choice_among_equals_is_kept_while_it_is_in_the_window() -> None:
    assert winnow([5, 5, 5, 5, 5, 5], 3) == [2, 5]
    assert winnow([1, 2], 4) == [0]
    assert winnow([], 4) == []


few = st.sampled_from(["name", "number", "call", "=", ".sum"])
tokens = st.lists(few, max_size=40)


@given(tokens, tokens, st.lists(few, min_size=GUARANTEE, max_size=30), tokens, tokens)
def test_a_shared_run_of_the_guarantees_length_is_always_found(
    before: list[str], after: list[str], run: list[str], ahead: list[str], behind: list[str]
) -> None:
    one = {value for value, _ in fingerprints(before + run + after)}
    other = {value for value, _ in fingerprints(ahead + run + behind)}
    assert one & other


@given(tokens, tokens)
def test_a_shared_fingerprint_is_a_shared_run(one: list[str], other: list[str]) -> None:
    places = dict(fingerprints(other))
    for value, at in fingerprints(one):
        if value in places:
            there = places[value]
            assert one[at : at + GRAM] == other[there : there + GRAM]
            assert len(one[at : at + GRAM]) == GRAM


def test_fingerprints_are_the_same_in_every_process() -> None:
    program = (
        "from graders.similarity import fingerprints; print(fingerprints([f'.{n % 7}' for n in range(50)]))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert said == {f"{fingerprints([f'.{n % 7}' for n in range(50)])}\n"}


# Hostile cells

HOSTILE = {
    "parentheses": "(" * 60_000,
    "signs": "-" * 60_000 + "1",
    "attributes": "a" + ".b" * 30_000,
    "deep attributes": "a" + ".b" * 900,
    "sums": "1" + "+1" * 30_000,
    "deep sums": "1" + "+1" * 900,
    "calls": "f" + "()" * 30_000,
    "lambdas": "lambda:" * 9_000 + "1",
    "brackets": "[" * 199 + "]" * 199,
    "indents": "".join(" " * n + "if 1:\n" for n in range(99)) + " " * 99 + "x",
    "nested f-strings": "f'{" * 100 + "x" + "}'" * 100,
    "null bytes": "x = 1\0",
    "long integer": "x = " + "9" * 60_000,
    "long hexadecimal": "x = 0x" + "f" * 60_000,
    "lone surrogate": "x = '\ud800'\n\udfff = y.\udfff",
    "open string": '"""' + "a" * 60_000,
    "quotes": "'\"" * 30_000,
    "escapes": "'" + "\\a" * 30_000,
    "line ends": "\r\n\x0c\u2028\x85" * 1_000,
    "continuations": "\\\n" * 30_000,
    "unindented": "if x:\n        a\n    b\n",
    "same again": "x = 1\n" * 3_000,
}


@pytest.mark.parametrize("cell", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_cell_keeps_the_others_from_being_compared(cell: str) -> None:
    ada, bob = source("ada", (cell, *LOOPS)), source("bob", (*DISGUISED, cell))
    (pair,) = compare([ada, bob], TEMPLATE).pairs
    assert pair.similarity == 1.0
    side_by_side(pair, ada, bob).encode()


# The page


class Page(HTMLParser):
    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.marked: list[str] = []
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["mark"]:
            self.marked.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")


def page_of(one: tuple[str, ...], other: tuple[str, ...], name: str = "ada") -> str:
    ada, bob = source(name, one), source("bob", other)
    (pair,) = compare([ada, bob]).pairs
    return side_by_side(pair, ada, bob) if pair.first == name else side_by_side(pair, bob, ada)


def test_shared_lines_stand_beside_each_other_and_are_marked() -> None:
    fragment = page_of((LOOPS[1],), ("x = 1", "# mine\n" + LOOPS[1]))
    page = Page(fragment)
    assert page.marked == LOOPS[1].splitlines() * 2
    assert page.tags.count("td") == 2
    assert "<h3>ada and bob: 100% shared</h3>" in fragment
    assert "<caption>Cells of ada and bob that share code; shared lines are marked</caption>" in fragment
    assert '<tr><th scope="col">ada</th><th scope="col">bob</th></tr>' in fragment
    assert "<p>Cell 0, lines 1–8</p>" in fragment
    assert "<p>Cell 1, lines 2–9</p>" in fragment
    assert "   1  # mine\n   2  <mark>def conv2d(image, kernel):</mark>\n" in fragment


def test_what_a_student_wrote_is_text_on_the_page() -> None:
    evil = "# <script>alert(1)</script> \x1b[31m\u202e &amp;\nx = '</code><img src=x onerror=alert(1)>'\n"
    fragment = page_of((evil + LOOPS[1],), (evil + LOOPS[1],), name="<b onclick=alert(1)>\n\u202eada")
    page = Page(fragment)
    assert {tag for tag in page.tags if not tag.startswith("/")} == (
        {"section", "h3", "p", "table", "caption", "thead", "tbody", "tr", "th", "td", "pre", "code", "mark"}
    )
    assert page.attributes == {"class", "scope"}
    assert "# &lt;script&gt;alert(1)&lt;/script&gt; \N{REPLACEMENT CHARACTER} &amp;amp;" in fragment
    assert "&lt;b onclick=alert(1)&gt; \N{REPLACEMENT CHARACTER}ada" in fragment
    assert not {"\x1b", "\u202e"} & set(fragment)


def test_a_pair_is_shown_with_its_own_sources() -> None:
    pair = Pair("ada", "bob", 1.0, 10, ())
    with pytest.raises(ValueError, match="the pair is of ada and bob"):
        side_by_side(pair, source("bob", LOOPS), source("ada", LOOPS))
