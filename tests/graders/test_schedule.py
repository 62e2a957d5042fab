"""In what order submissions are graded, what a cell may take, and what is told of those that take long."""

import json
from pathlib import Path

import pytest

from graders.autograde import Batch, grade_together
from graders.cli.output import Bar
from graders.course import load_course
from graders.handed import find_submissions
from graders.local import LocalPool
from graders.pace import cell_limit
from graders.records import Limits, Result
from graders.sandbox.tiers import choose
from tests.graders.test_grade import course, notebook, sorcery  # noqa: F401

MASTER = """# %%
import otter
grader = otter.Notebook("toy.ipynb")

# %%
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
### BEGIN SOLUTION
import time
time.sleep(0.4)
### END SOLUTION

# %%
grader.check("q1")
"""


def sleeping(seconds: float) -> str:
    return notebook(f"import time\ntime.sleep({seconds})\ndef double(x): return 2 * x")


def graded(course: Path, folder: str, **options: bool) -> list[str]:  # noqa: F811
    """Students, in the order they were done with one grading process."""
    loaded = load_course(course)
    batch = Batch(loaded, loaded.topic("toy"), choose(""))
    done: list[Result] = []
    batch.grade(find_submissions([course / folder], "toy"), done.append, jobs=1, **options)
    return [result.student for result in done]


def test_who_took_longest_goes_first_the_next_time(course: Path) -> None:  # noqa: F811
    (course / "many").mkdir()
    for name, seconds in {"ada": 0.1, "bob": 0.9, "cyd": 0.5}.items():
        (course / f"many/{name}.ipynb").write_text(sleeping(seconds))
    assert graded(course, "many") == ["ada", "bob", "cyd"]
    assert graded(course, "many", force=True) == ["bob", "cyd", "ada"]


def test_what_is_under_way_is_told_while_it_runs(course: Path) -> None:  # noqa: F811
    (course / "many").mkdir()
    (course / "many/ada.ipynb").write_text(sleeping(0.9))
    loaded = load_course(course)
    batch = Batch(loaded, loaded.topic("toy"), choose(""))
    seen: list[tuple[str, float]] = []
    handed = find_submissions([course / "many"], "toy")
    batch.grade(handed, lambda result: None, jobs=1, watch=seen.extend)
    assert {student for student, _ in seen} == {"ada"}
    assert all(0 <= seconds < 60 for _, seconds in seen)


def test_the_bar_names_who_is_slow() -> None:
    said: list[str] = []
    bar = Bar(lambda advance, text: said.append(text), "toy")
    bar.watch([("ada", 3.0)])
    assert said == []
    bar.watch([("ada", 12.4), ("bob\x1b[2J", 40.0), ("cyd", 11.0), ("dan", 10.0)])
    assert said == ["toy: still at bob 40 s, ada 12 s, cyd 11 s and 1 more"]
    bar.watch([])
    assert said[-1] == "toy: "


@pytest.mark.parametrize(
    ("pace", "cell", "seconds"),
    [
        ({}, "a", None),  # the solution's times are not known
        ({"a": 0.1}, "a", 10.0),  # never less than `cell`
        ({"a": 3.0, "b": 1.0}, "a", 60.0),
        ({"a": 3.0, "b": 1.0}, "mine", 60.0),  # may have been split from any
        ({"a": 300.0}, "a", 100.0),  # never more than the notebook
    ],
)
def test_what_a_cell_may_take(pace: dict[str, float], cell: str, seconds: float | None) -> None:
    limits = Limits(cell_seconds=10.0, notebook_seconds=100.0, cell_factor=20.0)
    assert cell_limit(limits, pace, cell) == seconds
    assert cell_limit(Limits(), pace, cell) is None


