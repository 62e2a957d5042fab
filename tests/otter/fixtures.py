"""Three autograders that between them use every option of Otter's that decides points, with notebooks for each.

python tests/otter/fixtures.py FOLDER    writes them: FOLDER/exceptions.zip, FOLDER/exceptions/*/hw.ipynb, ...
"""

from __future__ import annotations

import sys
from pathlib import Path

from made import START, autograder, case, check, code, doctests, exceptions, notebook, text

HELPERS = "LIMIT = 10\n\n\ndef expected(x):\n    return 2 * x\n"

EXCEPTIONS = {
    # points: of the question, of its cases, of some of them, of none
    "q1": exceptions(
        "q1",
        "@test_case()\ndef small(double):\n    assert double(2) == 4\n\n"
        "@test_case(hidden=True, failure_message='Not for all.')\ndef large(env):\n    assert env['double'](30) == 60\n",
        points=3,
    ),
    "q2": exceptions(
        "q2",
        "@test_case(points=2)\ndef one(xs):\n    assert isinstance(xs, list) and len(xs) == 3\n\n"
        "@test_case()\ndef two(xs):\n    assert sum(xs) == 6\n\n@test_case()\ndef three(xs):\n    assert xs[0] == 1\n",
        points=5,
    ),
    "q3": exceptions(
        "q3",
        "@test_case(points=0.5, name='by its own name')\ndef one(xs):\n    assert len(xs) == 3\n\n"
        "@test_case()\ndef worth_nothing(nothing):\n    assert nothing is None\n",
    ),
    "q4": exceptions(
        "q4", "@test_case()\ndef a(xs):\n    assert xs\n\n@test_case()\ndef b(xs):\n    assert xs[5]\n"
    ),
    "q5": exceptions(
        "q5",
        "@test_case()\ndef a(double):\n    assert double(1) == 2\n\n@test_case(hidden=True)\ndef b(double):\n    assert double(0) == 0\n",
        points=[1, 2.25],
    ),
    "q6": exceptions(
        "q6",
        "@test_case()\ndef a(double):\n    assert double(1) == 2\n\n@test_case()\ndef b(half):\n    assert half(4) == 2\n",
        points=2,
        all_or_nothing=True,
    ),
    "q7": exceptions("q7", "@test_case()\ndef free(double):\n    assert double is not None\n", points=0),
    # what a test does: files, helpers, exceptions, what is printed, classes, state kept between cases
    "q8": exceptions(
        "q8",
        "from helpers import LIMIT, expected\n\n"
        "@test_case()\ndef helped(double):\n    assert all(double(n) == expected(n) for n in range(LIMIT))\n\n"
        "@test_case()\ndef file(words):\n    assert words == open('words.txt').read().split()\n",
    ),
    "q9": exceptions(
        "q9",
        "import contextlib\nimport io\n\n"
        "@test_case()\ndef raises(checked):\n    try:\n        checked(-1)\n    except ValueError as error:\n"
        "        assert str(error) == 'negative' and error.args == ('negative',)\n    else:\n        assert False\n\n"
        "@test_case()\ndef key(look):\n    try:\n        look({})\n    except KeyError as error:\n        assert str(error) == repr('x')\n    else:\n        assert False\n\n"
        "@test_case()\ndef prints(greet):\n    said = io.StringIO()\n    with contextlib.redirect_stdout(said):\n        greet('Bob')\n    assert said.getvalue() == 'Hello, Bob\\n'\n",
        points=3,
    ),
    "q10": exceptions(
        "q10",
        "@test_case()\ndef starts(Account):\n    account = Account(3)\n    account.pay(4)\n    assert account.total == 7\n\n"
        "@test_case()\ndef counts(count):\n    count()\n    assert count() == 2\n\n"
        "@test_case(hidden=True)\ndef goes_on(count):\n    assert count() == 3\n\n"
        "@test_case()\ndef list_of(env):\n    assert env.get('nowhere', 5) == 5 and 'xs' in env\n",
        points=4,
    ),
    "q11": exceptions(
        "q11",
        "import numpy as np\nimport pandas as pd\n\n"
        "@test_case()\ndef arrays(grid):\n    assert isinstance(grid, np.ndarray) and np.allclose(grid, np.eye(3))\n\n"
        "@test_case()\ndef frames(table):\n    assert isinstance(table, pd.DataFrame) and list(table.columns) == ['a', 'b']\n    assert table['a'].sum() == 3\n",
        points=1,
    ),
    "q1.2": exceptions("q1.2", "@test_case()\ndef dotted(xs):\n    assert xs == [1, 2, 3]\n"),
    "q13": exceptions("q13", "@test_case()\ndef at_the_end(late):\n    assert late == 2\n"),
    "q14": exceptions("q14", "@test_case()\ndef where_it_was(changing):\n    assert changing == 'first'\n"),
}

