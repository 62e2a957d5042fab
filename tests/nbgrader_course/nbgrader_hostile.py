"""Submissions that earn nothing, and what they get: from `nbgrader autograde`, and from ours, in one run.

    python tests/nbgrader_course/nbgrader_hostile.py                 all of them: a table
    python tests/nbgrader_course/nbgrader_hostile.py always_equal    these only

In each the answer is wrong and another cell makes it pass. Stock nbgrader is the control: a trick that does
not fool it proves nothing. Those in BEYOND succeed against ours too: what a test holds is in the memory of
the process that it runs in, and so is what tells how it ended.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from nbgrader_made import (
    CONFIG,
    Change,
    answered,
    checked,
    given,
    hand_in,
    hidden,
    locked,
    make_source,
    nbgrader,
    rows,
    solution,
    solved,
    sorcery,
)

WRONG = "def square(x):\n    return 7"
P1 = [
    given("import numpy as np"),
    locked("helper", "def close(a, b):\n    return abs(a - b) < 1e-9"),
    solution("square", solved("def square(x):", "return x * x")),
    checked("equal", 1, "assert square(2) == 4\n" + hidden("assert square(3) == 9")),
    checked("list", 1, "found = [square(x) for x in (1, 2)]\nassert found == [1, 4]\n"
          + hidden("more = square(4)", "assert more == 16") + "\nfinished = True"),
    checked("helped", 1, "assert close(square(2), 4)\n" + hidden("assert close(square(5), 25)")),
    checked("numpy", 1, "assert np.allclose(square(2), 4)\n" + hidden("assert np.allclose(square(1.5), 2.25)")),
    checked("testing", 1, "from numpy.testing import assert_allclose\nassert_allclose(square(2), 4)\n"
          + hidden("assert_allclose(square(6), 36)")),
    checked("unit", 1, "import unittest\ncase = unittest.TestCase()\ncase.assertEqual(square(2), 4)\n"
          + hidden("case.assertEqual(square(7), 49)")),
    checked("partial", 1, hidden("right = sum(square(x) == x * x for x in (8, 9))") + "\nright / 2"),
    checked("kind", 1, "assert isinstance(square(2), int) and square(2) != 7\n" + hidden("assert square(11) != 7")),
]  # fmt: skip

# What each puts into the cell of the answer.
HOSTILE: dict[str, str] = {
    "always_equal": "class Any:\n    def __eq__(self, other): return True\ndef square(x): return Any()",
    "number_that_equals": "class Any(int):\n    def __eq__(self, other): return True\n    __ne__ = lambda self, other: True\n"
    "    __hash__ = None\n    def __sub__(self, other): return 0\ndef square(x): return Any(7)",
    "mock": "from unittest.mock import ANY\ndef square(x): return ANY",
    "magic_mock": "from unittest.mock import MagicMock\nfound = MagicMock()\nfound.__eq__ = lambda self, other: True\n"
    "found.__ne__ = lambda self, other: True\ndef square(x): return found",
    "array_function": "class Any:\n    def __array_function__(self, *a): return True\n    def __eq__(self, o): return True\n"
    "def square(x): return Any()",
    "class_lies": "class Any:\n    __class__ = property(lambda self: int)\n    def __ne__(self, o): return True\n    def __eq__(self, o): return True\n"
    "def square(x): return Any()",
    "ast_transformer": f"{WRONG}\nimport ast\nclass Drop(ast.NodeTransformer):\n"
    "    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)\n"
    "get_ipython().ast_transformers.append(Drop())",
    "input_transformer": f"{WRONG}\nget_ipython().input_transformers_cleanup.append(\n"
    "    lambda lines: [line for line in lines if 'assert' not in line])",
    "pre_run_hook": f"{WRONG}\nimport re\ndef look(info):\n    global square\n"
    "    pairs = {float(a): float(b) for a, b in re.findall(r'square\\(([\\d.]+)\\)(?: ==|,) ([\\d.]+)', info.raw_cell)}\n"
    "    if pairs:\n        square = lambda x: pairs[x]\n"
    "get_ipython().events.register('pre_run_cell', look)",
    "run_code": f"{WRONG}\nasync def run_code(code, result=None, **_): return False\nget_ipython().run_code = run_code",
    "compiler": f"{WRONG}\nip = get_ipython()\nreal = type(ip.compile).__call__\nimport ast\n"
    "class Empty(type(ip.compile)):\n    def __call__(self, tree, name, mode): return real(self, ast.parse(''), name, 'exec')\n"
    "ip.compile.__class__ = Empty",
    "allclose": f"{WRONG}\nnp.allclose = lambda *a, **k: True",
    "code_swap": f"{WRONG}\nnp.allclose.__wrapped__.__code__ = (lambda *a, **k: True).__code__\n"
    "import numpy.testing\nnumpy.testing.assert_allclose.__wrapped__.__code__ = (lambda *a, **k: None).__code__"
    " if hasattr(numpy.testing.assert_allclose, '__wrapped__') else None",
    "assert_allclose": f"{WRONG}\nimport numpy.testing\nnumpy.testing.assert_allclose = lambda *a, **k: None",
    "test_case": f"{WRONG}\nimport unittest\nunittest.TestCase.assertEqual = lambda *a, **k: None",
    "module_planted": f"{WRONG}\nimport sys, types\nfake = types.ModuleType('numpy.testing')\n"
    "fake.assert_allclose = lambda *a, **k: None\nsys.modules['numpy.testing'] = fake",
    "import_patched": f"{WRONG}\nimport builtins, types\nreal = builtins.__import__\n"
    "def get(name, *a, **k):\n    if name == 'numpy.testing':\n        return types.SimpleNamespace(assert_allclose=lambda *a, **k: None)\n"
    "    return real(name, *a, **k)\nbuiltins.__import__ = get",
    "builtin_patched": f"{WRONG}\nimport builtins\nbuiltins.abs = lambda x: 0",
    "builtin_shadowed": f"{WRONG}\nabs = lambda x: 0\nsum = lambda x: 2",
    "helper_replaced": f"{WRONG}\nclose = lambda a, b: True",
    "module_shadowed": f"{WRONG}\nclass np:\n    allclose = staticmethod(lambda *a, **k: True)",
    "points_shown": f"{WRONG}\nplain = get_ipython().display_formatter.formatters['text/plain']\n"
    "plain.for_type(float, lambda value, printer, cycle: printer.text('1.0'))",
    "solution_on_disk": "import json\ncells = json.load(open('../../../source/ps1/p1.ipynb'))['cells']\n"
    "exec(next(''.join(c['source']) for c in cells if c['metadata'].get('nbgrader', {}).get('grade_id') == 'square'))",
    "tests_in_gradebook": "import re, sqlite3\nrows = sqlite3.connect('file:../../../gradebook.db?mode=ro', uri=True).execute('select source from source_cell')\n"
    "text = ' '.join(row[0] for row in rows)\n"
    "pairs = {float(a): float(b) for a, b in re.findall(r'square\\(([\\d.]+)\\)(?: ==|,) ([\\d.]+)', text)}\n"
    "assert pairs\ndef square(x): return pairs[x]",
    "points_in_gradebook": f"{WRONG}\nimport sqlite3\nbook = sqlite3.connect('../../../gradebook.db', timeout=1)\n"
    "book.execute('update grade set manual_score = 1')\nbook.commit()\nbook.close()",
}  # fmt: skip
BEYOND: dict[str, str] = {
    "constants_read": "import sys\ndef square(x):\n    numbers = [c for c in sys._getframe(1).f_code.co_consts if type(c) in (int, float)]\n"
    "    return x * x if x * x in numbers else 7",
    "frames_walked": "import sys\ndef square(x):\n    frame = sys._getframe(1)\n    while frame:\n        for name, value in frame.f_globals.items():\n"
    "            if name.startswith('_') and name.endswith('_passed'):\n                for step in range(20): value(step, None)\n"
    "        if 'done' in frame.f_locals and isinstance(frame.f_locals['done'], set):\n            frame.f_locals['done'].update(range(20))\n"
    "            import os, json, struct\n            answer = json.dumps([frame.f_locals['token'], '', '', '', list(range(20)), None, '']).encode()\n"
    "            os.write(frame.f_locals['descriptor'], struct.pack('<II', len(answer), 0) + answer)\n            os._exit(0)\n"
    "        frame = frame.f_back\n    return 7",
}  # fmt: skip


def points(root: Path) -> dict[str, float]:
    """What the gradebook says each student has."""
    found = {}
    for student, cells in rows(root).items():
        grades = [value for value in cells.values() if isinstance(value, tuple)]
        found[student] = sum(float((m if m is not None else a) or 0) for a, m, _ in grades)
    return found


def run(names: Sequence[str], folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Points by stock nbgrader and by ours. `honest` solves the problem, `wrong` does not; each hostile one is
    graded by nbgrader in a course of its own, as some write into that of others."""
    base = folder / "base"
    make_source(base, {"p1": P1}, {}, CONFIG)
    handed = {"honest": "def square(x):\n    return x * x", "wrong": WRONG, **HOSTILE, **BEYOND}
    chosen = ["honest", "wrong", *names]
    ours = folder / "ours"
    shutil.copytree(base, ours)
    stock: dict[str, float] = {}
    for name in chosen:
        hand_in(ours, name, {"p1": _with(handed[name])})
    together = [name for name in chosen if name != "points_in_gradebook"]
    for label, some in (("stock", together), ("alone", [name for name in chosen if name not in together])):
        if some:
            root = folder / label
            shutil.copytree(base, root)
            for name in some:
                hand_in(root, name, {"p1": _with(handed[name])})
            nbgrader(root, "autograde", "ps1", "--ExecutePreprocessor.timeout=20")
            stock |= points(root)
    done = sorcery(ours, "grade", "--nbgrader", ".", "ps1", "--jobs", "2")
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return stock, points(ours)


def _with(source: str) -> Change:
    return answered({"square": source})


def main() -> int:
    names = sys.argv[1:] or [*HOSTILE, *BEYOND]
    with tempfile.TemporaryDirectory() as folder:
        stock, ours = run(names, Path(folder))
    width = max(map(len, names))
    print(f"{'':<{width}}  nbgrader  ours")
    for name in ("honest", "wrong", *names):
        note = "not promised" if name in BEYOND else ""
        print(f"{name:<{width}}  {stock.get(name, 0.0):8g}  {ours.get(name, 0.0):4g}  {note}".rstrip())
    fooled = [name for name in names if name in HOSTILE and stock.get(name, 0.0) > stock["wrong"]]
    forged = [name for name in names if name in HOSTILE and ours.get(name, 0.0) > ours["wrong"]]
    known = [name for name in names if name in BEYOND and ours.get(name, 0.0) > ours["wrong"]]
    print(f"{len(fooled)} fool nbgrader; {len(forged)} fool ours, and {len(known)} of those not promised")
    return 1 if forged or len(fooled) < len([name for name in names if name in HOSTILE]) else 0


if __name__ == "__main__":
    sys.exit(main())