def test_a_cell_may_take_so_many_times_what_the_solutions_took(course: Path) -> None:  # noqa: F811
    """Of two seconds, where 1 s is what any cell may."""
    (course / "solutions").mkdir()
    (course / "solutions/toy.py").write_text(MASTER)
    file = course / "assignments/course.yaml"
    fixed = file.read_text().replace("manual: 2", "manual: 0")
    file.write_text(fixed)
    build = sorcery(course, "build", "toy")
    assert build.returncode == 0, build.stderr
    released = json.loads((course / "assignments/toy/toy.ipynb").read_text())
    answer = next(cell for cell in released["cells"] if "def double" in "".join(cell["source"]))
    answer["source"] = "import time\ntime.sleep(2)\ndef double(x): return 2 * x"
    (course / "slow").mkdir()
    (course / "slow/ada.ipynb").write_text(json.dumps(released))

    def verdict() -> str:
        run = sorcery(course, "grade", "toy", "slow", "--json")
        assert run.returncode == 0, run.stderr
        (result,) = json.loads(run.stdout)
        assert isinstance(result["verdict"], str)
        return result["verdict"]

    assert verdict() == "timeout"
    file.write_text(fixed.replace("cell: 1s", "cell: 1s, factor: 10"))
    assert verdict() == "graded"
    kept = course / ".sorcery/pace/toy.json"
    before = kept.stat().st_mtime_ns
    assert max(json.loads(kept.read_text())["cells"].values()) >= 0.4
    assert not (course / ".sorcery/results/toy/solution.json").exists()
    file.write_text(fixed.replace("cell: 1s", "cell: 1s, factor: 2"))
    assert verdict() == "timeout"
    assert kept.stat().st_mtime_ns == before


def two_topics(course: Path) -> None:  # noqa: F811
    """A second topic, `other`, whose warm process has a module that the first's has not; in `both` what two
    students handed in of each, which is right where that module is."""
    text = (course / "assignments/course.yaml").read_text()
    other = text[text.index("  - {id: toy") :].replace("toy", "other").replace("title", "warm: [wave], title")
    (course / "assignments/course.yaml").write_text(text + other)
    seen = notebook("import sys\ndef double(x): return 2 * x if 'wave' in sys.modules else 0")
    for name in ("toy", "other"):
        for source, path in (
            (notebook("def double(x):\n    raise NotImplementedError()"), f"assignments/{name}/{name}.ipynb"),
            ((course / "assignments/toy/tests/q1.py").read_text(), f"assignments/{name}/tests/q1.py"),
            ((course / "graders/hidden_tests/toy/q1.py").read_text(), f"graders/hidden_tests/{name}/q1.py"),
            (seen, f"both/ada/{name}.ipynb"),
            (seen, f"both/bob/{name}.ipynb"),
        ):
            (course / path).parent.mkdir(parents=True, exist_ok=True)
            (course / path).write_text(source.replace("toy", name))
    (course / "solutions").mkdir()


def test_topics_of_one_batch_have_a_warm_process_each_while_it_is_needed(course: Path) -> None:  # noqa: F811
    """Modules that one topic names are not there for the other's submissions."""
    two_topics(course)
    loaded = load_course(course)
    parts = []
    for name in ("toy", "other"):
        batch = Batch(loaded, loaded.topic(name), choose(""))
        parts.append((batch, find_submissions([course / "both"], name)))
    done: list[Result] = []
    grade_together(parts, done.append, LocalPool, 2)
    assert [(result.topic, result.points) for result in sorted(done, key=lambda r: (r.topic, r.student))] == [
        ("other", 4),
        ("other", 4),
        ("toy", 0),
        ("toy", 0),
    ]


def test_several_topics_are_graded_and_published_by_one_command(course: Path) -> None:  # noqa: F811
    two_topics(course)
    run = sorcery(course, "grade", "toy,other", "both", "--json")
    assert run.returncode == 0, run.stderr
    found = [(result["topic"], result["student"], result["points"]) for result in json.loads(run.stdout)]
    assert found == [("toy", "ada", 0), ("toy", "bob", 0), ("other", "ada", 4), ("other", "bob", 4)]
    for name in ("toy", "other"):
        assert (course / f".sorcery/reports/{name}.html").exists()
        assert (course / f".sorcery/feedback/bob/{name}/{name}.html").exists()
    (course / "both/bob/other.ipynb").unlink()
    assert sorcery(course, "grade", "all", "both").returncode == 0

    assert "bob.ipynb: is no folder" in sorcery(course, "grade", "all", "in/bob.ipynb").stderr
    assert "no STUDENT/TOPIC.ipynb of toy, other in it" in sorcery(course, "grade", "all", "solutions").stderr
    assert "nothing was collected" in sorcery(course, "grade", "all").stderr
    assert sorcery(course, "collect", "toy", "both").returncode == 0
    assert "nothing of other was collected" in sorcery(course, "grade", "toy,other").stderr
    collected = sorcery(course, "grade", "all")
    assert collected.returncode == 0
    assert "2 graded" in collected.stdout