RIGHT = [
    code(
        "import numpy as np\nimport pandas as pd\ndef double(x):\n    return 2 * x\ndef half(x): return x / 2\nxs = [1, 2, 3]"
    ),
    code(
        "words = open('words.txt').read().split()\n"
        "def checked(x):\n    if x < 0:\n        raise ValueError('negative')\n    return x\n"
        "def look(d): return d['x']\ndef greet(name): print(f'Hello, {name}')\n"
        "class Account:\n    def __init__(self, total): self.total = total\n    def pay(self, n): self.total += n\n"
        "calls = 0\ndef count():\n    global calls\n    calls += 1\n    return calls\n"
        "grid = np.eye(3)\ntable = pd.DataFrame({'a': [1, 2], 'b': [3, 4]})\nchanging = 'first'"
    ),
]
CHECKS = [check(f"q{n}") for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)]
END = [check("q14"), code("changing = 'second'; late = 1"), check("q1.2"), code("late = 2")]

HALF = [
    code(
        "import numpy as np\ndef double(x):\n    return 4\nxs = [3, 2, 1]\nwords = ['no']\nthis is no Python"
    ),
    code(
        "import numpy as np\ndef double(x):\n    return 2 * x if x < 20 else 0\nxs = [3, 2, 1]\nhalf = lambda x: 1\n"
    ),
    code(
        "def checked(x): return x\ndef look(d): return d['x']\ndef greet(name): print('Hello')\n"
        "class Account:\n    total = 7\n    def __init__(self, n): pass\n    def pay(self, n): pass\n"
        "def count(): return 2\ngrid = np.ones(3)\nlate = 2\nraise RuntimeError('in between')"
    ),
]

SEEDED = {
    "q1": doctests(
        "q1", case(">>> drawn == first\nTrue"), case(">>> int(np.random.randint(1000))\n102", points=2)
    ),
    "q2": doctests(
        "q2",
        case(">>> double(4)\n8"),
        case(">>> greet('Bob')\nHello, Bob\n'done'", hidden=True),
        case(">>> checked(-1)\nTraceback (most recent call last):\n    ...\nValueError: negative"),
        points=[1, 2, 3],
    ),
    "q3": doctests(
        "q3",
        case(">>> for n in range(3):\n...     print(n, double(n))\n0 0\n1 2\n2 4"),
        case(">>> [double(n) for n in xs]\n[2, 4, 6]\n>>> y = double(5)\n>>> y + 1\n11"),
        case(">>> xs.append(4)\n>>> len(xs)\n4"),
        case(">>> add(2)\n>>> total\n2\n>>> add(3)\n>>> total\n5", hidden=True),
        points=4,
    ),
    "q4": doctests(
        "q4",
        case(">>> grid\narray([[1., 0.],\n       [0., 1.]])"),
        case(">>> double(1)\n2"),
        points=2,
        all_or_nothing=True,
    ),
    "q5": doctests(
        "q5",
        case(">>> table\n   a\n0  1\n1  2"),
        case(">>> names  # doctest: +NORMALIZE_WHITESPACE\n['a',    'b']", points=0),
    ),
    "q6": {"code": ""}
    and doctests("q6", {"code": ">>> double(3)\n6", "name": "named"}, {"code": ">>> xs[9]\n0"}),
    "q7": doctests(
        "q7",
        {
            "code": ">>> account.total\n3\n>>> account.pay(2)\n>>> account.total\n5",
            "hidden": True,
            "points": 1.5,
        },
    ),
}
SEEDED_RIGHT = [
    START,
    code("import numpy as np\nimport random\nimport pandas as pd\nfirst = float(np.random.rand())"),
    code("drawn = float(np.random.rand())\ntotal = 0"),
    check("q1"),
    code(
        "def double(x): return 2 * x\ndef greet(name):\n    print(f'Hello, {name}')\n    return 'done'\n"
        "def checked(x):\n    if x < 0:\n        raise ValueError('negative')\nxs = [1, 2, 3]\n"
        "def add(n):\n    global total\n    total += n\n"
        "class Account:\n    def __init__(self, total): self.total = total\n    def pay(self, n): self.total += n\naccount = Account(3)"
    ),
    check("q2"),
    check("q3"),
    code("grid = np.eye(2)\ntable = pd.DataFrame({'a': [1, 2]})\nnames = ['a', 'b']"),
    check("q4"),
    check("q5"),
    check("q6"),
    check("q7"),
]
SEEDED_HALF = [
    START,
    code("import numpy as np\nfirst = 1"),
    code("drawn = 2"),
    check("q1"),
    code(
        "def double(x): return 2 * x\ndef greet(name): return 'Hello'\ndef checked(x): raise ValueError('other')\nxs = (1, 2, 3)\ntotal = 0\ndef add(n): pass"
    ),
    check("q2"),
    check("q3"),
    code("grid = np.eye(3)"),
    check("q4"),
    check("q6"),
]

