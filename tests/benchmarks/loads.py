"""What is graded: courses of one topic each, and as many different right submissions as one likes.

trivial   one function of one line
pandas    five small exercises in numpy and pandas on tables of some thousand rows
cnn       the shipped topic: its solution trains small networks and draws figures
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from graders.build import build_topic
from graders.course import Topic, load_course
from graders.grader import Task

ROOT = Path(__file__).parents[2]
for tools in ("nbgrader_course", "otter"):
    sys.path.append(str(ROOT / "tests" / tools))


@dataclass(frozen=True)
class Exercise:
    """One question whose test is assertions, as both otter and nbgrader can have it."""

    name: str
    answer: str
    assertions: str


@dataclass(frozen=True)
class Load:
    """A course in a folder of its own. `exercises` is empty where tests are more than assertions; `given` is
    the code before the first of them."""

    name: str
    course: Path
    topic_id: str
    solution: bytes
    given: str = ""
    exercises: tuple[Exercise, ...] = ()

    @property
    def topic(self) -> Topic:
        return load_course(self.course).topic(self.topic_id)

    @property
    def folder(self) -> Path:
        return self.course / "assignments" / self.topic_id

    @property
    def cells(self) -> list[str]:
        return code_cells(self.solution)

    @property
    def files(self) -> dict[str, bytes]:
        """What lies beside the notebook, by its name from there."""
        found = sorted(path for path in self.folder.glob("data/**/*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found}

    def submission(self, number: int) -> bytes:
        """The solution, and like no other."""
        document = json.loads(self.solution)
        cell = next(one for one in document["cells"] if "def " in "".join(one["source"]))
        cell["source"] = f"{''.join(cell['source'])}\n# submission {number}"
        return json.dumps(document).encode()

    def task(self, number: int) -> Task:
        return Task(student(number), f"{student(number)}.ipynb", self.submission(number), number)

    def hand_in(self, folder: Path, count: int) -> Path:
        """A folder of `count` submissions, the first of whom is student(0)."""
        folder.mkdir(parents=True)
        for number in range(count):
            (folder / f"{student(number)}.ipynb").write_bytes(self.submission(number))
        return folder

    def otter_tests(self) -> dict[str, str]:
        """Question -> one test file for otter, of its public cases and its hidden ones."""
        topic, found = self.topic, {}
        for public in sorted(topic.public_tests.glob("*.py")):
            hidden = topic.hidden_tests / public.name
            both = [public.read_text(), hidden.read_text() if hidden.exists() else ""]
            found[public.stem] = "\n\n".join(both)
        return found


def student(number: int) -> str:
    return f"s{number:05}"


def code_cells(notebook: bytes) -> list[str]:
    """Sources for `exec`, without the semicolon by which IPython is told to show no value."""
    return [
        "".join(cell["source"]).replace(";\n", "\n")
        for cell in json.loads(notebook)["cells"]
        if cell["cell_type"] == "code"
    ]


def trivial(folder: Path) -> Load:
    exercise = Exercise("double", "def double(x):\n    return 2 * x", "assert double(21) == 42")
    return _made("trivial", folder, "import numpy as np\nimport torch", (exercise,))


TABLES = """
import numpy as np
import pandas as pd

