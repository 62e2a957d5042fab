"""Otter test files, loaded from where they are authored and run one case at a time.

A question has a public file (`assignments/TOPIC/tests/q1.py`) and a hidden one
(`graders/hidden_tests/TOPIC/q1.py`); either may be missing. Where a file lies says who may
see it, whatever its cases declare. Both of otter's formats run: exception style and OK.

Cases run in the trusted process against anything that looks names up: a
`graders.remote.Namespace` when grading, a plain dict of real objects in a student's kernel.
"""

from __future__ import annotations

import ast
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from graders.alarm import alarm
from graders.errors import AuthorError, PeerGone, PeerTimeout, Problem, Tampered
from graders.imports import submodule
from graders.records import CaseResult, CaseVerdict
from graders.remote import RemoteError
from graders.seeding import seed_everything

# The channel's own deadline covers waiting for the student; the alarm after it, a test that spins.
_SPARE_SECONDS = 1.0


class Names(Protocol):
    """What a case is run against."""

    lost: Exception | None

    def __getitem__(self, name: str) -> Any: ...
    def __contains__(self, name: str) -> bool: ...
    def get(self, name: str, default: Any = None) -> Any: ...
    def as_globals(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Case:
    """One test case. `run(names)` returns when it passes and raises when it does not. `in_process`: it has
    itself run beside the student's code (graders.declared). `doctest` is its text, where it is one."""

    name: str
    points: float
    hidden: bool
    failure_message: str
    success_message: str
    parameters: tuple[str, ...]
    run: Callable[[Names], None]
    in_process: bool = False
    doctest: str = ""


@dataclass(frozen=True, slots=True)
class QuestionTests:
    """The cases of one question, of ours public ones first.

    `all_or_nothing`: unless all pass, none counts. `in_order`: each case finds what those before it left,
    as in otter. `seed`: what both sides draw from, all cases of a round together; None where each case has
    its own.
    """

    id: str
    cases: tuple[Case, ...]
    all_or_nothing: bool = False
    in_order: bool = False
    seed: int | None = None

    @property
    def possible(self) -> float:
        return float(sum(case.points for case in self.cases))


class CaseTimeout(BaseException):
    """Raised by the alarm; no `except Exception` of a test or of otter swallows it."""


def load_question(public: Path, hidden: Path | None, question: str) -> QuestionTests:
    """Both files of one question, or with `hidden` None the public one alone. Raises AuthorError when
    there is none or one is malformed."""
    files = [(public / f"{question}.py", False)]
    if hidden is not None:
        files.append((hidden / f"{question}.py", True))
    found = [(path, is_hidden) for path, is_hidden in files if path.is_file()]
    if not found:
        raise AuthorError(
            [Problem(files[0][0], 0, f"{question} has no test file", "write it, or remove its check cell")]
        )
    cases: list[Case] = []
    problems: list[Problem] = []
    for path, is_hidden in found:
        try:
            cases += _load_file(path, question, is_hidden)
        except AuthorError as error:
            problems += error.problems
    if problems:
        raise AuthorError(problems)
    return QuestionTests(question, tuple(cases))


def question_files(public: Path, hidden: Path) -> dict[str, list[Path]]:
    """Question id -> its test files, for every `*.py` in the two directories."""
    found: dict[str, list[Path]] = {}
    for folder in (public, hidden):
        for path in sorted(folder.glob("*.py")):
            if path.stem != "__init__":
                found.setdefault(path.stem, []).append(path)
    return found


def _load_file(path: Path, question: str, hidden: bool) -> list[Case]:
    tree = parse_test(path)
    problems = _shadowed_cases(path, tree)
    if problems:
        raise AuthorError(problems)
    loaded, ok_format = load_as_otter(path, tree)
    if loaded.name != question:
        line = _line_of(tree, "name") or _line_of(tree, "test")
        raise AuthorError(
            [Problem(path, line, f"is named {loaded.name!r}", f"make it {question!r}, the file's name")]
        )
    return [_case(case, hidden, ok_format) for case in loaded.test_cases]


def parse_test(path: Path) -> ast.Module:
    """The syntax tree of a test file. Raises AuthorError."""
    try:
        return ast.parse(path.read_text(encoding="utf-8"), str(path))
    except SyntaxError as error:
        raise AuthorError([Problem(path, error.lineno or 0, f"not valid Python: {error.msg}")]) from None
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise AuthorError([Problem(path, 0, f"cannot be read: {error}")]) from None


def load_as_otter(path: Path, tree: ast.Module) -> tuple[Any, bool]:
    """otter's own TestFile of a file, and whether it is in OK format. Raises AuthorError."""
    otter = submodule("otter.test_files")
    ok_format = _constant(tree, "OK_FORMAT")
    if ok_format is None:
        mend = "add a line `OK_FORMAT = False`"
        raise AuthorError([Problem(path, 1, "does not say its format", mend)])
    try:
        loaded = (otter.OKTestFile if ok_format else otter.ExceptionTestFile).from_file(str(path))
    except (Exception, SystemExit) as error:
        raise AuthorError(
            [Problem(path, _line_in(path, error), f"{type(error).__name__}: {error}")]
        ) from None
    return loaded, bool(ok_format)


def _case(case: Any, hidden: bool, ok_format: bool) -> Case:
    if ok_format:
        parameters: tuple[str, ...] = ()
        run = _ok_runner(case)
    else:
        parameters = tuple(case.body._get_func_params())
        run = case.body.call_func
    return Case(
        name=str(case.name),
        points=float(case.points),
        hidden=hidden,
        failure_message=case.failure_message or "",
        success_message=case.success_message or "",
        parameters=parameters,
        run=run,
    )


def _ok_runner(case: Any) -> Callable[[Names], None]:
    def run(names: Names) -> None:
        run_doctest = submodule("otter.test_files.ok_test").run_doctest

        passed, report = run_doctest(case.name, case.body, names.as_globals())
        if not passed:
            raise AssertionError(report)

    return run


def _shadowed_cases(path: Path, tree: ast.Module) -> list[Problem]:
    # Otter reads the file's globals: of two functions with one name it silently keeps the last.
    seen: set[str] = set()
    problems = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            if node.name in seen:
                problems.append(
                    Problem(path, node.lineno, f"a second {node.name} replaces the first", "rename one")
                )
            seen.add(node.name)
    return problems


def _assignment(tree: ast.Module, name: str) -> ast.Assign | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == name for t in node.targets
        ):
            return node
    return None


