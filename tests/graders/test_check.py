"""Checks for test authors: the same on real objects and on a student's process."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
import torch

from graders import check
from graders.engine.answer import serve
from graders.remote import Namespace

STUDENT = """
import numpy as np, torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)
        self.head = nn.Linear(3 * 4 * 4, 2)
    def forward(self, x):
        return self.head(self.conv(x).flatten(1))

net = Net()
plain = lambda x: x
same = lambda X: (X[:, 0] > 0).astype(int)
scores = lambda X: np.stack([-X[:, 0], X[:, 0]], 1)
column = lambda X: torch.tensor(X[:, :1] > 0)
liar = type("Liar", (list,), {"__eq__": lambda *_: True, "__len__": lambda _: 4})()
"""


@pytest.fixture(params=["real", "remote"])
def given(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Any]]:
    """The student's name or expression, as a real object or as what crosses the channel."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(STUDENT, names)
    if request.param == "real":
        yield lambda text: eval(text, names)
        return
    torch.set_num_threads(1)  # a fork of a process with OpenMP threads waits for them for ever
    with ExitStack() as opened:
        yield lambda text: _served(opened, names | {"it": eval(text, names)})["it"]


def _served(opened: ExitStack, names: dict[str, Any]) -> Namespace:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        try:
            serve(theirs, names)
        finally:
            os._exit(0)
    theirs.close()
    opened.callback(os.waitpid, pid, 0)
    opened.callback(ours.close)
    space = Namespace(ours)
    space.allow(20)
    return space


def test_a_module_is_known_by_its_classes(given: Callable[[str], Any]) -> None:
    check.module(given("net"))
    check.isa(given("net"), "torch.nn.Module")
    for other in ("plain", "Net", "3", "None"):
        with pytest.raises(check.Failed, match=r"expected an instance of torch\.nn\.Module, got"):
            check.module(given(other))


def test_shapes_after_each_layer(given: Callable[[str], Any]) -> None:
    x = torch.zeros(5, 1, 6, 6)
    check.shapes(given("net"), x, {"conv": (3, 4, 4), "head": (2,), "output": (2,)})
    with pytest.raises(check.Failed, match=r"after `conv`: expected shape \(3, 5, 5\).*got \(3, 4, 4\)"):
        check.shapes(given("net"), x, {"conv": (3, 5, 5)})
    with pytest.raises(check.Failed, match=r"`pool` that is used; the model used `conv`, `head`"):
        check.shapes(given("net"), x, {"pool": (3,)})


@pytest.mark.parametrize("predict", ["same", "scores", "column"])
def test_accuracy_of_labels_scores_and_columns(given: Callable[[str], Any], predict: str) -> None:
    X = np.random.default_rng(0).normal(size=(50, 2))
    y = (X[:, 0] > 0).astype(int)
    assert check.accuracy(given(predict), X, y, at_least=1.0) == 1.0
    with pytest.raises(check.Failed, match=r"at least 90\.0%, got 0\.0%"):
        check.accuracy(given(predict), X, 1 - y, at_least=0.9)


@pytest.mark.parametrize(
    ("predict", "says"),
    [
        ("lambda X: None", "got None"),
        ("lambda X: X[:3, 0]", r"expected 50 predictions, got an array of shape \(3,\)"),
        ("lambda X: X * np.nan", "got NaN"),
        ("lambda X: liar", "predictions"),
        ("lambda X: X[:, 0] * np.nan", "got NaN 50 times"),
        ("lambda X: ['a'] * 50", "expected numbers"),
        ("lambda X: torch.ones(50).to_sparse()", "expected numbers"),
    ],
)
def test_predictions_of_the_wrong_kind(given: Callable[[str], Any], predict: str, says: str) -> None:
    with pytest.raises(check.Failed, match=says):
        check.accuracy(given(predict), np.ones((50, 2)), np.ones(50), at_least=0.0)


def test_close_names_the_worst_element(given: Callable[[str], Any]) -> None:
    check.close(given("np.array([1.0, np.inf])"), [1.0, np.inf])
    check.close(given("torch.ones(2, dtype=torch.bfloat16)"), torch.ones(2))
    check.close(given("net.head.bias * 0"), np.zeros(2))
    with pytest.raises(check.Failed, match=r"expected 5 at \(1, 0\), got 7; 2 of 4 values differ \(no pad\)"):
        check.close(given("np.array([[1, 2], [7, 5]])"), [[1, 2], [5, 4]], because="no pad")
    with pytest.raises(check.Failed, match="expected 1, got nan"):
        check.close(given("float('nan')"), 1.0)
    with pytest.raises(check.Failed, match=r"expected shape \(2,\), got \(3,\)"):
        check.close(given("np.ones(3)"), np.ones(2))


@pytest.mark.parametrize("value", ["None", "...", "plain", "net", "'text'", "[[1], [2, 3]]", "liar"])
def test_close_wants_numbers(given: Callable[[str], Any], value: str) -> None:
    with pytest.raises(check.Failed, match="expected"):
        check.close(given(value), np.ones(4))


def test_shape_of_an_array(given: Callable[[str], Any]) -> None:
    check.shape(given("np.ones((2, 3))"), (2, 3))
    with pytest.raises(check.Failed, match=r"the kernel: expected shape \(3, 3\), got \(2, 3\)"):
        check.shape(given("np.ones((2, 3))"), (3, 3), "the kernel")


@pytest.mark.parametrize(
    ("losses", "says"),
    [
        ("[2.0, 1.0, 0.5]", ""),
        ("np.array([2.0, 0.9])", ""),
        ("[torch.tensor(2.0), torch.tensor(0.5)]", ""),
        ("[2.0, 1.9]", r"from 2 to 1\.9 in 2 epochs"),
        ("[2.0, float('nan'), 0.1]", "loss of epoch 1 is nan"),
        ("[2.0]", "a loss for each epoch"),
        ("[]", "a loss for each epoch"),
        ("np.array([2j, 1j])", "expected real numbers"),
        ("None", "got None"),
        ("['a', 'b']", "expected numbers"),
    ],
)
def test_losses(given: Callable[[str], Any], losses: str, says: str) -> None:
    if not says:
        return check.loss_decreases(given(losses))
    with pytest.raises(check.Failed, match=says):
        check.loss_decreases(given(losses))
    return None
