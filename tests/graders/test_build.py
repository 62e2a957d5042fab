"""A master becomes two notebooks that otter, nbgrader and sorcery all take; its faults are told by line."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graders.assignment import Manual, Question, read_assignment
from graders.build import Built, build_topic, stale, write
from graders.course import Course, load_course
from graders.errors import AuthorError, UsageError

COURSE = (
    "schema: 1\ncourse: {id: c, title: C}\ntopics:\n  - {id: toy, title: Toy, points: {auto: 5, manual: 2}}\n"
)
HEADER = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Some kernel of mine
#     name: mine
# ---

"""
MASTER = (
    HEADER
    + '''\
# %% [markdown]
# # Doubling

# %%
# %matplotlib inline
import otter

grader = otter.Notebook("toy.ipynb")

# %% [markdown]
# Write it.

# %%
def double(x):
    """Twice `x`, a number."""
    ### BEGIN SOLUTION
    doubled_value_of_x = 2 * x
    return doubled_value_of_x
    ### END SOLUTION

# %%
double(2)

# %% a title tags=["long"]
### BEGIN SOLUTION
four = double(2)
### END SOLUTION

# %%
grader.check("q1")

# %%
triple = lambda x: None
### BEGIN SOLUTION
triple = lambda x: x + double(x)
### END SOLUTION

# %%
grader.check("q2")

# %% [markdown]
# Write it.

# %% [markdown] manual="q3" points=2
# Because a sum of two is twice the one.
'''
)


def otter_file(question: str, points: float, body: str, hidden: bool = False) -> str:
    head = f"from otter.test_files import test_case\nOK_FORMAT = False\nname = {question!r}\npoints = None\n"
    return f"{head}@test_case(points={points}, hidden={hidden})\ndef test_{question}({body}\n"


TESTS = {
    "assignments/toy/tests/q1.py": otter_file("q1", 1, "double, four): assert double(3) == 6 and four == 4"),
    "graders/hidden_tests/toy/q1.py": otter_file("q1", 1.5, "double): assert double(-3) == -6", hidden=True),
    "assignments/toy/tests/q2.py": otter_file("q2", 2.5, "triple): assert triple(3) == 9"),
}


Author = Callable[..., Course]


@pytest.fixture
def author(tmp_path: Path) -> Author:
    """Writes a course of the topic `toy` and loads it; `files` replace files, None removes one."""

    def make(master: str = MASTER, course: str = COURSE, **files: str | None) -> Course:
        named = {name.replace("__", "/") + ".py": text for name, text in files.items()}
        wanted = {"assignments/course.yaml": course, "solutions/toy.py": master} | TESTS | named
        for name, text in wanted.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text, encoding="utf-8")
        return load_course(tmp_path)

    return make


def build(course: Course) -> Built:
    return build_topic(course, course.topic("toy"))


def faults(course: Course) -> list[str]:
    with pytest.raises(AuthorError) as caught:
        build(course)
    return [
        str(problem).replace(f"{problem.file}", problem.file.relative_to(course.root).as_posix(), 1)
        for problem in caught.value.problems
    ]


def cells(notebook: bytes) -> dict[str, dict[str, Any]]:
    return {cell["id"]: cell for cell in json.loads(notebook)["cells"]}


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_the_student_notebook_has_stubs_where_the_solution_notebook_has_solutions(author: Author) -> None:
    built = build(author())
    student, solution = cells(built.student), cells(built.solution)
    assert list(student) == list(solution)
    differing = {name for name in student if student[name] != solution[name]}
    assert differing == {"q1-1", "q1-2", "q2-1", "q3"}
    for name in differing:
        assert student[name] | {"source": 0} == solution[name] | {"source": 0}, "only the source differs"
    assert source(student["q1-1"]) == textwrap.dedent('''\
        def double(x):
            """Twice `x`, a number."""
            # YOUR CODE HERE
            raise NotImplementedError()''')
    assert "doubled_value_of_x = 2 * x" in source(solution["q1-1"])
    assert source(student["q3"]) == "YOUR ANSWER HERE"
    assert source(solution["q3"]) == "Because a sum of two is twice the one."


