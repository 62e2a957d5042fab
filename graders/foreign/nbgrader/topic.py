"""A source notebook of nbgrader as a topic of ours: its master, its tests, and what became of what.

The result is tried before anything is written: the topic is built in a folder of its own, and its solution
graded. A case that the solution fails, alone and with all that came before it in its cell, does not work
outside the student's process, and is left out.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from graders.assignment import installed, read_assignment
from graders.build import build_topic
from graders.course import COURSE_FILE, Course, Topic, load_course
from graders.engine.worker import Zygote
from graders.errors import AuthorError, InternalError, Problem, UsageError
from graders.foreign.nbgrader.convert import LeftOut, TestCell, as_otter_file, convert_cell, with_all, without
from graders.foreign.nbgrader.sheet import top_level_names
from graders.grader import Grader, Task
from graders.new import checked_entry, with_entry
from graders.records import CaseVerdict, Result, Tier, Verdict
from graders.sandbox.policy import policy
from graders.store import write_atomically
from graders.untrusted import on_one_line, printable

MARKS = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_SCHEME = re.compile(r"^[^\n]*BEGIN MARK SCHEME.*?END MARK SCHEME[^\n]*\n?", re.DOTALL | re.MULTILINE)
_COURSE = """\
schema: 1
course: {{id: trial, title: Trial}}
topics:
  - {{id: {name}, title: {name}, points: {{auto: {auto:.10g}, manual: {manual:.10g}}}}}
"""
_HEAD = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A cell of the notebook to be: prose and code as they are, a test cell by its name, a written question
    with its points."""

    kind: str  # markdown, raw, code, test, manual
    text: str
    name: str = ""
    points: float = 0.0


@dataclass(slots=True)
class Draft:
    """A topic to be. `told` are sentences on what is not as it was."""

    name: str
    parts: list[Part]
    cells: dict[str, TestCell]
    data: dict[str, bytes]
    told: list[str]

    @property
    def auto(self) -> float:
        return round(sum(sum(cell.shared().values()) for cell in self.cells.values()), 9)

    @property
    def manual(self) -> float:
        return sum(part.points for part in self.parts if part.kind == "manual")

    @property
    def left_out(self) -> list[LeftOut]:
        return [one for cell in self.cells.values() for one in cell.left_out]

    def master(self) -> str:
        modules = any(path.endswith(".py") for path in self.data)
        beside = 'import sys\n\nsys.path.append("data")\n\n' if modules else ""
        setup = f'{beside}import otter\ngrader = otter.Notebook("{self.name}.ipynb")'
        parts = [_HEAD, _code(setup)]
        checks = [
            i for i, part in enumerate(self.parts) if part.kind == "test" and self.cells[part.name].cases
        ]
        last = checks[-1] if checks else -1
        for index, part in enumerate(self.parts):
            if part.kind == "test":
                if self.cells[part.name].cases:
                    parts.append(_code(f'grader.check("{self.cells[part.name].question}")'))
            elif part.kind == "code":
                parts.append(_code(part.text if index < last else _stub(part.text)))
            elif part.kind == "manual":
                marker = f'# %% [markdown] manual="{part.name}" points={part.points:g}'
                parts.append(_prose(marker, part.text))
            else:
                parts.append(_prose(f"# %% [{part.kind}]", part.text))
        return "\n".join(parts)

    def tests(self) -> dict[str, str]:
        """Test files by their path from the course, whose public tests and hidden tests are apart."""
        found = {}
        for cell in self.cells.values():
            for folder, hidden in (
                (f"assignments/{self.name}/tests", False),
                (f"graders/hidden_tests/{self.name}", True),
            ):
                if text := as_otter_file(cell, hidden=hidden):
                    found[f"{folder}/{cell.question}.py"] = text
        return found


