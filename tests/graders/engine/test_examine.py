"""Whole notebooks, examined: every kind of submission gets its verdict and the points it earned."""

from collections.abc import Iterator

import pytest

from graders.engine.examine import CodeCell, Examination, examine
from graders.engine.worker import Zygote
from graders.otter_tests import QuestionTests, load_question
from graders.records import CaseVerdict, Limits, Verdict
from graders.sandbox.policy import policy
from graders.sandbox.tiers import choose

LIMITS = Limits(cell_seconds=1, notebook_seconds=20, case_seconds=1, output_bytes=2000)
HEAD = "from otter.test_files import test_case\nOK_FORMAT = False\npoints = None\n"
PUBLIC = """
name = "{name}"
@test_case(points=1, failure_message="Square it.")
def test_two({name}_square):
    assert {name}_square(2) == 4
"""
HIDDEN = """
name = "{name}"
@test_case(points=2, hidden=True, failure_message="Not every square is right.")
def test_drawn({name}_square):
    import numpy as np
    x = np.random.randint(100, 200, size=5)
    assert np.allclose({name}_square(x), x**2)
@test_case(points=1, hidden=True, failure_message="Negative numbers fail.")
def test_negative({name}_square):
    assert {name}_square(-3) == 9
"""
GOOD = "def {name}_square(x): return x * x"


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(["numpy"], policy(choose(), LIMITS)) as warm:
        yield warm


@pytest.fixture(scope="module")
def tests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, QuestionTests]:
    root = tmp_path_factory.mktemp("course")
    found = {}
    for folder, body in (("public", PUBLIC), ("hidden", HIDDEN)):
        (root / folder).mkdir()
        for name in ("q1", "q2", "q3"):
            (root / folder / f"{name}.py").write_text(HEAD + body.format(name=name))
    for name in ("q1", "q2", "q3"):
        found[name] = load_question(root / "public", root / "hidden", name)
    return found


@pytest.fixture
def grade(zygote: Zygote, tests: dict[str, QuestionTests]):
    def run(*sources: str, seed: int = 7) -> Examination:
        cells = []
        for index, source in enumerate(sources):
            asked = next((name for name in tests if f'grader.check("{name}")' in source), None)
            cells.append(CodeCell(index, source, asked))
        return examine(zygote.fork(), cells, tests, LIMITS, seed=seed)

    return run


def notebook(**answers: str) -> list[str]:
    cells = ["import otter\ngrader = otter.Notebook()"]
    for name in ("q1", "q2", "q3"):
        cells += [answers.get(name, GOOD.format(name=name)), f'grader.check("{name}")']
    return cells


def points(examination: Examination) -> list[float]:
    return [question.points for question in examination.questions]


def test_a_perfect_notebook_earns_everything_and_a_blank_one_nothing(grade) -> None:
    perfect = grade(*notebook())
    assert (perfect.verdict, points(perfect)) == (Verdict.GRADED, [4, 4, 4])
    stub = "def {0}_square(x):\n    raise NotImplementedError()"
    blank = grade(*notebook(**{name: stub.format(name) for name in ("q1", "q2", "q3")}))
    assert (blank.verdict, points(blank)) == (Verdict.GRADED, [0, 0, 0])
    assert blank.questions[0].cases[0].message == "Square it.\nYour code raised NotImplementedError"
    assert blank.questions[0].cases[1].message == "Not every square is right."


@pytest.mark.parametrize(
    ("answer", "verdict", "earned"),
    [
        ("1 / 0", Verdict.GRADED, [4, 0, 4]),
        ("def q2_square(x): return 4", Verdict.GRADED, [4, 1, 4]),
        ("while True: pass", Verdict.TIMEOUT, [4, 0, 4]),
        ("import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass", Verdict.TIMEOUT, [4, 0, 0]),
        ("import os\nos._exit(0)", Verdict.CRASHED, [4, 0, 0]),
        ("import sys\nsys.exit()", Verdict.GRADED, [4, 0, 4]),
        ("import sys\ndef q2_square(x): sys.exit()", Verdict.GRADED, [4, 0, 4]),
        ("import os\ndef q2_square(x): os._exit(0)", Verdict.GRADED, [4, 0, 4]),
        ("def q2_square(x):\n    while True: pass", Verdict.TIMEOUT, [4, 0, 4]),
        ("def q2_square(x):\n    while x == -3: pass\n    return x * x", Verdict.TIMEOUT, None),
        ("print('x' * 10**6)\ndef q2_square(x): return x * x", Verdict.OUTPUT_LIMIT, [4, 4, 4]),
        ("raise MemoryError", Verdict.OUT_OF_MEMORY, [4, 0, 4]),
        ("import numpy as np\nnp.allclose = lambda *a, **k: True\ndef q2_square(x): return 4", Verdict.GRADED, [4, 1, 4]),
        (
            "class A:\n    def __eq__(self, o): return True\n    def __array__(self, *a): return 4\ndef q2_square(x): return A()",
            Verdict.GRADED,
            [4, 0, 4],
        ),
        ("class I(int):\n    def __eq__(self, o): return True\ndef q2_square(x): return I(0)", Verdict.GRADED, [4, 0, 4]),
        ("import os\ndef q2_square(x): os.kill(os.getppid(), 9)", Verdict.GRADED, [4, 0, 4]),
    ],
)  # fmt: skip
def test_each_way_to_fail_costs_its_own_question(
    grade, answer: str, verdict: Verdict, earned: list[float] | None
) -> None:
    examination = grade(*notebook(q2=answer))
    assert examination.verdict is verdict
    if earned is not None:
        assert points(examination) == earned