def test_graded_cells_are_as_nbgrader_makes_them(author: Author) -> None:
    student = cells(build(author()).student)
    shown = {
        name: tuple(
            cell["metadata"]["nbgrader"].get(key) for key in ("grade", "solution", "locked", "points")
        )
        for name, cell in student.items()
        if "nbgrader" in cell["metadata"]
    }
    assert shown == {
        "q1-1": (False, True, False, None),
        "q1-2": (False, True, False, None),
        "q1": (True, False, True, 2.5),
        "q2-1": (False, True, False, None),
        "q2": (True, False, True, 2.5),
        "q3": (True, True, False, 2),
    }
    assert student["q1"]["metadata"]["editable"] is False
    assert {cell["metadata"].get("deletable") for cell in student.values()} == {None, False}
    assert student["q1-2"]["metadata"]["tags"] == ["long"]


def test_nbformat_and_nbgrader_find_both_notebooks_valid(author: Author) -> None:
    import nbformat
    from nbgrader import utils
    from nbgrader.nbgraderformat.v3 import MetadataValidatorV3

    built = build(author())
    for notebook in (built.student, built.solution):
        node = nbformat.reads(notebook.decode(), as_version=4)
        nbformat.validate(node)
        MetadataValidatorV3().validate_nb(node)
    unanswered = nbformat.reads(built.student.decode(), as_version=4)
    for cell in unanswered.cells:
        if "nbgrader" in cell.metadata:
            assert cell.metadata.nbgrader["checksum"] == utils.compute_checksum(cell)


def test_nothing_of_the_machine_or_the_master_header_is_in_a_notebook(author: Author) -> None:
    course = author()
    for notebook in build(course).student, build(course).solution:
        assert json.loads(notebook)["metadata"] == {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "sorcery": {"schema": 1, "topic": "toy"},
        }
        assert str(course.root).encode() not in notebook
        assert b"sorcery_line" not in notebook


def test_equal_masters_give_equal_bytes_in_any_process(author: Author) -> None:
    course = author()
    code = (
        "import sys, hashlib; from graders.course import find_course; from graders.build import build_topic;"
        "course = find_course(); built = build_topic(course, course.topic('toy'));"
        "sys.stdout.buffer.write(built.student + built.solution)"
    )
    here = build(course)
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=course.root, capture_output=True, env=environment, check=True
        )
        assert run.stdout == here.student + here.solution
    assert here.student.endswith(b"}\n")


def test_an_edit_changes_the_id_of_no_other_cell(author: Author) -> None:
    before = cells(build(author()).student)
    after = cells(build(author(MASTER.replace("# # Doubling", "# # Twice"))).student)
    assert len(set(before) - set(after)) == len(set(after) - set(before)) == 1
    assert [name for name in before if name.endswith("-2") and name.startswith("markdown")], "equal cells"


def test_a_built_notebook_is_read_back_as_an_assignment(author: Author) -> None:
    course = author()
    topic = course.topic("toy")
    write(topic.notebook, build(course).student)
    found = read_assignment(topic)
    assert found.questions == (Question("q1", 2.5, "q1-2", "q1"), Question("q2", 2.5, "q2-1", "q2"))
    assert found.manual == (Manual("q3", 2.0, "q3", "YOUR ANSWER HERE"),)
    assert found.imports == ("otter",)


RUN_IN_KERNEL = """
import sys, nbformat
from nbclient import NotebookClient
for name in sys.argv[1:]:
    notebook = nbformat.read(name, as_version=4)
    NotebookClient(notebook, allow_errors=True, timeout=120).execute()
    for cell in notebook.cells:
        if cell.source.startswith("grader.check"):
            print(cell.id, [output.data["text/plain"] for output in cell.outputs if "data" in output])
"""


