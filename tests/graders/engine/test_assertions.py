"""Assertions beside the student's code: as plain Python would have them, and out of reach of simple tricks."""

from collections.abc import Iterator

import pytest

from graders.engine.assertions import Assertions, Told, run_assertions
from graders.engine.worker import Zygote
from graders.errors import PeerGone, PeerTimeout
from graders.records import Limits, Tier
from graders.sandbox.policy import policy

LIMITS = Limits(cell_seconds=5.0)
NOTEBOOK = """
import numpy as np, dataclasses, collections
def f(x): return x * x
class Vector:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return self.x == getattr(other, "x", other)
    def __add__(self, other): return Vector(self.x + other.x)
    def __abs__(self): return abs(self.x)
Pair = collections.namedtuple("Pair", "a b")
@dataclasses.dataclass
class Point:
    x: int
def pair(): return Pair(1, 2)
def point(): return Point(3)
def array(): return np.arange(3.0)
async def soon(): return 4
sum = 17
"""


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(["numpy"], policy(Tier.NONE, LIMITS), ["numpy.testing"]) as warm:
        yield warm


def told(zygote: Zygote, notebook: str, test: str, *, seconds: float = 5.0, **more: object) -> Told:
    given = {"helpers": (), "modules": (), "bound": frozenset(), "classes": frozenset({"Vector"}), **more}
    worker = zygote.fork()
    try:
        worker.begin(LIMITS)
        worker.run(0, notebook)
        snapshot = worker.snapshot()
        assert snapshot is not None
        worker.stop()
        found = run_assertions(snapshot, Assertions(test, **given), seconds)  # type: ignore[arg-type]
        snapshot.close()
        return found
    finally:
        worker.close()


PASS = [
    "", "# nothing", "'a text'", "f(2)", "assert f(2) == 4", "assert f(2) == 4, f'is {f(2)}'", "assert 1 < f(2) <= 4 != 5",
    "assert f(1) == 1 == f(1) is not None", "assert not (1 < f(2) < 3 < 1 / f(1))",
    "assert not f(2) == 5 and (f(3) == 9 or f(0))", "assert all(f(x) == x * x for x in range(3))",
    "x = 5\nassert x == 5", "def g():\n    return f(3)\nassert g() == 9", "class C:\n    y = 2 == 2\nassert C.y",
    "try:\n    assert f(1) == 2\nexcept AssertionError:\n    pass\nelse:\n    raise Exception", "assert (n := f(2)) == 4 and n",
    "import numpy.testing as t\nt.assert_allclose(array(), [0, 1, 2])", "assert (array() == np.arange(3)).all()",
    "from math import *\nassert pi > 3", "%matplotlib inline\nassert f(1) == 1", "%%time\nassert f(1) == 1", "!true\nassert f(1) == 1",
    "assert Vector(1) == Vector(1) and Vector(1) == 1", "assert Vector(1) + Vector(2) == Vector(3)", "assert abs(Vector(-2)) == 2",
    "assert pair() == (1, 2)", "assert point() == point()", "assert isinstance(point(), Point) and isinstance(f(2), int)",
    "assert await soon() == 4", "import unittest\nunittest.TestCase().assertEqual(f(2), 4)", "assert 2 in {f(1): 0, 2: 0}",
    "for x in range(3):\n    if f(x) != x * x:\n        raise ValueError(x)", "assert sorted([f(2), f(1)]) == [1, 4]",
    "with np.errstate(all='ignore'):\n    assert f(2) == 4", "assert str(f(2)) == '4' and f'{f(2)}' == '4'",
    "global later\nlater = 3\ndef reads(): return later\nassert reads() == 3", "assert sum([1, 2]) == 3",
    "assert {1: [f(2)]} == {1: [4]}", "assert np.float64(2) == f(np.sqrt(2)) or True", "del f\nassert 'f' not in globals()",
    "match f(2):\n    case 4:\n        pass\n    case _:\n        assert False", "assert f(2) is not None and f(2) == 4.0",
]  # fmt: skip
FAIL = [
    "assert f(2) == 5", "assert f(2) != 4", "f('a')", "raise KeyError", "assert nowhere", "1 / 0", "import nowhere_at_all",
    "import sys\nsys.exit()", "assert 5 in [f(2)]", "assert f(2) not in [4]", "assert all(f(x) == 0 for x in range(3))",
    "class C:\n    assert f(2) == 5", "def g():\n    assert f(2) == 5\ng()", "assert f(2) < 4 or f(2) > 4", "assert not f(2)",
    "import numpy.testing as t\nt.assert_allclose(array(), [0, 1, 3])", "assert point() == 3", "%%time\nassert f(1) == 2",
    "for x in range(3):\n    assert f(x) == 0", "assert await soon() == 5", "!false\nassert False",
]  # fmt: skip


