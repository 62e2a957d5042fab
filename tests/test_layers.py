"""Who may import whom, and what is in the wheel."""

import ast
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each module may import those of its own layer and of the ones after it.
LAYERS = [
    ["cli"],
    ["foreign"],
    ["new", "prove", "publish", "cluster"],
    ["members"],
    ["station"],
    ["parcel"],
    [
        "autograde",
        "build",
        "export",
        "feedback",
        "formgrader",
        "overview",
        "preload",
        "release",
        "report",
        "schema",
        "student",
        "variants",
        "hand_back",
    ],
    ["handed", "local"],
    ["export_course", "export_submission", "versions", "work"],
    ["gradebook"],
    ["collect", "gradebook_rows", "grader", "master", "check"],
    ["mended"],
    ["digests", "pace"],
    ["declared"],
    ["rules"],
    ["identify"],
    ["exchange", "grades", "extensions", "layouts", "published", "roster"],
    [
        "answers",
        "assignment",
        "course",
        "executed",
        "intake",
        "lms",
        "otter_tests",
        "sources",
        "store",
        "engine",
        "similarity",
        "similarity_page",
        "summary",
    ],
    ["code_tokens", "late", "strict_yaml", "remote"],
    [
        "account",
        "alarm",
        "cells",
        "templates",
        "untrusted",
        "codec",
        "frames",
        "channel",
        "sandbox",
        "imports",
        "pools",
        "probes",
        "seeding",
    ],
    ["records", "errors"],
]
HEIGHT = {name: height for height, names in enumerate(reversed(LAYERS)) for name in names}
# Beside the student's code runs nothing but these, and of other packages but these.
INSIDE = {
    "engine.inside",
    "engine.answer",
    "engine.baseline",
    "engine.live",
    "engine.native",
    "engine.sealed",
    "engine.shell",
}
INSIDE_MAY = {"IPython", "msgspec", "numpy", "traitlets", "matplotlib", "matplotlib_inline", "graders"}
INSIDE_GRADERS = {"alarm", "channel", "codec", "probes", "seeding", "intake", "records", "errors", "engine"}


# Of graders, quizzes know these alone; graders know nothing of quizzes.
QUIZZES_MAY = {
    *("cli.output", "course", "errors", "exchange", "store", "strict_yaml", "student.submit", "untrusted"),
    *("publish", "records", "templates"),  # what was done in notebooks, and how our pages look
    *("identify", "layouts", "lms", "roster", "sources"),  # who handed in what, as for notebooks
}
QUIZ_LAYERS = [
    ["cli"],
    ["cli_analysis", "cli_formats", "cli_staff", "cli_students"],
    ["cli_app"],
    ["analysis", "publish", "retry", "tui"],
    ["hand_in", "history", "lint", "marking", "plain"],
    ["collect", "sealed"],
    ["release", "session"],
    ["attempts", "bundle", "paper", "results", "formats"],
    ["bank"],
    ["score"],
    ["items"],
    ["schema"],
    ["expressions", "maths"],
]
QUIZ_HEIGHT = {name: height for height, names in enumerate(reversed(QUIZ_LAYERS)) for name in names}


def modules(top: str = "graders") -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / top).rglob("*.py")):
        parts = path.relative_to(ROOT / top).with_suffix("").parts
        if parts[-1] != "__init__" and parts[0] != "hidden_tests":
            yield ".".join(parts), ast.parse(path.read_text())


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module in ("graders", "quizzes"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize(("name", "tree"), list(modules()), ids=[name for name, _ in modules()])
def test_imports_go_down_only(name: str, tree: ast.Module) -> None:
    own = HEIGHT[name.split(".")[0]]
    for other in imported(tree):
        package, _, rest = other.partition(".")
        assert package not in ("assignments", "solutions", "tests", "quizzes")
        if package == "graders" and rest.split(".")[0] in HEIGHT:
            assert HEIGHT[rest.split(".")[0]] <= own, f"{name} imports {other}"


@pytest.mark.parametrize(
    ("name", "tree"), list(modules("quizzes")), ids=[name for name, _ in modules("quizzes")]
)
def test_imports_of_quizzes_go_down_only(name: str, tree: ast.Module) -> None:
    own = QUIZ_HEIGHT[name.split(".")[0]]
    for other in imported(tree):
        package, _, rest = other.partition(".")
        assert package not in ("assignments", "solutions", "tests", "torch", "otter", "nbgrader")
        if package == "quizzes":
            assert QUIZ_HEIGHT[rest.split(".")[0]] <= own, f"{name} imports {other}"
        if package == "graders":
            assert rest in QUIZZES_MAY or (name, rest) == ("publish", "gradebook"), f"{name} imports {other}"


@pytest.mark.parametrize("name", sorted(INSIDE))
def test_little_runs_beside_the_student(name: str) -> None:
    tree = dict(modules())[name]
    for other in imported(tree):
        package, _, rest = other.partition(".")
        assert package in INSIDE_MAY or package in sys.stdlib_module_names, f"{name} imports {other}"
        if package == "graders":
            assert rest.split(".")[0] in INSIDE_GRADERS, f"{name} imports {other}"


def test_only_the_gradebook_knows_nbgraders_database() -> None:
    for name, tree in modules():
        if name not in ("gradebook", "gradebook_rows", "foreign.nbgrader.book"):
            assert not [other for other in imported(tree) if other.startswith("nbgrader.api")], name


def test_the_wheel_holds_code_and_no_test_solution_or_key(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "graders/result.schema.json" in names
    assert "graders/engine/zygote.py" in names
    assert "quizzes/schema.py" in names
    assert "quizzes/templates/analysis.html" in names
    secret = ("hidden_tests", "solutions", "assignments", "banks")
    assert not [name for name in names if any(part in name for part in secret)]
