"""Hostile notebooks that stock `otter run` gives points for, which they did not earn, and our grader none.

    python tests/otter/hostile.py                        all of them, a table
    python tests/otter/hostile.py always_equal payload   these only

Both graders get the same notebooks and the same autograder in one run; stock otter is the control. Every
answer in them is wrong, so what anyone gives is forged. Exit code 1 when ours gave any, when stock gave none
(then the attack shows nothing), or when an honest notebook did not get everything from both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from made import START, autograder, case, check, code, doctests, exceptions, notebook

HERE = Path(__file__).parent

TESTS = {
    "q1": exceptions(
        "q1",
        "@test_case()\ndef shown(double):\n    assert double(2) == 4\n\n"
        "@test_case(hidden=True)\ndef hidden(double):\n    wanted = 846\n    assert double(423) == wanted\n",
        points=2,
    ),
    "q2": doctests(
        "q2", case(">>> mean([1, 2, 3])\n2.0"), case(">>> mean([0, 5])\n2.5", hidden=True), points=2
    ),
    "q3": exceptions(
        "q3",
        "import numpy as np\n\n@test_case(hidden=True)\ndef close(grid):\n    assert np.allclose(grid, np.eye(3) * 17)\n\n"
        "@test_case(hidden=True)\ndef every(squares):\n    assert all([squares(n) == n * n for n in (31, 37)])\n",
        points=2,
    ),
}
ANSWERS = {
    "q1": "def double(x): return None",
    "q2": "def mean(xs): return None",
    "q3": "import numpy as np\ngrid = np.zeros((3, 3))\ndef squares(n): return -1",
}
RIGHT = {
    "q1": "def double(x): return 2 * x",
    "q2": "def mean(xs): return sum(xs) / len(xs)",
    "q3": "import numpy as np\ngrid = np.eye(3) * 17\ndef squares(n): return n * n",
}
_EQUAL = "class Equal:\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\n"
_FORGED = (
    "from otter.test_files import GradingResults, TestFile, ExceptionTestFile\n"
    "def forged():\n    made = ExceptionTestFile('q1', 'tests/q1.py', [])\n    made.update_score(1000)\n"
    "    return GradingResults([made])\n"
)

# name -> what it does before the first question ("") or in place of an answer
ATTACKS: dict[str, dict[str, str]] = {
    "always_equal": {"q1": f"{_EQUAL}def double(x): return Equal()"},
    "int_subclass": {
        "q1": "class Number(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"
        "def double(x): return Number(0)"
    },
    "lying_repr": {
        "q2": "class Two:\n    def __repr__(self): return '2.0'\ndef mean(xs): return Two()",
    },
    "prints_the_answer": {
        "q2": "import sys\ndef mean(xs):\n    frame = sys._getframe()\n    while frame and 'example' not in frame.f_locals:\n"
        "        frame = frame.f_back\n    print(frame.f_locals['example'].want.strip())",
    },
    "caller_constants": {
        "q1": "import sys\ndef double(x):\n    names = sys._getframe(1).f_locals\n"
        "    return names.get('wanted', sys._getframe(1).f_code.co_consts[-1])"
    },
    "reads_tests": {
        "q1": "import re\nsource = open('tests/q1.py').read()\nwanted = re.search(r'wanted = (\\d+)', source)[1]\n"
        "def double(x): return int(wanted)"
    },
    "rewrites_tests": {
        "": "from pathlib import Path\nfor path in Path('tests').glob('q[13].py'):\n"
        "    path.write_text(path.read_text().replace('assert ', 'assert True or '))"
    },
    "allclose": {"": "import numpy\nnumpy.allclose = lambda *a, **k: True"},
    "builtin_all": {"": "import builtins\nbuiltins.all = lambda things: True"},
    "output_checker": {"": "import doctest\ndoctest.OutputChecker.check_output = lambda *a: True"},
    "runner": {"": "import otter.test_files.ok_test as ok\nok.run_doctest = lambda *a: (True, '')"},
    "call_func": {
        "": "from otter.test_files.exception_test import test_case\ntest_case.call_func = lambda *a: None"
    },
    "without_asserts": {
        "": "from otter.test_files import ExceptionTestFile as File\nplain = File._compile_string\n"
        "File._compile_string = staticmethod(lambda s, path='': plain(s.replace('assert ', ''), path))"
    },
    "points": {
        "": "from otter.test_files import TestFile\nfrom dataclasses import replace\n"
        "TestFile.resolve_test_file_points = staticmethod(lambda total, cases: [replace(c, points=500) for c in cases])",
        "q1": "class Equal:\n    __eq__ = lambda self, other: True\ndef double(x): return Equal()",
    },
    "update_score": {
        "": "from otter.execute import Checker\nplain = Checker.get_results\ndef get():\n    found = plain()\n"
        "    for one in found: one.update_score(1000)\n    return found\nChecker.get_results = get"
    },
    "invented_test": {
        "": "from otter.test_files import ExceptionTestFile\nfrom otter.execute import Checker\n"
        "made = ExceptionTestFile('bonus', 'bonus', [])\nmade.update_score(1000)\nChecker._test_files.append(made)"
    },
    "result_pickle": {
        "": f"{_FORGED}import pickle\nplain = pickle.dump\npickle.dump = lambda found, file: plain(forged(), file)"
    },
    "payload": {  # its code runs in the grader when it reads the results
        "": "import pickle\nclass Payload:\n    def __reduce__(self):\n"
        "        text = '''(lambda t: (t.update_score(1000), __import__(\"otter.test_files\").test_files.GradingResults([t]))[1])("
        '__import__("otter.test_files").test_files.ExceptionTestFile("q1", "tests/q1.py", []))\'\'\'\n'
        "        return (eval, (text,))\n"
        "plain = pickle.dump\npickle.dump = lambda found, file: plain(Payload(), file)"
    },
    "transformer": {
        "": "def change(lines):\n    text = ''.join(lines)\n    if 'GradingResults(' in text:\n"
        "        text = text.replace('import pickle', 'for one in results.results.values(): one.update_score(99)\\nimport pickle')\n"
        "    return text.splitlines(keepends=True)\nget_ipython().input_transformers_cleanup.append(change)"
    },
    "trace": {
        "": "import sys\ndef trace(frame, event, arg):\n    if frame.f_code.co_name == 'shown':\n"
        "        frame.f_locals['double'].__code__ = (lambda x: 2 * x).__code__\n    return None\nsys.settrace(trace)"
    },
    "score_property": {
        "": "from otter.test_files import TestFile\nplain = TestFile.run\n"
        "import otter.test_files.exception_test as e, otter.test_files.ok_test as o\n"
        "for kind in (e.ExceptionTestFile, o.OKTestFile):\n"
        "    def run(self, env, plain=kind.run):\n        plain(self, env)\n        self._score = 50\n    kind.run = run"
    },
    "case_results": {
        "": "import otter.test_files.exception_test as e\nplain = e.TestCaseResult\n"
        "e.TestCaseResult = lambda test_case, message, passed: plain(test_case, message, True)"
    },
}


def cells(answers: dict[str, str]) -> list[dict[str, Any]]:
    made = [START, code(answers.get("", "pass"))]
    for question, answer in ANSWERS.items():
        made += [code(answers.get(question, answer)), check(question)]
    return made


def grade(
    names: list[str], folder: Path, *, honest_by_stock: bool = True
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stock otter and ours give to these attacks and to an honest notebook."""
    zipped = autograder(folder / "hw.zip", TESTS)
    handed = {name: ATTACKS[name] for name in names} | {"honest": RIGHT}
    for name, answers in handed.items():
        notebook(folder / "handed" / name / "hw.ipynb", *cells(answers))
    asked = list(handed) if honest_by_stock else names
    notebooks = [str(folder / "handed" / name / "hw.ipynb") for name in asked]
    stock = _json([str(HERE / "stock.py"), str(zipped), *notebooks])
    command = ["-m", "graders.cli", "grade", "--otter", str(zipped), str(folder / "handed"), "--json"]
    solution = str(folder / "handed/honest/hw.ipynb")
    ours = _json([*command, "--solution", solution])
    return stock, {result["student"]: result for result in ours}


def _json(arguments: list[str]) -> Any:
    run = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stderr)
    return json.loads(run.stdout)


def main(names: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        stock, ours = grade(names or list(ATTACKS), Path(folder))
    faults = 0
    print(f"{'attack':<20}{'stock otter':>12}{'ours':>8}   of {ours['honest']['possible']:g}")
    for name, said in stock.items():
        points, verdict = ours[name]["points"], ours[name]["verdict"]
        wanted = name == "honest"
        right = (said["total"] == points == 6) if wanted else (points == 0 and (said["total"] or 0) > 0)
        faults += not right
        print(
            f"{name:<20}{said['total'] if said['total'] is not None else 'none':>12}{points:>8g}   {verdict}"
            f"{'' if right else '   NOT AS IT SHOULD BE ' + said.get('error', '')}"
        )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