@pytest.mark.timeout(240)
def test_stock_otter_in_a_real_kernel_passes_the_solution_and_fails_the_stubs(author: Author) -> None:
    course = author()
    topic, built = course.topic("toy"), build(course)
    write(topic.notebook, built.student)
    write(topic.folder / "solved.ipynb", built.solution)

    def run(name: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", RUN_IN_KERNEL, name], cwd=topic.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    solved = run("solved.ipynb").splitlines()
    assert [line.split()[0] for line in solved] == ["q1", "q2"]
    assert all("All test cases passed" in line for line in solved), solved
    blank = run("toy.ipynb")
    assert "passed" not in blank
    assert "test_q1" in blank


def test_stale_says_what_to_run(author: Author) -> None:
    course = author()
    topic = course.topic("toy")
    assert stale(course, topic) == ["assignments/toy/toy.ipynb is not built; run: sorcery build toy"]
    assert write(topic.notebook, build(course).student)
    assert stale(course, topic) == []
    changed = author(MASTER.replace("# # Doubling", "# # Twice"))
    assert stale(changed, topic) == [
        "assignments/toy/toy.ipynb is not what solutions/toy.py builds; run: sorcery build toy"
    ]


def test_a_file_is_written_whole_or_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.ipynb"
    assert write(path, b"one")
    changed = path.stat().st_mtime_ns
    assert not write(path, b"one"), "what is there already is not written again"
    assert path.stat().st_mtime_ns == changed
    assert write(path, b"two")
    assert path.read_bytes() == b"two"
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask
    assert list(path.parent.iterdir()) == [path], "no temporary file stays"
    with pytest.raises(UsageError, match="cannot be written"):
        write(path / "below a file.ipynb", b"three")


BEGIN = "    ### BEGIN SOLUTION"
CHECK = '# %%\ngrader.check("{}")'


def replaced(old: str, new: str) -> str:
    assert MASTER.count(old) >= 1
    return MASTER.replace(old, new, 1)


def line_of(master: str, text: str) -> int:
    return master[: master.index(text)].count("\n") + 1


FAULTY = {
    "nested region": (
        replaced("    doubled_value_of_x = 2 * x", "    ### BEGIN SOLUTION # again"),
        "### BEGIN SOLUTION # again",
        f"a solution region inside that of line {line_of(MASTER, BEGIN)}; end it first",
    ),
    "unclosed region": (
        replaced("four = double(2)\n### END SOLUTION", "four = double(2)"),
        "### BEGIN SOLUTION\nfour",
        "a solution region without end; add ### END SOLUTION",
    ),
    "region never begun": (
        replaced("### BEGIN SOLUTION\nfour", "four"),
        "### END SOLUTION\n\n# %%\ngrader",
        "END SOLUTION where no region is open; add ### BEGIN SOLUTION above it",
    ),
    "region in prose": (
        replaced("# Write it.", "# Write it.\n# ### BEGIN SOLUTION\n# x\n# ### END SOLUTION"),
        "# ### BEGIN SOLUTION",
        'a solution region in a markdown cell; make the cell a manual="…" one',
    ),
    "region in a written answer": (
        replaced("# Because", "# ### BEGIN SOLUTION\n# Because"),
        "# ### BEGIN SOLUTION",
        "a solution region in a written answer; remove the mark",
    ),
    "region after the last check": (
        MASTER + "\n# %%\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n",
        "### BEGIN SOLUTION\nx = 1",
        'a solution region after the last check cell belongs to no question; add a cell grader.check("…") after it',
    ),
    "hidden tests in the master": (
        replaced("double(2)\n\n# %% a", "double(2)\n### BEGIN HIDDEN TESTS\n\n# %% a"),
        "### BEGIN HIDDEN TESTS",
        "nbgrader's BEGIN HIDDEN TESTS is not used here; hidden tests go to graders/hidden_tests",
    ),
    "manual without points": (
        replaced(' manual="q3" points=2', ' manual="q3"'),
        '# %% [markdown] manual="q3"',
        "written question q3 has no points; add points=4",
    ),
    "manual with no number of points": (
        replaced("points=2", "points=-2"),
        '# %% [markdown] manual="q3"',
        "-2 are no points; write a number above zero",
    ),
    "manual with a bad id": (
        replaced('manual="q3"', 'manual="q 3"'),
        '# %% [markdown] manual="q 3"',
        "'q 3' is no question id; use letters, digits, - and _",
    ),
    "points without manual": (
        replaced("# %% [markdown]\n# Write", "# %% [markdown] points=1\n# Write"),
        "# %% [markdown] points=1",
        'points without a written question; add manual="q8", or remove them',
    ),
    "manual code": (
        replaced("# %%\ndouble(2)", '# %% manual="q4" points=1\ndouble(2)'),
        '# %% manual="q4"',
        "a written answer in a code cell; make it # %% [markdown]",
    ),
    "unknown option": (
        replaced('manual="q3" points=2', 'manual="q3" points=2 pionts=2'),
        '# %% [markdown] manual="q3"',
        "unknown cell option 'pionts'; did you mean 'points'?",
    ),
    "unreadable option": (
        replaced('manual="q3" points=2', "manual=q3"),
        "# %% [markdown] manual=q3",
        "cell options 'manual=q3' cannot be read; write manual=\"q8\" points=4",
    ),
    "options as JSON": (
        replaced("# %%\ndouble(2)", '# %% {"manual": "q4"}\ndouble(2)'),
        '# %% {"manual"',
        """cell options '{"manual": "q4"}' cannot be read; write manual="q8" points=4""",
    ),
    "unknown kind of cell": (
        replaced("# %% [markdown]\n# Write", "# %% [markdwon]\n# Write"),
        "# %% [markdwon]",
        "no such kind of cell: [markdwon]; write [markdown], or [raw]",
    ),
    "text outside a cell": (
        replaced("# %% [markdown]\n# # Doubling", "x = 1\n# %% [markdown]\n# # Doubling"),
        "# ---",
        "'x = 1' stands outside of any cell; begin it with a line `# %%`",
    ),
    "two questions of one name": (
        replaced('grader.check("q2")', 'grader.check("q1")'),
        '# %%\ngrader.check("q1")\n\n# %% [markdown]',
        f"a second question q1 (first in line {line_of(MASTER, CHECK.format('q1'))}); rename one",
    ),
    "a written question of the same name": (
        replaced('manual="q3"', 'manual="q2"'),
        '# %% [markdown] manual="q2"',
        f"a second question q2 (first in line {line_of(MASTER, CHECK.format('q2'))}); rename one",
    ),
    "shared id": (
        replaced('manual="q3"', 'manual="q1-2"'),
        '# %% [markdown] manual="q1-2"',
        f"this cell and that of line {line_of(MASTER, '# %% a title')} would both have the id q1-2; rename the question",
    ),
    "shared check cell": (
        replaced('grader.check("q2")', 'print("now")\ngrader.check("q2")'),
        'grader.check("q2")',
        'the check of q2 shares its cell; write grader.check("q1"), alone in its cell',
    ),
    "computed check": (
        replaced("double(2)\n\n", 'for q in ["q1"]:\n    grader.check(q)\n\n'),
        "    grader.check(q)",
        'a check that is not of one question, by its id, at top level; write grader.check("q1"), alone in its cell',
    ),
    "no grader": (
        replaced('grader = otter.Notebook("toy.ipynb")\n', ""),
        '# %%\ngrader.check("q1")',
        'a check before there is a grader; write grader = otter.Notebook("toy.ipynb") in a cell above',
    ),
    "grader of another notebook": (
        replaced('"toy.ipynb"', '"cnn.ipynb"'),
        "grader = otter",
        "the grader is of 'cnn.ipynb'; write grader = otter.Notebook(\"toy.ipynb\")",
    ),
    "invalid Python": (
        replaced("double(2)\n\n", "double(2))\n\n"),
        "double(2))",
        "not valid Python: unmatched ')'",
    ),
    "invalid stub": (
        replaced("four = double(2)\n### END SOLUTION", "four = (\n### END SOLUTION\n    double(2))"),
        "### BEGIN SOLUTION\nfour",
        "without its solution the cell is not valid Python: unexpected indent; let the region cover whole statements",
    ),
    "solution in prose": (
        replaced("# Write it.", "# Write it, as `doubled_value_of_x = 2*x`."),
        "# Write it, as",
        f"students would see the solution's 'doubled_value_of_x = 2 * x' (line {line_of(MASTER, 'doubled_value')}); reword one of the two",
    ),
    "model answer in prose": (
        replaced("# # Doubling", "# # Doubling\n# Because a sum of two is twice the one."),
        "# Because a sum",
        "students would see the solution's 'Because a sum of two is twice the one.' (line 53); reword one of the two",
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_of_the_master_is_told_by_line_with_the_mend(author: Author, name: str) -> None:
    master, place, said = FAULTY[name]
    line = line_of(master, place)
    assert f"solutions/toy.py:{line}: {said}" in faults(author(master))


def test_a_master_without_questions_still_needs_its_grader(author: Author) -> None:
    nothing = dict.fromkeys(name.removesuffix(".py").replace("/", "__") for name in TESTS)
    course = author("# %%\nx = 1\n", COURSE.replace("auto: 5, manual: 2", "auto: 0"), **nothing)
    mend = 'write grader = otter.Notebook("toy.ipynb") in the first code cell'
    assert faults(course) == [f"solutions/toy.py:1: no cell makes the grader; {mend}"]


def test_test_files_and_check_cells_must_match(author: Author) -> None:
    course = author(
        assignments__toy__tests__q2=None, graders__hidden_tests__toy__q7=TESTS["assignments/toy/tests/q2.py"]
    )
    assert faults(course) == [
        'graders/hidden_tests/toy/q7.py: no cell checks q7; add a cell grader.check("q7") to solutions/toy.py, or remove the file',
        f"solutions/toy.py:{line_of(MASTER, CHECK.format('q2')) + 1}: question q2 has no test file; write assignments/toy/tests/q2.py or graders/hidden_tests/toy/q2.py, or remove the cell",
    ]


def test_points_must_add_up_to_those_of_the_course(author: Author) -> None:
    course = author(course=COURSE.replace("auto: 5, manual: 2", "auto: 20, manual: 4"))
    assert faults(course) == [
        "assignments/course.yaml:4: topic toy: auto is 20, but its questions sum up to 5; write auto: 5, or change the points of the test cases",
        "assignments/course.yaml:4: topic toy: manual is 4, but its questions sum up to 2; write manual: 2, or change the points in solutions/toy.py",
    ]


def test_a_concept_of_a_question_that_is_not_there_is_told(author: Author) -> None:
    course = author(course=COURSE.replace("manual: 2}}", "manual: 2}, concepts: {q1: [doubling], q7: [x]}}"))
    assert faults(course) == [
        "assignments/course.yaml:4: toy has no question 'q7' to be about a concept; its questions are q1, q2, q3"
    ]


def test_a_question_worth_nothing_is_told(author: Author) -> None:
    course = author(assignments__toy__tests__q2=otter_file("q2", 0, "triple): assert triple(3) == 9"))
    assert faults(course) == [
        "assignments/toy/tests/q2.py: question q2 is worth nothing; give a case of it points"
    ]


def test_faults_of_test_files_and_master_are_told_at_once(author: Author) -> None:
    master = replaced("points=2", "points=0").replace("# # Doubling", "# doubled_value_of_x = 2 * x")
    found = faults(author(master, assignments__toy__tests__q2="OK_FORMAT = False\nx = = 1\n"))
    assert [fault.split(": ")[0] for fault in found] == [
        "assignments/toy/tests/q2.py:2",
        f"solutions/toy.py:{line_of(master, '# doubled_value')}",
        f"solutions/toy.py:{line_of(master, '# %% [markdown] manual')}",
    ]


def test_a_missing_master_is_one_line(author: Author) -> None:
    course = author()
    course.topic("toy").master.unlink()
    assert faults(course) == [
        "solutions/toy.py: no such master; write it, or take its topic out of course.yaml"
    ]


def test_what_the_text_of_a_cell_holds_is_no_marker(author: Author) -> None:
    """A line that looks like a cell marker inside a string stays text, and lines stay right after it."""
    master = replaced("double(2)\n\n", 'double("""\n# %% no cell\n""")\n\n').replace("points=2", "points=0")
    (fault,) = faults(author(master))
    assert fault.startswith(f"solutions/toy.py:{line_of(master, 'points=0')}: ")
    built = build(author(replaced("double(2)\n\n", 'double("""\n# %% no cell\n""")\n\n')))
    assert any(source(cell) == 'double("""\n# %% no cell\n""")' for cell in cells(built.student).values())