@pytest.mark.parametrize("test", PASS)
def test_what_passes_in_python_passes(zygote: Zygote, test: str) -> None:
    found = told(zygote, NOTEBOOK, test)
    assert found.passed, found


@pytest.mark.parametrize("test", FAIL)
def test_what_fails_in_python_fails(zygote: Zygote, test: str) -> None:
    assert not told(zygote, NOTEBOOK, test).passed


@pytest.mark.parametrize(
    ("test", "value"),
    [("2", 2.0), ("1.5", 1.5), ("x = 3\nx", 3.0), ("np.float64(2.5)", 2.5), ("np.int64(2)", 2.0), ("2;", None), ("2; # no", None),
     ("None", None), ("True", None), ("'3'", None), ("[3]", None), ("-1", -1.0), ("float('nan')", "odd"), ("float('inf')", "odd"),
     ("3\nx = 1", None), ("odd()", "odd"), ("2 # points", 2.0)],
)  # fmt: skip
def test_the_last_value_is_told_where_it_is_a_number(
    zygote: Zygote, test: str, value: float | str | None
) -> None:
    odd = "\nclass Odd(float):\n    def __repr__(self): return '5.0'\ndef odd(): return Odd(0)\n"
    found = told(zygote, NOTEBOOK + odd, test)
    assert (found.passed, found.value) == (True, value)


@pytest.mark.parametrize(
    ("ends", "lost"),
    [("import os\ndef f(x): os._exit(0)", PeerGone), ("def f(x):\n    while True: pass", PeerTimeout),
     ("import os\ndef f(x):\n    os.write(1, b'x' * 99)\n    os.close(3)\n    os.kill(os.getpid(), 9)", PeerGone)],
)  # fmt: skip
def test_a_process_that_ends_or_hangs_passes_nothing(
    zygote: Zygote, ends: str, lost: type[Exception]
) -> None:
    found = told(zygote, ends, "assert f(2) == 4", seconds=1.0)
    assert isinstance(found.lost, lost)
    assert not found.passed


def test_what_students_define_stays_theirs_and_what_the_author_does_not(zygote: Zygote) -> None:
    own = "def max(*a): return 'mine'\ndef close(a, b): return True\nclass np: pass\n"
    theirs = frozenset({"max"})
    helper = ("def close(a, b):\n    return abs(a - b) < 1",)
    assert told(zygote, own, "assert max(1, 2) == 'mine'", bound=theirs).passed
    assert told(zygote, own, "assert max(1, 2) == 2").passed
    assert not told(zygote, own, "assert close(1, 5)", helpers=helper).passed
    assert told(zygote, own, "assert np.sqrt(4) == 2", modules=(("np", "numpy"),)).passed


def test_what_is_printed_is_told_up_to_a_bound(zygote: Zygote) -> None:
    found = told(zygote, NOTEBOOK, "print('a')\nprint('b' * 10**6)\nassert True")
    assert found.passed
    assert found.printed.startswith("a\nbbb")
    assert len(found.printed) <= 100_000


@pytest.mark.parametrize("test", ["assert f(2) == 4", "assert 4 == f(2) == 4", "assert 0 < f(2) < 9", "assert f(2) in [4]", "assert abs(f(2) - 4) < 1",
    "import numpy.testing as t\nt.assert_equal(actual=f(2), desired=4)", "assert {'a': f(2)} == {'a': 4}", "if not f(2) == 4:\n    raise ValueError"])  # fmt: skip
def test_an_object_of_the_students_making_is_not_asked_what_it_equals(zygote: Zygote, test: str) -> None:
    names = ("eq", "ne", "lt", "gt", "le", "ge", "sub", "abs")
    lying = "\n".join(f"    def __{name}__(self, *a): return True" for name in names)
    assert not told(zygote, f"class Any:\n{lying}\ndef f(x): return Any()", test).passed
    honest = told(zygote, f"class Any:\n{lying}\ndef f(x): return 4", test)
    assert honest.passed, honest


def test_a_line_that_was_jumped_over_passes_nothing(zygote: Zygote) -> None:
    """Only ours runs a cell as one piece; nbgrader's kernel compiles each statement, and is not fooled so."""
    jumping = """
import sys
def f(x):
    frame = sys._getframe(1)
    def jump(frame, event, arg):
        if event == "line":
            frame.f_lineno = max(line for *_, line in frame.f_code.co_lines() if line)
            frame.f_trace = None
        return jump
    frame.f_trace = jump
    sys.settrace(lambda *a: None)
    return 7
"""
    found = told(zygote, jumping, "found = f(2)\nassert found == 4\nassert found == 4\nfinished = True")
    assert found.missed
    assert not found.passed