rng = np.random.default_rng(1)
sales = pd.DataFrame({
    "shop": rng.integers(0, 40, 5000), "day": rng.integers(0, 365, 5000), "amount": rng.gamma(2.0, 10.0, 5000),
})
shops = pd.DataFrame({"shop": np.arange(40), "city": rng.choice(["Bern", "Genoa", "Lyon"], 40)})
"""
EXERCISES = (
    Exercise(
        "totals",
        'def totals(sales):\n    return sales.groupby("shop")["amount"].sum()\n\n\nby_shop = totals(sales)',
        """
        assert len(by_shop) == 40
        small = pd.DataFrame({"shop": [1, 2, 1], "amount": [3.0, 4.0, 5.0]})
        assert np.allclose(np.asarray(totals(small)), [8, 4])
        """,
    ),
    Exercise(
        "by_city",
        "def by_city(sales, shops):\n"
        '    return sales.merge(shops, on="shop").groupby("city")["amount"].mean().sort_index()\n\n\n'
        "means = by_city(sales, shops)",
        """
        assert np.asarray(means).shape == (3,)
        few = pd.DataFrame({"shop": [1, 2, 3], "amount": [3.0, 4.0, 5.0]})
        towns = pd.DataFrame({"shop": [1, 2, 3], "city": ["A", "B", "A"]})
        assert np.allclose(np.asarray(by_city(few, towns)), [4, 4])
        """,
    ),
    Exercise(
        "standardise",
        "def standardise(x):\n    return (x - x.mean(axis=0)) / x.std(axis=0)\n\n\n"
        'scaled = standardise(sales[["day", "amount"]].to_numpy())',
        """
        assert np.allclose(np.asarray(scaled).mean(axis=0), 0)
        assert np.allclose(standardise(np.array([[1.0], [3.0]])), [[-1], [1]])
        """,
    ),
    Exercise(
        "best_days",
        'def best_days(sales, n):\n    return list(sales.groupby("day")["amount"].sum().nlargest(n).index)\n\n\n'
        "best = best_days(sales, 5)",
        """
        assert len(best) == 5
        days = pd.DataFrame({"day": [1, 2, 1], "amount": [3.0, 7.0, 5.0]})
        assert [int(day) for day in best_days(days, 2)] == [1, 2]
        """,
    ),
    Exercise(
        "moving_average",
        'def moving_average(x, n):\n    return np.convolve(x, np.ones(n) / n, mode="valid")\n\n\n'
        'smooth = moving_average(sales.groupby("day")["amount"].sum().to_numpy(), 7)',
        """
        assert np.allclose(moving_average(np.array([1.0, 3.0, 5.0]), 2), [2, 4])
        """,
    ),
)


def pandas(folder: Path) -> Load:
    return _made("pandas", folder, TABLES.strip(), EXERCISES)


def _made(name: str, folder: Path, given: str, exercises: tuple[Exercise, ...]) -> Load:
    """A course whose question q1 is the first exercise, for one point, and so on."""
    tests = folder / "assignments" / name / "tests"
    tests.mkdir(parents=True)
    (folder / "solutions").mkdir()
    (folder / "assignments/course.yaml").write_text(
        "schema: 1\ncourse: {id: c, title: C}\n"
        f"topics: [{{id: {name}, title: T, points: {{auto: {len(exercises)}}}}}]\n"
    )
    cells = [f'import otter\ngrader = otter.Notebook("{name}.ipynb")', given]
    for number, exercise in enumerate(exercises, 1):
        (tests / f"q{number}.py").write_text(_test_file(f"q{number}", exercise))
        cells += [solution_region(exercise.answer), f'grader.check("q{number}")']
    (folder / f"solutions/{name}.py").write_text("".join(f"# %%\n{cell}\n\n" for cell in cells))
    course = load_course(folder)
    built = build_topic(course, course.topic(name))
    (folder / f"assignments/{name}/{name}.ipynb").write_bytes(built.student)
    return Load(name, folder, name, built.solution, given, exercises)


def solution_region(answer: str) -> str:
    """The function's body as a solution, and what follows the function left in place."""
    head, _, rest = answer.partition("\n")
    body, gap, after = rest.partition("\n\n\n")
    return f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION{gap}{after}"


def _test_file(question: str, exercise: Exercise) -> str:
    asserted = textwrap.dedent(exercise.assertions).strip()
    names = [name for name in (exercise.name, *_assigned(exercise.answer)) if name in asserted]
    return (
        "import numpy as np\nimport pandas as pd\nfrom otter.test_files import test_case\n\n"
        f'OK_FORMAT = False\nname = "{question}"\npoints = None\n\n\n@test_case(points=1)\n'
        f"def test_{exercise.name}({', '.join(names)}):\n{textwrap.indent(asserted, '    ')}\n"
    )


def _assigned(answer: str) -> list[str]:
    return [line.partition(" = ")[0] for line in answer.splitlines() if " = " in line and line[0] != " "]


def cnn(folder: Path) -> Load:
    """The shipped topic, alone in a course: what grading writes stays out of the shipped one."""
    for part in ("assignments/cnn", "graders/hidden_tests/cnn"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "solutions").mkdir()
    shutil.copy(ROOT / "solutions/cnn.py", folder / "solutions")
    document = yaml.safe_load((ROOT / "assignments/course.yaml").read_text())
    document["topics"] = [topic for topic in document["topics"] if topic["id"] == "cnn"]
    (folder / "assignments/course.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    course = load_course(folder)
    return Load("cnn", folder, "cnn", build_topic(course, course.topic("cnn")).solution)


LOADS: Mapping[str, Callable[[Path], Load]] = {"trivial": trivial, "pandas": pandas, "cnn": cnn}