def draft(path: Path, name: str) -> Draft:
    """Reads a source notebook. Raises UsageError, AuthorError."""
    notebook = _read(path)
    made = Draft(name, [], {}, {}, [])
    above: list[str] = []  # cells that no student can change
    solutions = [cell.source for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    theirs = frozenset(name for source in solutions for name in top_level_names(source))
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        grade, solution = bool(about.get("grade")), bool(about.get("solution"))
        grade_id, points, source = (
            str(about.get("grade_id", "")),
            float(about.get("points") or 0),
            cell.source,
        )
        if grade and not solution and cell.cell_type == "code":
            converted = convert_cell(grade_id, points, source, above, MARKS, theirs)
            if converted.question in {other.question for other in made.cells.values()}:
                raise UsageError(f"two test cells would both be {converted.question}; rename one")
            made.cells[grade_id] = converted
            made.parts.append(Part("test", source, grade_id))
            above.append(source)
        elif about.get("task") or (grade and solution):
            made.parts += _written(made, cell, grade_id, points)
        elif solution and cell.cell_type == "code":
            made.parts.append(Part("code", _whole(source)))
        else:
            made.parts.append(Part(cell.cell_type, source))
            if cell.cell_type == "code":
                above.append(source)
    if not made.cells and not any(part.kind == "manual" for part in made.parts):
        raise UsageError(f"{printable(path)}: nbgrader's metadata mark no cell that is graded")
    _beside(made, path)
    return made


def _read(path: Path) -> Any:
    import nbformat as untyped

    nbformat: Any = untyped  # its package says it is typed
    try:
        notebook = nbformat.read(path, as_version=4)
    except OSError as error:
        raise UsageError(f"{printable(path)}: {error.strerror}") from None
    except Exception as error:
        raise UsageError(f"{printable(path)} is no notebook: {on_one_line(str(error))[:200]}") from None
    if any("AUTOTEST" in cell.source for cell in notebook.cells if cell.cell_type == "code"):
        return _instantiated(path, notebook)
    return notebook


def _instantiated(path: Path, notebook: Any) -> Any:
    """With assertions in place of autotests: nbgrader runs the notebook and writes down what it finds."""
    from nbgrader.preprocessors import InstantiateTests

    try:
        made, _ = InstantiateTests().preprocess(notebook, {"metadata": {"path": str(path.resolve().parent)}})
    except Exception as error:
        said = f"{type(error).__name__}: {on_one_line(str(error))[:200]}"
        why = f"nbgrader cannot make its autotests: {said}"
        raise AuthorError([Problem(path, 0, why)]) from None
    return made


def _written(made: Draft, cell: Any, name: str, points: float) -> list[Part]:
    """A written question. Ours have an answer in Markdown, so one in code becomes that."""
    text = _SCHEME.sub("", cell.source).strip("\n")
    if text != cell.source.strip("\n"):
        made.told.append(f"{name}: its mark scheme is left out; keep it where students do not look")
    question = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    text = "\n".join(
        line for line in text.split("\n") if "### BEGIN SOLUTION" not in line and END not in line
    )
    if cell.metadata["nbgrader"].get("task"):
        return [Part("markdown", text), Part("manual", "An answer.", question, points)]
    if cell.cell_type == "code":
        made.told.append(f"{name}: an answer in code that a person grades is now one in Markdown")
        text = f"```python\n{text}\n```"
    return [Part("manual", text or "An answer.", question, points)]


def _whole(source: str) -> str:
    """A solution cell without marks is all solution, as ClearSolutions takes it."""
    return source if "BEGIN SOLUTION" in source else f"{BEGIN}\n{source}\n{END}"


def _stub(source: str) -> str:
    """Of a solution cell that no check follows, what students get."""
    if "BEGIN SOLUTION" not in source:
        return source
    import nbformat as untyped
    from nbgrader.preprocessors import ClearSolutions

    nbformat: Any = untyped
    cell = nbformat.v4.new_code_cell(source)
    ClearSolutions()._replace_solution_region(cell, "python")
    return str(cell.source)


def _code(source: str) -> str:
    # A line that looks like a marker would begin a cell, and magic commands are commented as jupytext does.
    return f"# %%\n{_magics_commented(source)}\n"


def _magics_commented(source: str) -> str:
    return "\n".join(
        f"# {line}" if re.match(r"(?:%{1,2}|!)\S", line) or line.startswith("# %%") else line
        for line in source.split("\n")
    )


def _prose(marker: str, text: str) -> str:
    return "\n".join([marker, *(f"# {line}".rstrip() for line in text.split("\n")), ""])


def _beside(made: Draft, path: Path) -> None:
    """Files that lie beside the notebook become the topic's data."""
    folder = path.resolve().parent
    for other in sorted(folder.rglob("*")):
        below = other.relative_to(folder)
        ignored = any(part.startswith((".", "__pycache__")) for part in below.parts)
        if (
            ignored
            or not other.is_file()
            or other.suffix in (".ipynb", ".pyc")
            or below.name == "autotests.yml"
        ):
            continue
        place = Path(*below.parts[1:]) if below.parts[0] == "data" and len(below.parts) > 1 else below
        made.data[place.as_posix()] = other.read_bytes()
        if place == below and place.suffix != ".py":
            made.told.append(
                f"{below.as_posix()} is now data/{below.as_posix()}: change its path in the notebook"
            )


def try_out(made: Draft, tier: Tier) -> None:
    """Has the solution graded, and leaves out of `made` what it cannot pass. Raises AuthorError where the
    topic cannot be built, InternalError where it cannot be graded."""
    with tempfile.TemporaryDirectory(prefix="sorcery-import-") as scratch, contextlib.ExitStack() as warm:
        root = Path(scratch)
        root.chmod(0o711)  # a submission may be another user, and is shown the data
        forks: Zygote | None = None
        while True:
            course, topic = _written_out(made, root)
            built = build_topic(course, topic)
            write_atomically(topic.notebook, built.student)
            if forks is None:
                modules = [name for name in read_assignment(topic).imports if installed(name)]
                confined = policy(tier, topic.limits, data=topic.data, hidden=root)
                forks = warm.enter_context(Zygote(modules, confined))
            result = Grader(topic, tier, forks).grade(Task("solution", "", built.solution, seed=0)).result
            if result.verdict in (Verdict.UNGRADED, Verdict.REJECTED):
                raise InternalError(f"the solution could not be graded: {result.reason}")
            if not _learn(made, result):
                return


def _written_out(made: Draft, root: Path) -> tuple[Course, Topic]:
    for old in [*root.rglob("tests/*.py"), *root.rglob("hidden_tests/*/*.py")]:
        old.unlink()
    about = _COURSE.format(name=made.name, auto=made.auto, manual=made.manual)
    write_atomically(root / COURSE_FILE, about.encode())
    course = load_course(root)
    topic = course.topic(made.name)
    files = {path: text.encode() for path, text in made.tests().items()}
    files |= {f"assignments/{made.name}/data/{path}": data for path, data in made.data.items()}
    files[f"solutions/{made.name}.py"] = made.master().encode()
    for path, data in files.items():
        write_atomically(root / path, data)
        (root / path).chmod(0o644)
    return course, topic


def _learn(made: Draft, result: Result) -> bool:
    """Changes what failed; whether there was any."""
    changed = False
    by_question = {cell.question: cell for cell in made.cells.values()}
    for question in result.questions:
        cell = by_question[question.id]
        for found in question.cases:
            case = next((one for one in cell.cases if _same(one.name, found.name)), None)
            if case is None or found.verdict is CaseVerdict.PASSED:
                continue
            changed = True
            if not case.needs_all and case.after != case.alone:
                with_all(cell, case)
            else:
                why = on_one_line(found.detail or found.message)[:200] or str(found.verdict)
                without(cell, case, f"the solution fails it from outside its process: {why}")
    return changed


def _same(function: str, name: str) -> bool:
    return name in (function, function.removeprefix("test_"))


def add_topic(course: Course, made: Draft, title: str) -> list[Path]:
    """Writes the topic into `course`; returns its files, course.yaml last. Raises UsageError before anything
    is written where one is there already."""
    text = with_entry(course, made.name, title or made.name, made.auto, made.manual)
    topic = checked_entry(course, text, made.name)
    files = {course.root / path: text.encode() for path, text in made.tests().items()}
    files |= {topic.data / path: data for path, data in made.data.items()}
    files[topic.master] = made.master().encode()
    for path in (*files, topic.notebook):
        if path.exists():
            raise UsageError(
                f"{path.relative_to(course.root)} is there already; choose another name with --name"
            )
    for path, data in files.items():
        write_atomically(path, data)
    topic = replace(topic, auto_points=made.auto, manual_points=made.manual)
    write_atomically(topic.notebook, build_topic(course, topic).student)
    write_atomically(course.file, text.encode())  # last: with it the topic is one
    return [*files, topic.notebook, course.file]


def save_tests(made: Draft, folder: Path) -> list[Path]:
    """The test files alone: FOLDER/tests and FOLDER/hidden_tests. Raises UsageError where one is there."""
    files: dict[Path, bytes] = {}
    for path, text in made.tests().items():
        kind = "tests" if path.startswith("assignments") else "hidden_tests"
        files[folder / kind / Path(path).name] = text.encode()
    there = [place for place in files if place.exists()]
    if there:
        raise UsageError(f"{printable(there[0])} is there already; name another folder with --output")
    for place, data in files.items():
        write_atomically(place, data)
    return list(files)
