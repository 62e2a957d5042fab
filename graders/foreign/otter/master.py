"""A topic of ours from a master notebook of `otter assign`.

Otter's own code finds the blocks, the configurations and the tests; what is made of them is here:

    # SOLUTION, # SOLUTION NO PROMPT, # BEGIN SOLUTION   solution regions, the prompt kept as a comment
    # BEGIN PROMPT in a solution, # SEED                 comments; the solution's
    tests                                                public and hidden test files, points case by case
    manual questions                                     written cells with their model answer
    files                                                assignments/TOPIC/data/, and their names in the code

What has no counterpart is told, a sentence each, and left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graders.errors import UsageError
from graders.foreign.otter.marks import regions, without_marks
from graders.intake import MAX_BYTES
from graders.master import BEGIN, END
from graders.untrusted import on_one_line, printable

MAX_DATA = 256 << 20
_NO_ANSWER = "(no model answer)"
_SLUG = re.compile(r"[^A-Za-z0-9_-]+")
# Assignment options that say nothing to us, or whose place is elsewhere.
_SILENT = frozenset(
    {"name", "files", "tests", "generate", "export_cell", "init_cell", "check_all_cell", "run_tests"}
    | {"solutions_pdf", "template_pdf", "show_question_points", "runs_on", "config_file", "python_version"}
    | {"strip_solutions_from_all_cells", "suppress_no_tests_warning", "student_files"}
)


@dataclass(frozen=True, slots=True)
class Imported:
    """`cells` as (kind, source, cell options); tests as files by question id. `told` says what is not as it
    was."""

    cells: tuple[tuple[str, str, dict[str, Any]], ...]
    public: dict[str, str]
    hidden: dict[str, str]
    auto: float
    manual: float
    data: dict[str, bytes]
    told: tuple[str, ...]


def read_otter_master(path: Path, topic: str) -> Imported:
    """Raises UsageError for what `otter assign` would not take either."""
    import nbformat

    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{printable(path)} has more than {MAX_BYTES >> 20} MiB")
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        reader = _Reader(path.resolve(), topic)
        with chdir(path.resolve().parent):
            return reader.read(notebook)
    except UsageError:
        raise
    except OSError as error:
        raise UsageError(f"{printable(path)}: {error.strerror}") from None
    except Exception as error:  # otter and nbformat raise whatever comes to hand
        said = on_one_line(str(error))[:300]
        raise UsageError(f"{printable(path)} is no master that otter assign takes: {said}") from None


@dataclass(slots=True)
class _Question:
    id: str
    config: Any
    answers: list[str] = field(default_factory=list)  # model answers, where a person grades


class _Reader:
    def __init__(self, path: Path, topic: str) -> None:
        from otter.assign.assignment import Assignment
        from otter.assign.tests_manager import AssignmentTestsManager

        self.path, self.topic = path, topic
        self.assignment = Assignment(require_valid_keys=True)
        self.assignment.master, self.assignment.lang = path, "python"
        self.tests = AssignmentTestsManager(self.assignment)
        self.cells: list[tuple[str, str, dict[str, Any]]] = []
        self.told: list[str] = []
        self.public: dict[str, str] = {}
        self.hidden: dict[str, str] = {}
        self.auto = self.manual = 0.0
        self.ids: set[str] = set()

    def tell(self, text: str) -> None:
        if text not in self.told:
            self.told.append(text)

    def read(self, notebook: Any) -> Imported:
        from otter.assign.blocks import (
            BlockType,
            extract_all_fenced_otter_cells,
            get_cell_config,
            is_assignment_config_cell,
            is_block_boundary_cell,
        )
        from otter.assign.question_config import QuestionConfig
        from otter.assign.utils import is_ignore_cell

        self.add("code", f'import otter\ngrader = otter.Notebook("{self.topic}.ipynb")')
        blocks: list[Any] = []
        question: _Question | None = None
        for number, cell in enumerate(extract_all_fenced_otter_cells(notebook["cells"]), 1):
            if not cell["source"].strip() or is_ignore_cell(cell):
                continue
            if is_assignment_config_cell(cell):
                self.configure(get_cell_config(cell))
                continue
            if blocks and is_block_boundary_cell(cell, blocks[-1], end=True):
                if blocks.pop() is BlockType.QUESTION and question is not None:
                    self.end(question)
                    question = None
                continue
            begun = next((kind for kind in BlockType if is_block_boundary_cell(cell, kind)), None)
            ended = any(is_block_boundary_cell(cell, kind, end=True) for kind in BlockType)
            if ended or (begun and (begun is BlockType.QUESTION) == bool(blocks)) or len(blocks) > 2:
                raise UsageError(f"{printable(self.path)}: cell {number} begins or ends a block out of place")
            if begun:
                blocks.append(begun)
                if begun is BlockType.QUESTION:
                    question = self.begin(QuestionConfig(get_cell_config(cell)))
            elif blocks and blocks[-1] is BlockType.TESTS and question is not None:
                self.tests.read_test(cell, question.config)
            else:
                self.cell(cell, question, blocks[-1].value if blocks else "")
        if blocks:
            raise UsageError(f"{printable(self.path)}: a block {blocks[-1].value} is not ended")
        self.untested()
        return Imported(
            tuple(self.cells), self.public, self.hidden, self.auto, self.manual, self.data(), tuple(self.told)
        )

    def untested(self) -> None:
        """Code after the last check cell is no question's of ours: it becomes part of a model answer."""
        checks = [at for at, (_, source, _) in enumerate(self.cells) if source.startswith("grader.check(")]
        last = checks[-1] if checks else -1
        kept, code = self.cells[: last + 1], list[str]()
        for kind, source, options in self.cells[last + 1 :]:
            if kind == "code" and BEGIN in source:
                code.append(f"```python\n{without_marks(source)}\n```")
                continue
            if "manual" in options and code:
                self.tell(f"{options['manual']}: its code is asked for in a text cell, as no test follows it")
                source, code = "\n\n".join([*code, *([source] if source != _NO_ANSWER else [])]), []
            kept.append((kind, source, options))
        if code:
            self.tell("a solution at the end that belongs to no question is left out")
        self.cells = kept

    def configure(self, config: Any) -> None:
        if config.get("config_file"):
            self.assignment.load_config_file(config["config_file"])
        self.assignment.update(config)
        for name, value in config.items():
            if name not in _SILENT and value:
                self.tell(f"{name}: not carried over")
        if (self.assignment.generate_enabled and config.get("generate")) not in (False, None, True, {}):
            names = ", ".join(config["generate"])
            self.tell(f"generate ({names}): not carried over; late, versions and due stand in course.yaml")
        if self.assignment.export_cell and config.get("export_cell"):
            self.tell("export_cell: there is none; students hand in with sorcery submit or by upload")

    def begin(self, config: Any) -> _Question:
        name = str(config.name)
        identity = _SLUG.sub("_", name)[:60].strip("_") or "question"
        while identity in self.ids:
            identity += "_2"
        if identity != name:
            self.tell(f"question {name} is called {identity}")
        self.ids.add(identity)
        self.tests.add_question(config)
        return _Question(identity, config)

    def cell(self, cell: Any, question: _Question | None, block: str) -> None:
        kind, source = cell["cell_type"], self.located(self.kept(cell["source"]))
        if "attachments" in cell:
            self.tell("pictures pasted into text cells: put them beside the notebook")
        if kind == "code" and (block == "solution" or self.assignment.strip_solutions_from_all_cells):
            self.add(kind, regions(source))
        elif kind == "markdown" and block == "solution" and question is not None:
            question.answers.append(source)
            if not question.config.manual:
                self.tell(f"{question.id}: the text of its solution is left out, as code is tested")
        elif kind == "markdown" and block == "prompt" and question is not None and question.config.manual:
            self.tell(f"{question.id}: its prompt is ours, YOUR ANSWER HERE")
        else:
            self.add(kind, source)

    def kept(self, source: str) -> str:
        from otter.assign.solutions import remove_ignored_lines

        return "\n".join(remove_ignored_lines(source.split("\n")))

    def located(self, source: str) -> str:
        """Names of data files where they will be."""
        for name in self.files():
            source = re.sub(rf"(?<=[\"'])(?:\./)?{re.escape(name)}(?=[\"'])", f"data/{name}", source)
        return source

    def end(self, question: _Question) -> None:
        config, cases = question.config, self.tests._tests_by_question.get(question.config.name, [])
        if config.manual or not cases:
            worth = config.points if isinstance(config.points, int | float) else 1
            if not config.manual:
                self.tell(f"{question.id}: has no tests, so a person grades it")
            if not worth > 0:
                self.tell(f"{question.id}: was worth nothing, and is worth 1 point")
                worth = 1
            answer = "\n\n".join(question.answers) or _NO_ANSWER
            self.add("markdown", answer, manual=question.id, points=worth)
            self.manual += worth
            return
        self.check(question, self.worth(question, cases))

    def worth(self, question: _Question, cases: list[Any]) -> list[Any]:
        """The cases with points of their own."""
        points = question.config.points
        if isinstance(points, dict):
            points = points.get("each", 1) * len(cases)
        from otter.test_files.abstract_test import TestFile

        resolved = list(TestFile.resolve_test_file_points(points, cases))
        if not sum(case.points for case in resolved) > 0:
            self.tell(f"{question.id}: was worth nothing, and is worth 1 point")
            resolved[0].points = 1
        if question.config.all_or_nothing:
            self.tell(f"{question.id}: all_or_nothing is not carried over; each case has its points")
        return resolved

    def check(self, question: _Question, cases: list[Any]) -> None:
        if not question.config.check_cell:
            self.tell(f"{question.id}: has a check cell, where it had none")
        self.add("code", f'grader.check("{question.id}")')
        render = self.doctests if self.assignment.tests.ok_format else self.functions
        for hidden, files in ((False, self.public), (True, self.hidden)):
            chosen = [case for case in cases if bool(case.hidden) is hidden]
            if chosen:
                files[question.id] = self.located(render(question.id, chosen))
        self.auto += sum(case.points for case in cases)

    def doctests(self, name: str, cases: list[Any]) -> str:
        import pprint

        made = [self.tests._create_ok_test_case(case) for case in cases]
        test = {"name": name, "points": None, "suites": [{"cases": made, "type": "doctest", "scored": True}]}
        return f"OK_FORMAT = True\n\ntest = {pprint.pformat(test, width=100, sort_dicts=False)}\n"

    def functions(self, name: str, cases: list[Any]) -> str:
        parts = [
            "from otter.test_files import test_case\n",
            f"OK_FORMAT = False\nname = {name!r}\npoints = None\n",
        ]
        for number, case in enumerate(cases, 1):
            options = {"points": case.points, "hidden": bool(case.hidden)}
            options |= {"success_message": case.success_message, "failure_message": case.failure_message}
            given = ", ".join(f"{key}={value!r}" for key, value in options.items() if value is not None)
            tree = ast.parse(case.body)
            function = tree.body[0]
            assert isinstance(function, ast.FunctionDef)
            function.name = f"{function.name}_{number}" if len(cases) > 1 else function.name
            parts.append(f"\n@test_case({given})\n{ast.unparse(tree)}\n")
        return "\n".join(parts)

    def files(self) -> Iterator[str]:
        for name in self.assignment.files or ():
            path = Path(name)
            inside = not path.is_absolute() and ".." not in path.parts
            if inside and path.is_file() and not path.is_symlink():
                yield path.as_posix()
            elif inside and path.is_dir():
                found = (
                    inner for inner in sorted(path.rglob("*")) if inner.is_file() and not inner.is_symlink()
                )
                yield from (inner.as_posix() for inner in found)
            else:
                self.tell(f"file {on_one_line(str(name))}: not found beside the master, left out")

    def data(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for name in self.files():
            found[name] = Path(name).read_bytes()
            if sum(map(len, found.values())) > MAX_DATA:
                raise UsageError(f"the files of {printable(self.path)} have more than {MAX_DATA >> 20} MiB")
        if found:
            self.tell("files are in data/ now; their names in the code were changed where they stand whole")
        return found

    def add(self, kind: str, source: str, **options: Any) -> None:
        if kind != "code" and (BEGIN in source or END in source):
            source = source.replace(BEGIN, "BEGIN: SOLUTION").replace(END, "END: SOLUTION")
        if source.strip():
            self.cells.append((kind, source.strip("\n"), options))