def test_one_case_that_hangs_leaves_the_others_their_points(grade) -> None:
    slow = (
        "import numpy as np\ndef q2_square(x):\n    while isinstance(x, np.ndarray): pass\n    return x * x"
    )
    verdicts = [case.verdict for case in grade(*notebook(q2=slow)).questions[1].cases]
    assert verdicts == [CaseVerdict.PASSED, CaseVerdict.TIMEOUT, CaseVerdict.PASSED]


def test_a_hidden_input_cannot_come_out_through_a_public_message(grade) -> None:
    leak = (
        "import json, pathlib\n"
        "def {0}_square(x):\n"
        "    note = pathlib.Path('seen.txt')\n"
        "    if note.exists(): raise ValueError('seen: ' + note.read_text())\n"
        "    if str(x) not in ('2',): note.write_text(str(x))\n"
        "    return 0\n"
    )
    examination = grade(*notebook(**{name: leak.format(name) for name in ("q1", "q2", "q3")}))
    messages = [case.message for question in examination.questions for case in question.cases]
    assert not any("seen:" in message for message in messages)
    assert any("seen:" in case.detail for question in examination.questions for case in question.cases)


def test_reusing_a_name_later_harms_no_earlier_question(grade) -> None:
    assert points(grade(*notebook(q3=GOOD.format(name="q3") + "\nq1_square = None"))) == [4, 4, 4]


def test_a_missing_check_cell_is_graded_at_the_end_and_the_last_of_two_counts(grade) -> None:
    cells = [cell for cell in notebook() if "q2" not in cell or "def" in cell]
    examination = grade(*cells)
    assert points(examination) == [4, 4, 4]
    assert examination.questions[1].snapshot == "end"
    twice = grade('grader.check("q1")', *notebook())
    assert points(twice) == [4, 4, 4]


def test_a_missing_check_cell_is_made_up_for_by_the_questions_last_cell(
    zygote: Zygote, tests: dict[str, QuestionTests]
) -> None:
    """A later cell that reuses the name then harms nothing."""
    cells = [CodeCell(0, GOOD.format(name="q1"), ends="q1"), CodeCell(1, "q1_square = None")]
    asked = {"q1": tests["q1"]}
    examination = examine(zygote.fork(), cells, asked, LIMITS, seed=1)
    assert points(examination) == [4]
    assert examination.questions[0].snapshot == "last cell"
    assert points(examine(zygote.fork(), [], asked, LIMITS, seed=1)) == [0]


def test_the_same_seed_gives_the_same_result(grade) -> None:
    first, second = (grade(*notebook(q2="def q2_square(x): return x + 2"), seed=3) for _ in range(2))
    assert [c.detail for q in first.questions for c in q.cases] == [
        c.detail for q in second.questions for c in q.cases
    ]


def test_what_a_notebook_can_read_of_its_seed_tells_nothing_of_the_tests(grade) -> None:
    """Of the seed it began with, that is, which numpy shows."""
    from graders.engine.examine import question_seed

    shows = "import numpy\nraise ValueError(f'seed {numpy.random.get_state()[1][0]}')"
    examination = grade(shows, *notebook(), seed=3)
    seen = int(examination.cells[0].error.rpartition(" ")[2])
    assert {question_seed(seen, q.id) for q in examination.questions}.isdisjoint(
        q.seed for q in examination.questions
    )
    assert seen not in {3, *(q.seed for q in examination.questions)}