PLACES = {
    "one": exceptions("one", "@test_case(points=1)\ndef a(x):\n    assert x == 1\n"),
    "two": exceptions("two", "@test_case(points=2)\ndef a(x, seed):\n    assert x == 2 and seed == 7\n"),
    "three": exceptions("three", "@test_case(points=3)\ndef a(x):\n    assert x == 3\n"),
    "four": exceptions("four", "@test_case(points=4)\ndef a(ignored):\n    assert ignored is None\n"),
    "five": exceptions("five", "@test_case(points=5)\ndef a(x):\n    assert x == 9\n"),
    "six": doctests("six", case(">>> x\n9"), points=6),
    "seven": exceptions("seven", "@test_case(points=7)\ndef a(x):\n    assert x == 1\n"),
}
# Tests that a student's notebook brings along, which say that everything is right.
BROUGHT = {name: exceptions(name, "@test_case(points=100)\ndef a():\n    pass\n") for name in PLACES}
PLACED = [
    code("import otter\nfirst_grader = otter.Notebook()\nseed = 1"),
    text("x is set in the cell after this"),
    code("x = 1", otter={"tests": ["one"]}),
    code("x = 2"),
    check("two", "first_grader"),
    code("x = 3\nresult = first_grader.check('three')"),
    code("ignored = 1", tags=["otter_ignore"]),
    code("ignored = 1", otter={"ignore": True}),
    code("x = 1"),
    code("first_grader.check('seven'); first_grader.check('four')"),
    code("x = 8"),
    check("seven", "first_grader"),
    code("first_grader.check('there is no such test')"),
    code("x = 9\nfirst_grader.check_all()\nfirst_grader.export(run_tests=True)"),
]


def write(folder: Path) -> None:
    autograder(
        folder / "exceptions.zip",
        EXCEPTIONS,
        {"points_possible": 50, "show_hidden": True, "unknown_option": 1},
        {"helpers.py": HELPERS, "words.txt": "a few words"},
    )
    notebook(folder / "exceptions/right/hw.ipynb", START, *RIGHT, *CHECKS, *END)
    notebook(folder / "exceptions/half/hw.ipynb", START, *HALF, *CHECKS, *END)
    autograder(folder / "seeded.zip", SEEDED, {"seed": 42})
    notebook(folder / "seeded/right/hw.ipynb", *SEEDED_RIGHT)
    notebook(folder / "seeded/half/hw.ipynb", *SEEDED_HALF)
    config = {"seed": 7, "seed_variable": "seed", "assignment_name": "places", "score_threshold": 0.7}
    autograder(folder / "places.zip", PLACES, config)
    about = {"assignment_name": "places", "OK_FORMAT": False, "tests": BROUGHT}
    notebook(folder / "places/all/hw.ipynb", *PLACED, **about)
    notebook(folder / "places/none/hw.ipynb", code("x = 9"), code("ignored = None\nseed = 7"), **about)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