def _constant(tree: ast.Module, name: str) -> Any:
    node = _assignment(tree, name)
    return node.value.value if node is not None and isinstance(node.value, ast.Constant) else None


def _line_of(tree: ast.Module, name: str) -> int:
    node = _assignment(tree, name)
    return node.lineno if node is not None else 0


def _line_in(path: Path, error: BaseException) -> int:
    line, traceback = 0, error.__traceback__
    while traceback is not None:
        # otter executes OK files from a string, so their frames are called <string>
        if traceback.tb_frame.f_code.co_filename in (str(path), "<string>"):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def case_seed(question_seed: int, case: Case, index: int) -> int:
    """The 32-bit seed a case draws its inputs from; a function of the question's seed alone."""
    text = f"{question_seed}:{'hidden' if case.hidden else 'public'}:{index}:{case.name}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def run_case(case: Case, names: Names, *, seed: int | None, seconds: float) -> CaseResult:
    """Runs one case on inputs drawn from `seed` (None: from where the last one stopped), within `seconds` of
    wall time. Never raises."""
    if seed is not None:
        seed_everything(seed)
    started = time.perf_counter()
    failure: BaseException | None = None
    try:
        with alarm(seconds + _SPARE_SECONDS, CaseTimeout):
            _require(case, names)
            case.run(names)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        failure = error
    result = judge(case, failure, names.lost, seconds)
    return replace(result, seconds=round(time.perf_counter() - started, 6))


def not_reached(case: Case, why: str) -> CaseResult:
    """The result of a case that could not be run because the notebook never came to it."""
    return _result(case, CaseVerdict.NOT_REACHED, why, why)


def judge(case: Case, failure: BaseException | None, lost: Exception | None, seconds: float) -> CaseResult:
    """What a case's outcome means.

    `lost` wins over everything: a test that swallowed the loss of the student's process and
    passed on what was left has seen nothing to pass on.
    """
    if isinstance(lost, PeerTimeout) or isinstance(failure, CaseTimeout):
        text = f"Took longer than {seconds:g} s. Look for a loop that does not end."
        return _result(case, CaseVerdict.TIMEOUT, text, text, always=True)
    if isinstance(lost, Tampered):
        return _result(
            case,
            CaseVerdict.ERROR,
            "The answers of this notebook were not those of an honest process.",
            str(lost),
            always=True,
        )
    if isinstance(lost, PeerGone):
        text = "Your code ended the Python process (sys.exit, os._exit, out of memory or a crash)."
        return _result(case, CaseVerdict.ERROR, text, f"{text} {lost}", always=True)
    if failure is None:
        return replace(_result(case, CaseVerdict.PASSED, case.success_message, ""), points=case.points)
    if isinstance(failure, RemoteError):
        return _result(
            case,
            CaseVerdict.ERROR,
            f"Your code raised {failure.told}",
            f"{failure.told}\n{failure.trace}".strip(),
        )
    text = str(failure).strip() or _assertion_source(failure)
    if not isinstance(failure, AssertionError):
        text = f"{type(failure).__name__}: {text}"
    return _result(case, CaseVerdict.FAILED, text, text)


def _result(case: Case, verdict: CaseVerdict, text: str, detail: str, *, always: bool = False) -> CaseResult:
    # What a hidden case says is its author's sentence: exception text may hold its inputs.
    if verdict is CaseVerdict.PASSED:
        message = text
    elif case.hidden and not always and verdict is not CaseVerdict.NOT_REACHED:
        message = case.failure_message or "A hidden test did not pass."
    else:
        message = "\n".join(part for part in (case.failure_message, text) if part)
    return CaseResult(
        name=case.name,
        verdict=verdict,
        points=0.0,
        possible=case.points,
        hidden=case.hidden,
        message=_storable(message[:4000]),
        detail=_storable(detail[:20000]),
        in_process=case.in_process,
    )


def _storable(text: str) -> str:
    """Half a surrogate can be in a string, but in no file."""
    return text.encode("utf-8", "replace").decode()


def _require(case: Case, names: Names) -> None:
    missing = [name for name in case.parameters if name != "env" and name not in names]
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        raise AssertionError(f"{listed} is not defined at this point of the notebook.")


def _assertion_source(failure: BaseException) -> str:
    import linecache

    traceback = failure.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return ""
    return linecache.getline(traceback.tb_frame.f_code.co_filename, traceback.tb_lineno).strip()
